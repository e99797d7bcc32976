-- The five media providers of contract 2, what an administrator configures for every provider, and prices of
-- generations beside those of tokens.
--
-- A rate limit that is NULL does not limit. `position` orders the overview: the media providers as the contract
-- lists them, then the others by name.

ALTER TABLE providers
    ADD COLUMN position               integer NOT NULL DEFAULT 100,
    -- The currency of the ledger, and of the totals that contract 2 shows.
    ADD COLUMN currency               text NOT NULL DEFAULT 'USD',
    ADD COLUMN low_balance_threshold  numeric NOT NULL DEFAULT 100,
    ADD COLUMN requests_per_minute    integer DEFAULT 60,
    ADD COLUMN requests_per_hour      integer DEFAULT 1000,
    ADD COLUMN requests_per_day       integer DEFAULT 10000,
    ADD COLUMN max_retries            integer NOT NULL DEFAULT 3,
    ADD COLUMN retry_delay_ms         integer NOT NULL DEFAULT 1000,
    ADD CONSTRAINT providers_currency_form CHECK (currency ~ '^[A-Z]{3}$'),
    ADD CONSTRAINT providers_threshold_not_negative CHECK (low_balance_threshold >= 0),
    ADD CONSTRAINT providers_limits_positive CHECK (
        requests_per_minute > 0 AND requests_per_hour > 0 AND requests_per_day > 0),
    ADD CONSTRAINT providers_retries_in_range CHECK (max_retries BETWEEN 0 AND 10),
    ADD CONSTRAINT providers_retry_delay_in_range CHECK (retry_delay_ms BETWEEN 1 AND 600000);

INSERT INTO providers (slug, display_name, kind, endpoint_url, vendor_endpoint_url, auth_type, default_model, position)
SELECT slug, display_name, 'media', endpoint, endpoint, auth_type, default_model, position
FROM (VALUES
    ('fal_ai', 'Fal.ai', 'https://fal.run', 'api_key', 'flux-2-pro', 1),
    ('replicate', 'Replicate', 'https://api.replicate.com', 'bearer', 'black-forest-labs/flux-1.1-pro', 2),
    ('minimax', 'MiniMax', 'https://api.minimax.io', 'bearer', 'image-01', 3),
    ('runway_ml', 'Runway ML', 'https://api.dev.runwayml.com', 'bearer', 'gen4_turbo', 4),
    ('black_forest_labs', 'Black Forest Labs', 'https://api.bfl.ai', 'api_key', 'flux-2-pro', 5)
) AS known (slug, display_name, endpoint, auth_type, default_model, position);

-- A key that ends by itself is announced before it does.
ALTER TABLE credentials ADD COLUMN expires_at timestamptz;

ALTER TABLE models
    ADD COLUMN version      text NOT NULL DEFAULT '1.0',
    -- What an administrator offers; a model that its provider has retired is not offered either.
    ADD COLUMN is_active    boolean NOT NULL DEFAULT true,
    -- The provider's own name for the model, where ours differs.
    ADD COLUMN vendor_name  text,
    ADD CONSTRAINT models_version_length CHECK (length(version) BETWEEN 1 AND 50),
    ADD CONSTRAINT models_vendor_name_length CHECK (length(vendor_name) BETWEEN 1 AND 200);

-- What one generation costs: one image, or one second or megapixel where `unit` says so. A version can have both
-- meters, tokens and generations; a call pays for what it used of each.
ALTER TABLE prices
    ADD COLUMN unit                    text NOT NULL DEFAULT 'generation',
    ADD COLUMN credits_per_generation  numeric,
    ADD COLUMN reason                  text,
    -- Who set it: the subject of a token, or NULL for the catalogue.
    ADD COLUMN created_by              text,
    ADD CONSTRAINT prices_unit_known CHECK (unit IN ('generation', 'second', 'megapixel')),
    ADD CONSTRAINT prices_credits_not_negative CHECK (credits_per_generation >= 0),
    ADD CONSTRAINT prices_reason_length CHECK (length(reason) BETWEEN 1 AND 1000);

-- From this many units in one call on, each of them costs this.
CREATE TABLE price_tiers (
    price_id        bigint NOT NULL REFERENCES prices (id),
    min_quantity    integer NOT NULL,
    tier            text NOT NULL,
    per_generation  numeric NOT NULL,
    CONSTRAINT price_tiers_pkey PRIMARY KEY (price_id, min_quantity),
    CONSTRAINT price_tiers_quantity_positive CHECK (min_quantity >= 1),
    CONSTRAINT price_tiers_name_length CHECK (length(tier) BETWEEN 1 AND 50),
    CONSTRAINT price_tiers_not_negative CHECK (per_generation >= 0)
);

-- What a unit of this resolution costs; it goes before tiers.
CREATE TABLE price_resolutions (
    price_id        bigint NOT NULL REFERENCES prices (id),
    resolution      text NOT NULL,
    per_generation  numeric NOT NULL,
    CONSTRAINT price_resolutions_pkey PRIMARY KEY (price_id, resolution),
    CONSTRAINT price_resolutions_name_length CHECK (length(resolution) BETWEEN 1 AND 50),
    CONSTRAINT price_resolutions_not_negative CHECK (per_generation >= 0)
);

-- What a unit costs under a price version: the resolution's price, else the tier's, else the plain one; NULL when
-- none of them is known.
CREATE FUNCTION unit_rate(price prices, quantity numeric, wanted_resolution text)
RETURNS numeric
LANGUAGE sql
STABLE
PARALLEL SAFE
AS $$
    SELECT coalesce(
        (SELECT r.per_generation
         FROM price_resolutions r
         WHERE r.price_id = price.id AND r.resolution = wanted_resolution),
        (SELECT t.per_generation
         FROM price_tiers t
         WHERE t.price_id = price.id AND t.min_quantity <= quantity
         ORDER BY t.min_quantity DESC
         LIMIT 1),
        price.per_generation)
$$;

-- The price version that holds for a model at a moment; no row when it had none yet. Used in FROM, where it is
-- replaced by its query.
CREATE FUNCTION price_at(priced_model bigint, moment timestamptz)
RETURNS SETOF prices
LANGUAGE sql
STABLE
PARALLEL SAFE
ROWS 1
AS $$
    SELECT p.*
    FROM prices p
    WHERE p.model_id = priced_model AND p.effective_from <= moment
    ORDER BY p.effective_from DESC
    LIMIT 1
$$;

-- What a whole call costs under a price version, exactly: its units and its tokens. NULL when something that it used
-- has no known rate. A price without a rate for units does not charge them, as those of language models, but then
-- there must be tokens: a call of which no meter is priced is unknown, not free. Counts are 0, never NULL, for what
-- was not used; a chat made no units, also with a model that has a price for them.
CREATE FUNCTION call_cost(
    price prices, quantity numeric, wanted_resolution text,
    prompt bigint, cached bigint, cache_write bigint, completion bigint)
RETURNS numeric
LANGUAGE sql
STABLE
PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN prompt = 0 AND completion = 0 THEN quantity * unit_rate(price, quantity, wanted_resolution)
        ELSE token_cost(price, prompt, cached, cache_write, completion)
            + coalesce(quantity * unit_rate(price, quantity, wanted_resolution), 0)
    END
$$;

-- History is never overwritten: no UPDATE and no DELETE.
GRANT SELECT, INSERT ON price_tiers, price_resolutions TO providerd_app;

-- Models and what they cost.
--
-- A price is a version: it holds from `effective_from` until the next one of the same model. Rows are only
-- ever added, so that a call of last year is explained by the price of last year, and a model that its
-- provider has retired keeps its price. Rates are per million tokens; a missing rate is unknown, not zero.

CREATE TABLE models (
    id                      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider_id             uuid NOT NULL REFERENCES providers (id),
    -- '*' stands for every model of the provider that has no row of its own.
    name                    text NOT NULL,
    display_name            text NOT NULL,
    kind                    text NOT NULL,
    context_tokens          integer,
    -- Parameters that this model refuses, by the names of contract 1; they are left out of the call.
    unsupported_parameters  text[] NOT NULL DEFAULT '{}',
    retired_at              timestamptz,
    created_at              timestamptz NOT NULL DEFAULT now(),
    updated_at              timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT models_name_unique UNIQUE (provider_id, name),
    CONSTRAINT models_name_length CHECK (length(name) BETWEEN 1 AND 200),
    CONSTRAINT models_kind_known CHECK (kind IN ('chat', 'embedding', 'image', 'video', 'audio')),
    CONSTRAINT models_context_positive CHECK (context_tokens > 0)
);

CREATE TABLE prices (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model_id        bigint NOT NULL REFERENCES models (id),
    effective_from  timestamptz NOT NULL,
    currency        text NOT NULL DEFAULT 'USD',
    input           numeric,
    output          numeric,
    cached_input    numeric,
    cache_write     numeric,
    -- Prompts of more tokens than this are charged, whole, at the rates below.
    above_tokens    integer,
    above_input     numeric,
    above_output    numeric,
    per_generation       numeric,
    source          text NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    -- Also the index that finds the version of a moment.
    CONSTRAINT prices_one_version_at_a_time UNIQUE (model_id, effective_from),
    CONSTRAINT prices_currency_form CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT prices_not_negative CHECK (
        input >= 0 AND output >= 0 AND cached_input >= 0 AND cache_write >= 0
        AND above_input >= 0 AND above_output >= 0 AND per_generation >= 0),
    CONSTRAINT prices_above_complete CHECK (num_nulls(above_tokens, above_input, above_output) IN (0, 3))
);

-- What a call costs, exactly; NULL when a rate that it needs is unknown. A rate of which nothing was used is not
-- needed. `prompt` counts all prompt tokens, the cached and the newly cached ones among them.
CREATE FUNCTION token_cost(price prices, prompt bigint, cached bigint, cache_write bigint, completion bigint)
RETURNS numeric
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
AS $$
    SELECT (
        CASE WHEN prompt = cached + cache_write THEN 0 ELSE (prompt - cached - cache_write) * rate.input END
        + CASE WHEN cached = 0 THEN 0 ELSE cached * coalesce(price.cached_input, rate.input) END
        + CASE WHEN cache_write = 0 THEN 0 ELSE cache_write * coalesce(price.cache_write, rate.input) END
        + CASE WHEN completion = 0 THEN 0 ELSE completion * rate.output END
    ) * 0.000001
    FROM (
        SELECT
            CASE WHEN prompt > price.above_tokens THEN price.above_input ELSE price.input END AS input,
            CASE WHEN prompt > price.above_tokens THEN price.above_output ELSE price.output END AS output
    ) AS rate
$$;

-- No UPDATE and no DELETE on prices: history is never overwritten.
GRANT SELECT, INSERT, UPDATE ON models TO providerd_app;
GRANT SELECT, INSERT ON prices TO providerd_app;

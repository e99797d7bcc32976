-- What contract 3 adds: what providers can do and how panels show them, several named credentials of a provider,
-- models as providers list them, and checks of many providers at once.

ALTER TABLE providers
    -- What it makes, by the kinds of models, or `virtual_machines`; what the
    -- selection of a provider asks for.
    ADD COLUMN capabilities      text[] NOT NULL DEFAULT '{}',
    -- The panels' own; never read here.
    ADD COLUMN ui_preferences    json NOT NULL DEFAULT '{}',
    -- When the provider was last asked which models it has.
    ADD COLUMN models_listed_at  timestamptz,
    ADD CONSTRAINT providers_capabilities_few CHECK (cardinality(capabilities) <= 20),
    ADD CONSTRAINT providers_ui_preferences_size CHECK (octet_length(ui_preferences::text) <= 8192);

INSERT INTO providers (slug, display_name, kind, endpoint_url, vendor_endpoint_url, auth_type)
SELECT slug, display_name, 'image', endpoint, endpoint, 'bearer'
FROM (VALUES
    ('openrouter', 'OpenRouter', 'https://openrouter.ai/api/v1'),
    ('requesty', 'Requesty', 'https://router.requesty.ai/v1')
) AS known (slug, display_name, endpoint)
ON CONFLICT (slug) DO NOTHING;

UPDATE providers p
SET capabilities = known.capabilities
FROM (VALUES
    ('openai', ARRAY['chat', 'embedding', 'image']),
    ('claude', ARRAY['chat']),
    ('gemini', ARRAY['chat', 'embedding', 'image']),
    ('cohere', ARRAY['chat', 'embedding']),
    ('ollama', ARRAY['chat', 'embedding']),
    ('fal_ai', ARRAY['audio', 'image', 'video']),
    ('replicate', ARRAY['audio', 'image', 'video']),
    ('minimax', ARRAY['audio', 'image', 'video']),
    ('runway_ml', ARRAY['image', 'video']),
    ('black_forest_labs', ARRAY['image']),
    ('openrouter', ARRAY['chat', 'image']),
    ('requesty', ARRAY['chat', 'image'])
) AS known (slug, capabilities)
WHERE p.slug = known.slug;
UPDATE providers SET capabilities = ARRAY['virtual_machines'] WHERE kind = 'compute';

ALTER TABLE credentials ADD COLUMN IF NOT EXISTS metadata json;
ALTER TABLE credentials
    ADD COLUMN name         text,
    ADD COLUMN ui_metadata  json,
    -- Counts changes; a call that used the credential does not change it.
    ADD COLUMN version      integer NOT NULL DEFAULT 1,
    ADD CONSTRAINT credentials_environment_form CHECK (environment ~ '^[A-Za-z0-9_-]{1,50}$'),
    ADD CONSTRAINT credentials_name_length CHECK (length(name) BETWEEN 1 AND 100),
    ADD CONSTRAINT credentials_metadata_size CHECK (
        octet_length(metadata::text) <= 8192 AND octet_length(ui_metadata::text) <= 8192);

-- When the provider itself last listed the model; NULL for one that only the catalogue has.
ALTER TABLE models ADD COLUMN listed_at timestamptz;

-- How often each provider was called, so that a list of providers does not add up years of rollups. Kept by triggers
-- on the rollups: no path that posts usage can forget it.
CREATE TABLE provider_usage (
    provider_id  uuid PRIMARY KEY REFERENCES providers (id),
    requests     bigint NOT NULL
);
INSERT INTO provider_usage (provider_id, requests)
SELECT provider_id, sum(requests)
FROM usage_rollups
WHERE grain = 'day' AND model = ''
GROUP BY provider_id;

CREATE FUNCTION usage_rolled_up()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO provider_usage AS u (provider_id, requests)
        SELECT n.provider_id, sum(n.requests)
        FROM changed_to n
        WHERE n.grain = 'day' AND n.model = ''
        GROUP BY n.provider_id
        ORDER BY n.provider_id
        ON CONFLICT (provider_id) DO UPDATE SET requests = u.requests + excluded.requests;
    ELSE
        INSERT INTO provider_usage AS u (provider_id, requests)
        SELECT d.provider_id, sum(d.requests)
        FROM (
            SELECT n.provider_id, n.requests FROM changed_to n WHERE n.grain = 'day' AND n.model = ''
            UNION ALL
            SELECT o.provider_id, -o.requests FROM changed_from o WHERE o.grain = 'day' AND o.model = ''
        ) AS d
        GROUP BY d.provider_id
        HAVING sum(d.requests) <> 0
        ORDER BY d.provider_id
        ON CONFLICT (provider_id) DO UPDATE SET requests = u.requests + excluded.requests;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER usage_rollups_inserted
AFTER INSERT ON usage_rollups
REFERENCING NEW TABLE AS changed_to
FOR EACH STATEMENT EXECUTE FUNCTION usage_rolled_up();
CREATE TRIGGER usage_rollups_updated
AFTER UPDATE ON usage_rollups
REFERENCING OLD TABLE AS changed_from NEW TABLE AS changed_to
FOR EACH STATEMENT EXECUTE FUNCTION usage_rolled_up();

-- A check of several providers at once: asked for by an administrator, made by whatever process runs jobs.
CREATE TABLE health_runs (
    id           uuid PRIMARY KEY,
    status       text NOT NULL DEFAULT 'pending',
    -- The slugs in order, with commas: what makes two runs the same.
    providers    text NOT NULL,
    total        integer NOT NULL,
    created_at   timestamptz NOT NULL,
    created_by   text NOT NULL,
    finished_at  timestamptz,
    CONSTRAINT health_runs_status_known CHECK (status IN ('pending', 'running', 'completed', 'cancelled')),
    CONSTRAINT health_runs_total_positive CHECK (total > 0),
    CONSTRAINT health_runs_finished_has_time CHECK (
        (status IN ('completed', 'cancelled')) = (finished_at IS NOT NULL))
);
-- One at a time for the same providers.
CREATE UNIQUE INDEX health_runs_one_under_way ON health_runs (md5(providers))
    WHERE status IN ('pending', 'running');
CREATE INDEX health_runs_finished ON health_runs (finished_at) WHERE finished_at IS NOT NULL;

-- Keys of the installation are few, those of owners can be many: the list of providers counts the few.
CREATE INDEX credentials_installation ON credentials (provider_id) WHERE owner IS NULL;

-- One provider of a run. A claim holds until `locked_until`: the one of a process that was killed is taken over.
CREATE TABLE health_run_items (
    run_id         uuid NOT NULL REFERENCES health_runs (id) ON DELETE CASCADE,
    provider_id    uuid NOT NULL REFERENCES providers (id),
    state          text NOT NULL DEFAULT 'pending',
    locked_until   timestamptz,
    locked_by      text,
    -- NULL until it is known, and for a provider that was not asked.
    status         text,
    response_ms    integer,
    error_kind     text,
    error_message  text,
    checked_at     timestamptz,
    CONSTRAINT health_run_items_pkey PRIMARY KEY (run_id, provider_id),
    CONSTRAINT health_run_items_state_known CHECK (state IN ('pending', 'running', 'done', 'cancelled')),
    CONSTRAINT health_run_items_status_known CHECK (status IN ('healthy', 'degraded', 'down'))
);
-- What waits for somebody, or for the end of somebody's claim.
CREATE INDEX health_run_items_open ON health_run_items (run_id) WHERE state IN ('pending', 'running');

GRANT SELECT ON provider_usage TO providerd_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON health_runs, health_run_items TO providerd_app;

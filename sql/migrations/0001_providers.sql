-- Providers, the credentials for them, and the connections of owners (contract 1).
--
-- A credential belongs to an owner or, without one, to the whole installation. What is in `sealed` can be
-- opened only with the key named beside it and only for this row: the row's ID is authenticated with it.
-- A connection counts its own usage: it is one row per owner and provider, written when that owner calls.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'providerd_app') THEN
        RAISE EXCEPTION 'the role providerd_app does not exist: run sql/roles.sql as a superuser first';
    END IF;
END
$$;

-- The schema is ours alone: nobody else creates objects in it.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO providerd_app;
-- The servers compare the applied migrations with their own before they serve.
GRANT SELECT ON schema_migrations TO providerd_app;

CREATE TABLE providers (
    id                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    slug                 text NOT NULL,
    display_name         text NOT NULL,
    kind                 text NOT NULL,
    endpoint_url         text NOT NULL,
    -- What `endpoint_url` goes back to when an installation stops pointing elsewhere.
    vendor_endpoint_url  text NOT NULL,
    auth_type            text NOT NULL,
    default_model        text,
    enabled              boolean NOT NULL DEFAULT true,
    priority             integer NOT NULL DEFAULT 1,
    timeout_ms           integer NOT NULL DEFAULT 30000,
    version              integer NOT NULL DEFAULT 1,
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT providers_slug_unique UNIQUE (slug),
    CONSTRAINT providers_slug_form CHECK (slug ~ '^[a-z][a-z0-9_]{0,49}$'),
    -- These words stand in paths where a slug could stand.
    CONSTRAINT providers_slug_not_reserved CHECK (
        slug NOT IN ('list', 'add', 'test', 'health_check', 'usage', 'balances', 'routing', 'events')),
    CONSTRAINT providers_display_name_length CHECK (length(display_name) BETWEEN 1 AND 100),
    CONSTRAINT providers_kind_known CHECK (kind IN ('language', 'media', 'image', 'compute')),
    CONSTRAINT providers_endpoint_length CHECK (length(endpoint_url) BETWEEN 1 AND 500),
    CONSTRAINT providers_auth_type_known CHECK (auth_type IN ('bearer', 'api_key', 'oauth', 'basic', 'sigv4')),
    CONSTRAINT providers_priority_positive CHECK (priority >= 1),
    CONSTRAINT providers_timeout_in_range CHECK (timeout_ms BETWEEN 100 AND 600000)
);

CREATE TABLE credentials (
    id            uuid PRIMARY KEY,
    provider_id   uuid NOT NULL REFERENCES providers (id),
    owner         text,
    environment   text NOT NULL DEFAULT 'default',
    type          text NOT NULL,
    sealed        bytea NOT NULL,
    key_id        text NOT NULL,
    hint          text,
    state         text NOT NULL DEFAULT 'untested',
    is_active     boolean NOT NULL DEFAULT true,
    last_used_at  timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT credentials_owner_form CHECK (owner ~ '^(user|tenant):.{1,255}$'),
    CONSTRAINT credentials_type_known CHECK (type IN ('api_key', 'base_url')),
    CONSTRAINT credentials_state_known CHECK (state IN ('untested', 'valid', 'invalid')),
    -- Format octet, nonce and tag take 29 octets; more than 64 KiB is no credential.
    CONSTRAINT credentials_sealed_size CHECK (octet_length(sealed) BETWEEN 30 AND 65536)
);
CREATE INDEX credentials_provider ON credentials (provider_id, owner, environment);
-- For key rotation: which rows are still sealed with an old key.
CREATE INDEX credentials_key ON credentials (key_id);

CREATE TABLE connections (
    id                 uuid PRIMARY KEY,
    owner              text NOT NULL,
    provider_id        uuid NOT NULL REFERENCES providers (id),
    credential_id      uuid NOT NULL REFERENCES credentials (id),
    is_active          boolean NOT NULL DEFAULT true,
    model              text NOT NULL,
    temperature        numeric,
    max_tokens         integer,
    top_p              numeric,
    frequency_penalty  numeric,
    presence_penalty   numeric,
    usage_count        bigint NOT NULL DEFAULT 0,
    total_tokens       bigint NOT NULL DEFAULT 0,
    total_cost         numeric NOT NULL DEFAULT 0,
    last_used_at       timestamptz,
    version            integer NOT NULL DEFAULT 1,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now(),
    -- Also the index that finds an owner's connections.
    CONSTRAINT connections_one_per_provider UNIQUE (owner, provider_id),
    CONSTRAINT connections_owner_form CHECK (owner ~ '^(user|tenant):.{1,255}$'),
    CONSTRAINT connections_model_length CHECK (length(model) BETWEEN 1 AND 200),
    CONSTRAINT connections_temperature_range CHECK (temperature BETWEEN 0 AND 2),
    CONSTRAINT connections_max_tokens_range CHECK (max_tokens BETWEEN 1 AND 1000000),
    CONSTRAINT connections_top_p_range CHECK (top_p BETWEEN 0 AND 1),
    CONSTRAINT connections_frequency_penalty_range CHECK (frequency_penalty BETWEEN -2 AND 2),
    CONSTRAINT connections_presence_penalty_range CHECK (presence_penalty BETWEEN -2 AND 2),
    CONSTRAINT connections_totals_not_negative CHECK (usage_count >= 0 AND total_tokens >= 0 AND total_cost >= 0)
);
CREATE INDEX connections_credential ON connections (credential_id);

INSERT INTO providers (slug, display_name, kind, endpoint_url, vendor_endpoint_url, auth_type, default_model)
SELECT slug, display_name, 'language', endpoint, endpoint, auth_type, default_model
FROM (VALUES
    ('openai', 'OpenAI', 'https://api.openai.com/v1', 'bearer', 'gpt-5.4-mini'),
    ('claude', 'Claude', 'https://api.anthropic.com', 'api_key', 'claude-haiku-4-5'),
    ('gemini', 'Gemini', 'https://generativelanguage.googleapis.com', 'api_key', 'gemini-2.5-flash-lite'),
    ('cohere', 'Cohere', 'https://api.cohere.com', 'bearer', 'command-r7b-12-2024'),
    -- The owner's base URL is used instead of this one.
    ('ollama', 'Ollama', 'http://localhost:11434', 'bearer', 'llama3.2')
) AS known (slug, display_name, endpoint, auth_type, default_model);

GRANT SELECT, UPDATE ON providers TO providerd_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON credentials, connections TO providerd_app;

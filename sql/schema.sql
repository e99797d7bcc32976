CREATE FUNCTION public.create_request_partitions(first timestamp with time zone, months integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    month timestamp;
    name text;
    low uuid;
    high uuid;
    made integer := 0;
BEGIN
    -- One at a time: the second of two callers would find the table missing and then there.
    PERFORM pg_advisory_xact_lock(hashtext('create_request_partitions'));
    FOR step IN 0 .. least(months, 120) - 1 LOOP
        month := date_trunc('month', first AT TIME ZONE 'UTC') + make_interval(months => step);
        name := 'requests_' || to_char(month, 'YYYY_MM');
        CONTINUE WHEN to_regclass(name) IS NOT NULL;
        low := uuid_floor(month AT TIME ZONE 'UTC');
        high := uuid_floor((month + interval '1 month') AT TIME ZONE 'UTC');
        EXECUTE format('CREATE TABLE %I (LIKE requests INCLUDING ALL)', name);
        EXECUTE format(
            'WITH moved AS (DELETE FROM requests_other WHERE id >= %L AND id < %L RETURNING *)
             INSERT INTO %I SELECT * FROM moved', low, high, name);
        EXECUTE format('ALTER TABLE requests ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, low, high);
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;

CREATE TABLE public.prices (
    id bigint NOT NULL,
    model_id bigint NOT NULL,
    effective_from timestamp with time zone NOT NULL,
    currency text DEFAULT 'USD'::text NOT NULL,
    input numeric,
    output numeric,
    cached_input numeric,
    cache_write numeric,
    above_tokens integer,
    above_input numeric,
    above_output numeric,
    per_image numeric,
    source text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT prices_above_complete CHECK ((num_nulls(above_tokens, above_input, above_output) = ANY (ARRAY[0, 3]))),
    CONSTRAINT prices_currency_form CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT prices_not_negative CHECK (((input >= (0)::numeric) AND (output >= (0)::numeric) AND (cached_input >= (0)::numeric) AND (cache_write >= (0)::numeric) AND (above_input >= (0)::numeric) AND (above_output >= (0)::numeric) AND (per_image >= (0)::numeric)))
);

CREATE FUNCTION public.token_cost(price public.prices, prompt bigint, cached bigint, cache_write bigint, completion bigint) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
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

CREATE FUNCTION public.uuid_floor(moment timestamp with time zone) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT (lpad(to_hex(floor(extract(epoch FROM moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

CREATE TABLE public.audit_head (
    only_row boolean DEFAULT true NOT NULL,
    seq bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT audit_head_only_row CHECK (only_row)
);

CREATE TABLE public.audit_log (
    seq bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    owner text,
    action text NOT NULL,
    subject text NOT NULL,
    provider text,
    outcome text NOT NULL,
    remote_address text NOT NULL,
    request_id text NOT NULL,
    details json NOT NULL,
    key_id text NOT NULL,
    previous_hash bytea NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT audit_log_hash_size CHECK (((octet_length(hash) = 32) AND (octet_length(previous_hash) = 32))),
    CONSTRAINT audit_log_outcome_known CHECK ((outcome = ANY (ARRAY['success'::text, 'refused'::text, 'failed'::text])))
);

CREATE TABLE public.connections (
    id uuid NOT NULL,
    owner text NOT NULL,
    provider_id uuid NOT NULL,
    credential_id uuid NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    model text NOT NULL,
    temperature numeric,
    max_tokens integer,
    top_p numeric,
    frequency_penalty numeric,
    presence_penalty numeric,
    usage_count bigint DEFAULT 0 NOT NULL,
    total_tokens bigint DEFAULT 0 NOT NULL,
    total_cost numeric DEFAULT 0 NOT NULL,
    last_used_at timestamp with time zone,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT connections_frequency_penalty_range CHECK (((frequency_penalty >= ('-2'::integer)::numeric) AND (frequency_penalty <= (2)::numeric))),
    CONSTRAINT connections_max_tokens_range CHECK (((max_tokens >= 1) AND (max_tokens <= 1000000))),
    CONSTRAINT connections_model_length CHECK (((length(model) >= 1) AND (length(model) <= 200))),
    CONSTRAINT connections_owner_form CHECK ((owner ~ '^(user|tenant):.{1,255}$'::text)),
    CONSTRAINT connections_presence_penalty_range CHECK (((presence_penalty >= ('-2'::integer)::numeric) AND (presence_penalty <= (2)::numeric))),
    CONSTRAINT connections_temperature_range CHECK (((temperature >= (0)::numeric) AND (temperature <= (2)::numeric))),
    CONSTRAINT connections_top_p_range CHECK (((top_p >= (0)::numeric) AND (top_p <= (1)::numeric))),
    CONSTRAINT connections_totals_not_negative CHECK (((usage_count >= 0) AND (total_tokens >= 0) AND (total_cost >= (0)::numeric)))
);

CREATE TABLE public.credentials (
    id uuid NOT NULL,
    provider_id uuid NOT NULL,
    owner text,
    environment text DEFAULT 'default'::text NOT NULL,
    type text NOT NULL,
    sealed bytea NOT NULL,
    key_id text NOT NULL,
    hint text,
    state text DEFAULT 'untested'::text NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    last_used_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT credentials_owner_form CHECK ((owner ~ '^(user|tenant):.{1,255}$'::text)),
    CONSTRAINT credentials_sealed_size CHECK (((octet_length(sealed) >= 30) AND (octet_length(sealed) <= 65536))),
    CONSTRAINT credentials_state_known CHECK ((state = ANY (ARRAY['untested'::text, 'valid'::text, 'invalid'::text]))),
    CONSTRAINT credentials_type_known CHECK ((type = ANY (ARRAY['api_key'::text, 'base_url'::text])))
);

CREATE TABLE public.idempotency_keys (
    caller text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    claim uuid NOT NULL,
    locked_until timestamp with time zone NOT NULL,
    status integer,
    etag text,
    body bytea,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT idempotency_keys_answer_complete CHECK (((status IS NULL) = (body IS NULL))),
    CONSTRAINT idempotency_keys_key_length CHECK (((length(key) >= 1) AND (length(key) <= 255)))
);

CREATE TABLE public.models (
    id bigint NOT NULL,
    provider_id uuid NOT NULL,
    name text NOT NULL,
    display_name text NOT NULL,
    kind text NOT NULL,
    context_tokens integer,
    unsupported_parameters text[] DEFAULT '{}'::text[] NOT NULL,
    retired_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT models_context_positive CHECK ((context_tokens > 0)),
    CONSTRAINT models_kind_known CHECK ((kind = ANY (ARRAY['chat'::text, 'embedding'::text, 'image'::text, 'video'::text, 'audio'::text]))),
    CONSTRAINT models_name_length CHECK (((length(name) >= 1) AND (length(name) <= 200)))
);

ALTER TABLE public.models ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.models_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE public.prices ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.prices_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.providers (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    slug text NOT NULL,
    display_name text NOT NULL,
    kind text NOT NULL,
    endpoint_url text NOT NULL,
    vendor_endpoint_url text NOT NULL,
    auth_type text NOT NULL,
    default_model text,
    enabled boolean DEFAULT true NOT NULL,
    priority integer DEFAULT 1 NOT NULL,
    timeout_ms integer DEFAULT 30000 NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT providers_auth_type_known CHECK ((auth_type = ANY (ARRAY['bearer'::text, 'api_key'::text, 'oauth'::text, 'basic'::text, 'sigv4'::text]))),
    CONSTRAINT providers_display_name_length CHECK (((length(display_name) >= 1) AND (length(display_name) <= 100))),
    CONSTRAINT providers_endpoint_length CHECK (((length(endpoint_url) >= 1) AND (length(endpoint_url) <= 500))),
    CONSTRAINT providers_kind_known CHECK ((kind = ANY (ARRAY['language'::text, 'media'::text, 'image'::text, 'compute'::text]))),
    CONSTRAINT providers_priority_positive CHECK ((priority >= 1)),
    CONSTRAINT providers_slug_form CHECK ((slug ~ '^[a-z][a-z0-9_]{0,49}$'::text)),
    CONSTRAINT providers_slug_not_reserved CHECK ((slug <> ALL (ARRAY['list'::text, 'add'::text, 'test'::text, 'health_check'::text, 'usage'::text, 'balances'::text, 'routing'::text, 'events'::text]))),
    CONSTRAINT providers_timeout_in_range CHECK (((timeout_ms >= 100) AND (timeout_ms <= 600000)))
);

CREATE TABLE public.requests (
    id uuid NOT NULL,
    provider_id uuid NOT NULL,
    connection_id uuid,
    owner text,
    user_id text,
    purpose text NOT NULL,
    model text NOT NULL,
    reported_model text,
    status text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    completed_at timestamp with time zone,
    response_ms integer,
    prompt_tokens bigint DEFAULT 0 NOT NULL,
    cached_prompt_tokens bigint DEFAULT 0 NOT NULL,
    cache_write_tokens bigint DEFAULT 0 NOT NULL,
    completion_tokens bigint DEFAULT 0 NOT NULL,
    cost numeric,
    currency text,
    price_id bigint,
    error_kind text,
    http_request_id text,
    CONSTRAINT requests_completed_has_time CHECK (((status = ANY (ARRAY['completed'::text, 'failed'::text, 'cancelled'::text])) = (completed_at IS NOT NULL))),
    CONSTRAINT requests_cost_has_price CHECK (((cost IS NULL) OR ((cost >= (0)::numeric) AND (currency IS NOT NULL)))),
    CONSTRAINT requests_purpose_known CHECK ((purpose = ANY (ARRAY['test'::text, 'gateway'::text, 'recorded'::text]))),
    CONSTRAINT requests_status_known CHECK ((status = ANY (ARRAY['pending'::text, 'processing'::text, 'completed'::text, 'failed'::text, 'cancelled'::text]))),
    CONSTRAINT requests_tokens_not_negative CHECK (((prompt_tokens >= 0) AND (cached_prompt_tokens >= 0) AND (cache_write_tokens >= 0) AND (completion_tokens >= 0)))
)
PARTITION BY RANGE (id);

CREATE TABLE public.requests_other (
    id uuid NOT NULL,
    provider_id uuid NOT NULL,
    connection_id uuid,
    owner text,
    user_id text,
    purpose text NOT NULL,
    model text NOT NULL,
    reported_model text,
    status text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    completed_at timestamp with time zone,
    response_ms integer,
    prompt_tokens bigint DEFAULT 0 NOT NULL,
    cached_prompt_tokens bigint DEFAULT 0 NOT NULL,
    cache_write_tokens bigint DEFAULT 0 NOT NULL,
    completion_tokens bigint DEFAULT 0 NOT NULL,
    cost numeric,
    currency text,
    price_id bigint,
    error_kind text,
    http_request_id text,
    CONSTRAINT requests_completed_has_time CHECK (((status = ANY (ARRAY['completed'::text, 'failed'::text, 'cancelled'::text])) = (completed_at IS NOT NULL))),
    CONSTRAINT requests_cost_has_price CHECK (((cost IS NULL) OR ((cost >= (0)::numeric) AND (currency IS NOT NULL)))),
    CONSTRAINT requests_purpose_known CHECK ((purpose = ANY (ARRAY['test'::text, 'gateway'::text, 'recorded'::text]))),
    CONSTRAINT requests_status_known CHECK ((status = ANY (ARRAY['pending'::text, 'processing'::text, 'completed'::text, 'failed'::text, 'cancelled'::text]))),
    CONSTRAINT requests_tokens_not_negative CHECK (((prompt_tokens >= 0) AND (cached_prompt_tokens >= 0) AND (cache_write_tokens >= 0) AND (completion_tokens >= 0)))
);

CREATE TABLE public.schema_migrations (
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT schema_migrations_checksum_is_sha256 CHECK ((checksum ~ '^[0-9a-f]{64}$'::text))
);

CREATE TABLE public.sealing_keys (
    key_id text NOT NULL,
    sealed bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY public.requests ATTACH PARTITION public.requests_other DEFAULT;

ALTER TABLE ONLY public.audit_head
    ADD CONSTRAINT audit_head_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY public.connections
    ADD CONSTRAINT connections_one_per_provider UNIQUE (owner, provider_id);

ALTER TABLE ONLY public.connections
    ADD CONSTRAINT connections_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.credentials
    ADD CONSTRAINT credentials_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (caller, key);

ALTER TABLE ONLY public.models
    ADD CONSTRAINT models_name_unique UNIQUE (provider_id, name);

ALTER TABLE ONLY public.models
    ADD CONSTRAINT models_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.prices
    ADD CONSTRAINT prices_one_version_at_a_time UNIQUE (model_id, effective_from);

ALTER TABLE ONLY public.prices
    ADD CONSTRAINT prices_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.providers
    ADD CONSTRAINT providers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.providers
    ADD CONSTRAINT providers_slug_unique UNIQUE (slug);

ALTER TABLE ONLY public.requests
    ADD CONSTRAINT requests_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.requests_other
    ADD CONSTRAINT requests_other_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.sealing_keys
    ADD CONSTRAINT sealing_keys_pkey PRIMARY KEY (key_id);

CREATE INDEX audit_log_actor ON public.audit_log USING btree (actor, seq);

CREATE INDEX audit_log_provider ON public.audit_log USING btree (provider, seq);

CREATE INDEX connections_credential ON public.connections USING btree (credential_id);

CREATE INDEX credentials_key ON public.credentials USING btree (key_id);

CREATE INDEX credentials_provider ON public.credentials USING btree (provider_id, owner, environment);

CREATE INDEX idempotency_keys_age ON public.idempotency_keys USING btree (created_at);

CREATE INDEX requests_connection ON ONLY public.requests USING btree (connection_id, id);

CREATE INDEX requests_other_connection_id_id_idx ON public.requests_other USING btree (connection_id, id);

CREATE INDEX requests_provider ON ONLY public.requests USING btree (provider_id, id);

CREATE INDEX requests_other_provider_id_id_idx ON public.requests_other USING btree (provider_id, id);

ALTER INDEX public.requests_connection ATTACH PARTITION public.requests_other_connection_id_id_idx;

ALTER INDEX public.requests_pkey ATTACH PARTITION public.requests_other_pkey;

ALTER INDEX public.requests_provider ATTACH PARTITION public.requests_other_provider_id_id_idx;

ALTER TABLE ONLY public.connections
    ADD CONSTRAINT connections_credential_id_fkey FOREIGN KEY (credential_id) REFERENCES public.credentials(id);

ALTER TABLE ONLY public.connections
    ADD CONSTRAINT connections_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.providers(id);

ALTER TABLE ONLY public.credentials
    ADD CONSTRAINT credentials_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.providers(id);

ALTER TABLE ONLY public.models
    ADD CONSTRAINT models_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.providers(id);

ALTER TABLE ONLY public.prices
    ADD CONSTRAINT prices_model_id_fkey FOREIGN KEY (model_id) REFERENCES public.models(id);

ALTER TABLE public.requests
    ADD CONSTRAINT requests_price_id_fkey FOREIGN KEY (price_id) REFERENCES public.prices(id);

ALTER TABLE public.requests
    ADD CONSTRAINT requests_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.providers(id);

REVOKE USAGE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO providerd_app;

REVOKE ALL ON FUNCTION public.create_request_partitions(first timestamp with time zone, months integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.create_request_partitions(first timestamp with time zone, months integer) TO providerd_app;

GRANT SELECT,INSERT ON TABLE public.prices TO providerd_app;

GRANT SELECT,UPDATE ON TABLE public.audit_head TO providerd_app;

GRANT SELECT,INSERT ON TABLE public.audit_log TO providerd_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.connections TO providerd_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.credentials TO providerd_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.idempotency_keys TO providerd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.models TO providerd_app;

GRANT SELECT,UPDATE ON TABLE public.providers TO providerd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.requests TO providerd_app;

GRANT SELECT ON TABLE public.schema_migrations TO providerd_app;

GRANT SELECT ON TABLE public.sealing_keys TO providerd_app;


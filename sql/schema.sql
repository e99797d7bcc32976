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
    per_generation numeric,
    source text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    unit text DEFAULT 'generation'::text NOT NULL,
    credits_per_generation numeric,
    reason text,
    created_by text,
    CONSTRAINT prices_above_complete CHECK ((num_nulls(above_tokens, above_input, above_output) = ANY (ARRAY[0, 3]))),
    CONSTRAINT prices_credits_not_negative CHECK ((credits_per_generation >= (0)::numeric)),
    CONSTRAINT prices_currency_form CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT prices_not_negative CHECK (((input >= (0)::numeric) AND (output >= (0)::numeric) AND (cached_input >= (0)::numeric) AND (cache_write >= (0)::numeric) AND (above_input >= (0)::numeric) AND (above_output >= (0)::numeric) AND (per_generation >= (0)::numeric))),
    CONSTRAINT prices_reason_length CHECK (((length(reason) >= 1) AND (length(reason) <= 1000))),
    CONSTRAINT prices_unit_known CHECK ((unit = ANY (ARRAY['generation'::text, 'second'::text, 'megapixel'::text])))
);

CREATE FUNCTION public.call_cost(price public.prices, quantity numeric, wanted_resolution text, prompt bigint, cached bigint, cache_write bigint, completion bigint) RETURNS numeric
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT CASE
        WHEN prompt = 0 AND completion = 0 THEN quantity * unit_rate(price, quantity, wanted_resolution)
        ELSE token_cost(price, prompt, cached, cache_write, completion)
            + coalesce(quantity * unit_rate(price, quantity, wanted_resolution), 0)
    END
$$;

CREATE FUNCTION public.create_request_partitions(first timestamp with time zone, months integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    month timestamp;
    parent text;
    key text;
    name text;
    low uuid;
    high uuid;
    made integer := 0;
BEGIN
    -- One at a time: the second of two callers would find the table missing and then there.
    PERFORM pg_advisory_xact_lock(hashtext('create_request_partitions'));
    FOR step IN 0 .. least(months, 120) - 1 LOOP
        month := date_trunc('month', first AT TIME ZONE 'UTC') + make_interval(months => step);
        low := uuid_floor(month AT TIME ZONE 'UTC');
        high := uuid_floor((month + interval '1 month') AT TIME ZONE 'UTC');
        FOR parent, key IN VALUES ('requests', 'id'), ('request_payloads', 'request_id') LOOP
            name := parent || '_' || to_char(month, 'YYYY_MM');
            CONTINUE WHEN to_regclass(name) IS NOT NULL;
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', name, parent);
            EXECUTE format(
                'WITH moved AS (DELETE FROM %I WHERE %I >= %L AND %I < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
                parent || '_other', key, low, key, high, name);
            EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, name, low, high);
            made := made + (parent = 'requests')::integer;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;

CREATE FUNCTION public.day_of(moment timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT date_bin('1 day', moment, timestamptz '2000-01-01 00:00:00+00')
$$;

CREATE FUNCTION public.drop_request_partitions(requests_before timestamp with time zone, payloads_before timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $_$
DECLARE
    parent text;
    before timestamptz;
    name text;
    ending timestamptz;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('create_request_partitions'));
    FOR parent, before IN VALUES ('requests', requests_before), ('request_payloads', payloads_before) LOOP
        CONTINUE WHEN before IS NULL;
        FOR name IN
            SELECT c.relname
            FROM pg_inherits i
            JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = parent::regclass AND c.relname ~ ('^' || parent || '_[0-9]{4}_[0-9]{2}$')
            ORDER BY c.relname
        LOOP
            ending := (to_date(right(name, 7), 'YYYY_MM') + interval '1 month') AT TIME ZONE 'UTC';
            CONTINUE WHEN ending > before;
            EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, name);
            EXECUTE format('DROP TABLE %I', name);
            dropped := dropped + 1;
        END LOOP;
    END LOOP;
    RETURN dropped;
END
$_$;

CREATE FUNCTION public.money_text(amount numeric, currency text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $_$
    SELECT CASE
        WHEN currency <> 'USD' THEN round(amount, 2) || ' ' || currency
        WHEN round(amount, 2) < 0 THEN '-$' || -round(amount, 2)
        ELSE '$' || round(amount, 2)
    END
$_$;

CREATE FUNCTION public.price_at(priced_model bigint, moment timestamp with time zone) RETURNS SETOF public.prices
    LANGUAGE sql STABLE ROWS 1 PARALLEL SAFE
    AS $$
    SELECT p.*
    FROM prices p
    WHERE p.model_id = priced_model AND p.effective_from <= moment
    ORDER BY p.effective_from DESC
    LIMIT 1
$$;

CREATE FUNCTION public.quarter_of(moment timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT date_bin('15 minutes', moment, timestamptz '2000-01-01 00:00:00+00')
$$;

CREATE FUNCTION public.requests_inserted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO usage_tail (
        request_id, provider_id, external_id, owner, model, currency, created_at, requests, pending, processing, completed,
        failed, cancelled, unpriced, response_ms, responses, prompt_tokens, completion_tokens, cost)
    SELECT n.id, n.provider_id, n.external_id, n.owner, n.model, coalesce(n.currency, p.currency), n.created_at,
           1,
           (n.status = 'pending')::integer, (n.status = 'processing')::integer, (n.status = 'completed')::integer,
           (n.status = 'failed')::integer, (n.status = 'cancelled')::integer,
           (n.status = 'completed' AND n.cost IS NULL)::integer,
           coalesce(n.response_ms, 0), (n.response_ms IS NOT NULL)::integer,
           n.prompt_tokens, n.completion_tokens, coalesce(n.cost, 0)
    FROM inserted n
    JOIN providers p ON p.id = n.provider_id;
    RETURN NULL;
END
$$;

CREATE FUNCTION public.requests_updated() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO usage_tail (
        request_id, provider_id, external_id, owner, model, currency, created_at, requests, pending, processing, completed,
        failed, cancelled, unpriced, response_ms, responses, prompt_tokens, completion_tokens, cost)
    SELECT n.id, n.provider_id, n.external_id, n.owner, n.model, coalesce(s.currency, p.currency), n.created_at,
           s.sign,
           s.sign * (s.status = 'pending')::integer, s.sign * (s.status = 'processing')::integer,
           s.sign * (s.status = 'completed')::integer, s.sign * (s.status = 'failed')::integer,
           s.sign * (s.status = 'cancelled')::integer,
           s.sign * (s.status = 'completed' AND s.cost IS NULL)::integer,
           s.sign * coalesce(s.response_ms, 0), s.sign * (s.response_ms IS NOT NULL)::integer,
           s.sign * s.prompt_tokens, s.sign * s.completion_tokens, s.sign * coalesce(s.cost, 0)
    FROM changed_to n
    JOIN changed_from o ON o.id = n.id
    JOIN providers p ON p.id = n.provider_id
    CROSS JOIN LATERAL (VALUES
        (-1, o.status, o.currency, o.cost, o.response_ms, o.prompt_tokens, o.completion_tokens),
        (1, n.status, n.currency, n.cost, n.response_ms, n.prompt_tokens, n.completion_tokens)
    ) AS s (sign, status, currency, cost, response_ms, prompt_tokens, completion_tokens)
    WHERE (o.status, o.currency, o.cost, o.response_ms, o.prompt_tokens, o.completion_tokens)
          IS DISTINCT FROM (n.status, n.currency, n.cost, n.response_ms, n.prompt_tokens, n.completion_tokens);
    RETURN NULL;
END
$$;

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

CREATE FUNCTION public.unit_rate(price public.prices, quantity numeric, wanted_resolution text) RETURNS numeric
    LANGUAGE sql STABLE PARALLEL SAFE
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

CREATE FUNCTION public.uuid_floor(moment timestamp with time zone) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT (lpad(to_hex(floor(extract(epoch FROM moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

CREATE TABLE public.alerts (
    id bigint NOT NULL,
    provider_id uuid NOT NULL,
    severity text NOT NULL,
    type text NOT NULL,
    subject text DEFAULT ''::text NOT NULL,
    message text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    last_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    occurrences integer DEFAULT 1 NOT NULL,
    created_by text,
    resolved_at timestamp with time zone,
    resolved_by text,
    resolution_note text,
    cause_ended_at timestamp with time zone,
    CONSTRAINT alerts_message_length CHECK (((length(message) >= 1) AND (length(message) <= 1000))),
    CONSTRAINT alerts_note_length CHECK (((length(resolution_note) >= 1) AND (length(resolution_note) <= 1000))),
    CONSTRAINT alerts_resolution_complete CHECK (((resolved_at IS NOT NULL) OR ((resolved_by IS NULL) AND (resolution_note IS NULL)))),
    CONSTRAINT alerts_severity_known CHECK ((severity = ANY (ARRAY['low'::text, 'medium'::text, 'high'::text, 'critical'::text]))),
    CONSTRAINT alerts_type_known CHECK ((type = ANY (ARRAY['low_balance'::text, 'balance_drift'::text, 'provider_down'::text, 'provider_recovered'::text, 'error_rate'::text, 'invalid_key'::text, 'unpriced_model'::text, 'key_expiring'::text, 'custom'::text])))
);

ALTER TABLE public.alerts ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.alerts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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
    expires_at timestamp with time zone,
    CONSTRAINT credentials_owner_form CHECK ((owner ~ '^(user|tenant):.{1,255}$'::text)),
    CONSTRAINT credentials_sealed_size CHECK (((octet_length(sealed) >= 30) AND (octet_length(sealed) <= 65536))),
    CONSTRAINT credentials_state_known CHECK ((state = ANY (ARRAY['untested'::text, 'valid'::text, 'invalid'::text]))),
    CONSTRAINT credentials_type_known CHECK ((type = ANY (ARRAY['api_key'::text, 'base_url'::text])))
);

CREATE TABLE public.credit_accounts (
    id integer NOT NULL,
    provider_id uuid NOT NULL,
    currency text NOT NULL,
    balance numeric DEFAULT 0 NOT NULL,
    entries bigint DEFAULT 0 NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT credit_accounts_currency_form CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT credit_accounts_entries_not_negative CHECK ((entries >= 0))
);

ALTER TABLE public.credit_accounts ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.credit_accounts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.credit_transactions (
    account_id integer NOT NULL,
    seq bigint NOT NULL,
    type text NOT NULL,
    amount numeric NOT NULL,
    balance_before numeric NOT NULL,
    balance_after numeric NOT NULL,
    description text NOT NULL,
    request_id uuid,
    metadata json DEFAULT '{}'::json NOT NULL,
    created_by text,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT credit_transactions_adds_up CHECK ((balance_after = (balance_before + amount))),
    CONSTRAINT credit_transactions_consumption_has_request CHECK (((type = 'consumption'::text) = (request_id IS NOT NULL))),
    CONSTRAINT credit_transactions_description_length CHECK (((length(description) >= 1) AND (length(description) <= 500))),
    CONSTRAINT credit_transactions_seq_positive CHECK ((seq >= 1)),
    CONSTRAINT credit_transactions_sign CHECK (
CASE type
    WHEN 'purchase'::text THEN (amount > (0)::numeric)
    WHEN 'refund'::text THEN (amount > (0)::numeric)
    ELSE (amount <> (0)::numeric)
END),
    CONSTRAINT credit_transactions_type_known CHECK ((type = ANY (ARRAY['purchase'::text, 'consumption'::text, 'refund'::text, 'adjustment'::text])))
);

CREATE VIEW public.credit_ledger_faults AS
 SELECT a.id AS account_id,
    NULL::bigint AS seq,
    'the balance is not the sum of the entries'::text AS fault
   FROM (public.credit_accounts a
     LEFT JOIN ( SELECT credit_transactions.account_id,
            sum(credit_transactions.amount) AS total
           FROM public.credit_transactions
          GROUP BY credit_transactions.account_id) t ON ((t.account_id = a.id)))
  WHERE (a.balance <> COALESCE(t.total, (0)::numeric))
UNION ALL
 SELECT a.id AS account_id,
    NULL::bigint AS seq,
    'the number of the last entry is not the number of entries'::text AS fault
   FROM (public.credit_accounts a
     LEFT JOIN ( SELECT credit_transactions.account_id,
            count(*) AS entries,
            max(credit_transactions.seq) AS last
           FROM public.credit_transactions
          GROUP BY credit_transactions.account_id) t ON ((t.account_id = a.id)))
  WHERE ((a.entries <> COALESCE(t.entries, (0)::bigint)) OR (a.entries <> COALESCE(t.last, (0)::bigint)))
UNION ALL
 SELECT e.account_id,
    e.seq,
    'it does not begin with the balance that the entry before it ended with'::text AS fault
   FROM ( SELECT credit_transactions.account_id,
            credit_transactions.seq,
            credit_transactions.balance_before,
            lag(credit_transactions.balance_after, 1, (0)::numeric) OVER (PARTITION BY credit_transactions.account_id ORDER BY credit_transactions.seq) AS before
           FROM public.credit_transactions) e
  WHERE (e.balance_before <> e.before)
UNION ALL
 SELECT t.account_id,
    min(t.seq) AS seq,
    'a request is charged more than once'::text AS fault
   FROM public.credit_transactions t
  WHERE ((t.request_id IS NOT NULL) AND (t.amount < (0)::numeric))
  GROUP BY t.account_id, t.request_id
 HAVING (count(*) > 1);

CREATE TABLE public.health_checks (
    id bigint NOT NULL,
    provider_id uuid NOT NULL,
    checked_at timestamp with time zone NOT NULL,
    status text NOT NULL,
    response_ms integer,
    error_kind text,
    error_message text,
    reason text NOT NULL,
    held_status text,
    held_ms bigint DEFAULT 0 NOT NULL,
    CONSTRAINT health_checks_down_has_error CHECK (((status <> 'down'::text) OR (error_kind IS NOT NULL))),
    CONSTRAINT health_checks_held_in_range CHECK (((held_ms >= 0) AND (held_ms <= 3600000))),
    CONSTRAINT health_checks_held_known CHECK ((held_status = ANY (ARRAY['healthy'::text, 'degraded'::text, 'down'::text]))),
    CONSTRAINT health_checks_reason_known CHECK ((reason = ANY (ARRAY['manual'::text, 'scheduled'::text, 'connection'::text, 'key'::text]))),
    CONSTRAINT health_checks_response_not_negative CHECK ((response_ms >= 0)),
    CONSTRAINT health_checks_status_known CHECK ((status = ANY (ARRAY['healthy'::text, 'degraded'::text, 'down'::text])))
);

ALTER TABLE public.health_checks ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.health_checks_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
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

CREATE TABLE public.jobs (
    name text NOT NULL,
    every_seconds integer NOT NULL,
    next_run_at timestamp with time zone DEFAULT now() NOT NULL,
    locked_until timestamp with time zone,
    locked_by text,
    last_started_at timestamp with time zone,
    last_finished_at timestamp with time zone,
    last_error text,
    CONSTRAINT jobs_every_positive CHECK ((every_seconds >= 1))
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
    version text DEFAULT '1.0'::text NOT NULL,
    is_active boolean DEFAULT true NOT NULL,
    vendor_name text,
    CONSTRAINT models_context_positive CHECK ((context_tokens > 0)),
    CONSTRAINT models_kind_known CHECK ((kind = ANY (ARRAY['chat'::text, 'embedding'::text, 'image'::text, 'video'::text, 'audio'::text]))),
    CONSTRAINT models_name_length CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT models_vendor_name_length CHECK (((length(vendor_name) >= 1) AND (length(vendor_name) <= 200))),
    CONSTRAINT models_version_length CHECK (((length(version) >= 1) AND (length(version) <= 50)))
);

ALTER TABLE public.models ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.models_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.price_resolutions (
    price_id bigint NOT NULL,
    resolution text NOT NULL,
    per_generation numeric NOT NULL,
    CONSTRAINT price_resolutions_name_length CHECK (((length(resolution) >= 1) AND (length(resolution) <= 50))),
    CONSTRAINT price_resolutions_not_negative CHECK ((per_generation >= (0)::numeric))
);

CREATE TABLE public.price_tiers (
    price_id bigint NOT NULL,
    min_quantity integer NOT NULL,
    tier text NOT NULL,
    per_generation numeric NOT NULL,
    CONSTRAINT price_tiers_name_length CHECK (((length(tier) >= 1) AND (length(tier) <= 50))),
    CONSTRAINT price_tiers_not_negative CHECK ((per_generation >= (0)::numeric)),
    CONSTRAINT price_tiers_quantity_positive CHECK ((min_quantity >= 1))
);

ALTER TABLE public.prices ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.prices_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.provider_balances (
    provider_id uuid NOT NULL,
    checked_at timestamp with time zone NOT NULL,
    balance numeric NOT NULL,
    currency text NOT NULL,
    CONSTRAINT provider_balances_currency_form CHECK ((currency ~ '^[A-Z]{3}$'::text))
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
    "position" integer DEFAULT 100 NOT NULL,
    currency text DEFAULT 'USD'::text NOT NULL,
    low_balance_threshold numeric DEFAULT 100 NOT NULL,
    requests_per_minute integer DEFAULT 60,
    requests_per_hour integer DEFAULT 1000,
    requests_per_day integer DEFAULT 10000,
    max_retries integer DEFAULT 3 NOT NULL,
    retry_delay_ms integer DEFAULT 1000 NOT NULL,
    CONSTRAINT providers_auth_type_known CHECK ((auth_type = ANY (ARRAY['bearer'::text, 'api_key'::text, 'oauth'::text, 'basic'::text, 'sigv4'::text]))),
    CONSTRAINT providers_currency_form CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT providers_display_name_length CHECK (((length(display_name) >= 1) AND (length(display_name) <= 100))),
    CONSTRAINT providers_endpoint_length CHECK (((length(endpoint_url) >= 1) AND (length(endpoint_url) <= 500))),
    CONSTRAINT providers_kind_known CHECK ((kind = ANY (ARRAY['language'::text, 'media'::text, 'image'::text, 'compute'::text]))),
    CONSTRAINT providers_limits_positive CHECK (((requests_per_minute > 0) AND (requests_per_hour > 0) AND (requests_per_day > 0))),
    CONSTRAINT providers_priority_positive CHECK ((priority >= 1)),
    CONSTRAINT providers_retries_in_range CHECK (((max_retries >= 0) AND (max_retries <= 10))),
    CONSTRAINT providers_retry_delay_in_range CHECK (((retry_delay_ms >= 1) AND (retry_delay_ms <= 600000))),
    CONSTRAINT providers_slug_form CHECK ((slug ~ '^[a-z][a-z0-9_]{0,49}$'::text)),
    CONSTRAINT providers_slug_not_reserved CHECK ((slug <> ALL (ARRAY['list'::text, 'add'::text, 'test'::text, 'health_check'::text, 'usage'::text, 'balances'::text, 'routing'::text, 'events'::text]))),
    CONSTRAINT providers_threshold_not_negative CHECK ((low_balance_threshold >= (0)::numeric)),
    CONSTRAINT providers_timeout_in_range CHECK (((timeout_ms >= 100) AND (timeout_ms <= 600000)))
);

CREATE TABLE public.request_keys (
    provider_id uuid NOT NULL,
    external_id text NOT NULL,
    request_id uuid NOT NULL
);

CREATE TABLE public.request_payloads (
    request_id uuid NOT NULL,
    metadata json,
    request json,
    response json,
    error json
)
PARTITION BY RANGE (request_id);

CREATE TABLE public.request_payloads_other (
    request_id uuid NOT NULL,
    metadata json,
    request json,
    response json,
    error json
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
    external_id text,
    provider_request_id text,
    quantity numeric DEFAULT 1 NOT NULL,
    resolution text,
    CONSTRAINT requests_completed_has_time CHECK (((status = ANY (ARRAY['completed'::text, 'failed'::text, 'cancelled'::text])) = (completed_at IS NOT NULL))),
    CONSTRAINT requests_cost_has_price CHECK (((cost IS NULL) OR ((cost >= (0)::numeric) AND (currency IS NOT NULL)))),
    CONSTRAINT requests_external_id_length CHECK (((length(external_id) >= 1) AND (length(external_id) <= 200))),
    CONSTRAINT requests_provider_request_id_length CHECK (((length(provider_request_id) >= 1) AND (length(provider_request_id) <= 500))),
    CONSTRAINT requests_purpose_known CHECK ((purpose = ANY (ARRAY['test'::text, 'gateway'::text, 'recorded'::text]))),
    CONSTRAINT requests_quantity_positive CHECK ((quantity > (0)::numeric)),
    CONSTRAINT requests_response_not_negative CHECK ((response_ms >= 0)),
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
    external_id text,
    provider_request_id text,
    quantity numeric DEFAULT 1 NOT NULL,
    resolution text,
    CONSTRAINT requests_completed_has_time CHECK (((status = ANY (ARRAY['completed'::text, 'failed'::text, 'cancelled'::text])) = (completed_at IS NOT NULL))),
    CONSTRAINT requests_cost_has_price CHECK (((cost IS NULL) OR ((cost >= (0)::numeric) AND (currency IS NOT NULL)))),
    CONSTRAINT requests_external_id_length CHECK (((length(external_id) >= 1) AND (length(external_id) <= 200))),
    CONSTRAINT requests_provider_request_id_length CHECK (((length(provider_request_id) >= 1) AND (length(provider_request_id) <= 500))),
    CONSTRAINT requests_purpose_known CHECK ((purpose = ANY (ARRAY['test'::text, 'gateway'::text, 'recorded'::text]))),
    CONSTRAINT requests_quantity_positive CHECK ((quantity > (0)::numeric)),
    CONSTRAINT requests_response_not_negative CHECK ((response_ms >= 0)),
    CONSTRAINT requests_status_known CHECK ((status = ANY (ARRAY['pending'::text, 'processing'::text, 'completed'::text, 'failed'::text, 'cancelled'::text]))),
    CONSTRAINT requests_tokens_not_negative CHECK (((prompt_tokens >= 0) AND (cached_prompt_tokens >= 0) AND (cache_write_tokens >= 0) AND (completion_tokens >= 0)))
);

CREATE TABLE public.routing_targets (
    version integer NOT NULL,
    rule integer NOT NULL,
    "position" integer NOT NULL,
    model text NOT NULL,
    provider_id uuid NOT NULL,
    priority integer NOT NULL,
    weight integer NOT NULL,
    enabled boolean NOT NULL,
    CONSTRAINT routing_targets_model_length CHECK (((length(model) >= 1) AND (length(model) <= 200))),
    CONSTRAINT routing_targets_priority_positive CHECK ((priority >= 1)),
    CONSTRAINT routing_targets_weight_in_range CHECK (((weight >= 0) AND (weight <= 1000)))
);

CREATE TABLE public.routing_versions (
    version integer NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    created_by text
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

CREATE TABLE public.usage_by_owner (
    owner text NOT NULL,
    provider_id uuid NOT NULL,
    bucket timestamp with time zone NOT NULL,
    currency text NOT NULL,
    requests bigint NOT NULL,
    completed bigint NOT NULL,
    failed bigint NOT NULL,
    cost numeric NOT NULL
);

CREATE TABLE public.usage_rollups (
    provider_id uuid NOT NULL,
    grain text NOT NULL,
    model text NOT NULL,
    bucket timestamp with time zone NOT NULL,
    currency text NOT NULL,
    requests bigint NOT NULL,
    pending bigint NOT NULL,
    processing bigint NOT NULL,
    completed bigint NOT NULL,
    failed bigint NOT NULL,
    cancelled bigint NOT NULL,
    unpriced bigint NOT NULL,
    response_ms bigint NOT NULL,
    responses bigint NOT NULL,
    prompt_tokens bigint NOT NULL,
    completion_tokens bigint NOT NULL,
    cost numeric NOT NULL,
    CONSTRAINT usage_rollups_grain_known CHECK ((grain = ANY (ARRAY['quarter'::text, 'day'::text])))
);

CREATE TABLE public.usage_tail (
    id bigint NOT NULL,
    request_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    external_id text,
    owner text,
    model text NOT NULL,
    currency text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    requests integer NOT NULL,
    pending integer NOT NULL,
    processing integer NOT NULL,
    completed integer NOT NULL,
    failed integer NOT NULL,
    cancelled integer NOT NULL,
    unpriced integer NOT NULL,
    response_ms bigint NOT NULL,
    responses integer NOT NULL,
    prompt_tokens bigint NOT NULL,
    completion_tokens bigint NOT NULL,
    cost numeric NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='10000', autovacuum_vacuum_insert_threshold='-1', autovacuum_vacuum_cost_delay='0');

ALTER TABLE public.usage_tail ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.usage_tail_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE ONLY public.request_payloads ATTACH PARTITION public.request_payloads_other DEFAULT;

ALTER TABLE ONLY public.requests ATTACH PARTITION public.requests_other DEFAULT;

ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT alerts_pkey PRIMARY KEY (id);

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

ALTER TABLE ONLY public.credit_accounts
    ADD CONSTRAINT credit_accounts_one_per_currency UNIQUE (provider_id, currency);

ALTER TABLE ONLY public.credit_accounts
    ADD CONSTRAINT credit_accounts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.credit_transactions
    ADD CONSTRAINT credit_transactions_pkey PRIMARY KEY (account_id, seq);

ALTER TABLE ONLY public.health_checks
    ADD CONSTRAINT health_checks_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (caller, key);

ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT jobs_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.models
    ADD CONSTRAINT models_name_unique UNIQUE (provider_id, name);

ALTER TABLE ONLY public.models
    ADD CONSTRAINT models_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.price_resolutions
    ADD CONSTRAINT price_resolutions_pkey PRIMARY KEY (price_id, resolution);

ALTER TABLE ONLY public.price_tiers
    ADD CONSTRAINT price_tiers_pkey PRIMARY KEY (price_id, min_quantity);

ALTER TABLE ONLY public.prices
    ADD CONSTRAINT prices_one_version_at_a_time UNIQUE (model_id, effective_from);

ALTER TABLE ONLY public.prices
    ADD CONSTRAINT prices_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.provider_balances
    ADD CONSTRAINT provider_balances_pkey PRIMARY KEY (provider_id, checked_at);

ALTER TABLE ONLY public.providers
    ADD CONSTRAINT providers_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.providers
    ADD CONSTRAINT providers_slug_unique UNIQUE (slug);

ALTER TABLE ONLY public.request_keys
    ADD CONSTRAINT request_keys_pkey PRIMARY KEY (provider_id, external_id);

ALTER TABLE ONLY public.request_payloads
    ADD CONSTRAINT request_payloads_pkey PRIMARY KEY (request_id);

ALTER TABLE ONLY public.request_payloads_other
    ADD CONSTRAINT request_payloads_other_pkey PRIMARY KEY (request_id);

ALTER TABLE ONLY public.requests
    ADD CONSTRAINT requests_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.requests_other
    ADD CONSTRAINT requests_other_pkey PRIMARY KEY (id);

ALTER TABLE ONLY public.routing_targets
    ADD CONSTRAINT routing_targets_no_doubles UNIQUE (version, model, provider_id);

ALTER TABLE ONLY public.routing_targets
    ADD CONSTRAINT routing_targets_pkey PRIMARY KEY (version, rule, "position");

ALTER TABLE ONLY public.routing_versions
    ADD CONSTRAINT routing_versions_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.sealing_keys
    ADD CONSTRAINT sealing_keys_pkey PRIMARY KEY (key_id);

ALTER TABLE ONLY public.usage_by_owner
    ADD CONSTRAINT usage_by_owner_pkey PRIMARY KEY (owner, provider_id, bucket, currency);

ALTER TABLE ONLY public.usage_rollups
    ADD CONSTRAINT usage_rollups_pkey PRIMARY KEY (provider_id, grain, model, bucket, currency);

ALTER TABLE ONLY public.usage_tail
    ADD CONSTRAINT usage_tail_pkey PRIMARY KEY (id);

CREATE UNIQUE INDEX alerts_one_open ON public.alerts USING btree (provider_id, type, subject) WHERE ((resolved_at IS NULL) AND (type <> 'custom'::text));

CREATE INDEX alerts_open ON public.alerts USING btree (provider_id, id) WHERE (resolved_at IS NULL);

CREATE INDEX alerts_provider ON public.alerts USING btree (provider_id, id);

CREATE INDEX alerts_settled ON public.alerts USING btree (provider_id, type, resolved_at) WHERE ((resolved_at IS NOT NULL) AND (resolved_by IS NULL));

CREATE INDEX alerts_silenced ON public.alerts USING btree (provider_id, type, subject) WHERE ((resolved_by IS NOT NULL) AND (cause_ended_at IS NULL) AND (type <> 'custom'::text));

CREATE INDEX audit_log_action ON public.audit_log USING btree (action, seq);

CREATE INDEX audit_log_actor ON public.audit_log USING btree (actor, seq);

CREATE INDEX audit_log_at ON public.audit_log USING btree (at, seq);

CREATE INDEX audit_log_provider ON public.audit_log USING btree (provider, seq);

CREATE INDEX audit_log_trouble ON public.audit_log USING btree (outcome, seq) WHERE (outcome <> 'success'::text);

CREATE INDEX connections_credential ON public.connections USING btree (credential_id);

CREATE INDEX credentials_key ON public.credentials USING btree (key_id);

CREATE INDEX credentials_provider ON public.credentials USING btree (provider_id, owner, environment);

CREATE INDEX credit_transactions_others ON public.credit_transactions USING btree (account_id, type, seq) WHERE (type <> 'consumption'::text);

CREATE INDEX credit_transactions_request ON public.credit_transactions USING btree (request_id) WHERE (request_id IS NOT NULL);

CREATE INDEX credit_transactions_time ON public.credit_transactions USING btree (account_id, created_at, seq);

CREATE INDEX health_checks_provider ON public.health_checks USING btree (provider_id, checked_at) INCLUDE (status, response_ms, held_status, held_ms);

CREATE INDEX idempotency_keys_age ON public.idempotency_keys USING btree (created_at);

CREATE INDEX request_keys_request ON public.request_keys USING btree (request_id);

CREATE INDEX requests_connection ON ONLY public.requests USING btree (connection_id, id);

CREATE INDEX requests_model ON ONLY public.requests USING btree (provider_id, model, id);

CREATE INDEX requests_not_completed ON ONLY public.requests USING btree (provider_id, status, id) WHERE (status <> 'completed'::text);

CREATE INDEX requests_other_connection_id_id_idx ON public.requests_other USING btree (connection_id, id);

CREATE INDEX requests_provider ON ONLY public.requests USING btree (provider_id, id);

CREATE INDEX requests_other_provider_id_id_idx ON public.requests_other USING btree (provider_id, id);

CREATE INDEX requests_other_provider_id_model_id_idx ON public.requests_other USING btree (provider_id, model, id);

CREATE INDEX requests_other_provider_id_status_id_idx ON public.requests_other USING btree (provider_id, status, id) WHERE (status <> 'completed'::text);

CREATE INDEX requests_user ON ONLY public.requests USING btree (provider_id, user_id, id) WHERE (user_id IS NOT NULL);

CREATE INDEX requests_other_provider_id_user_id_id_idx ON public.requests_other USING btree (provider_id, user_id, id) WHERE (user_id IS NOT NULL);

CREATE INDEX usage_by_owner_bucket ON public.usage_by_owner USING btree (bucket);

CREATE INDEX usage_rollups_bucket ON public.usage_rollups USING btree (provider_id, grain, bucket, model);

ALTER INDEX public.request_payloads_pkey ATTACH PARTITION public.request_payloads_other_pkey;

ALTER INDEX public.requests_connection ATTACH PARTITION public.requests_other_connection_id_id_idx;

ALTER INDEX public.requests_pkey ATTACH PARTITION public.requests_other_pkey;

ALTER INDEX public.requests_provider ATTACH PARTITION public.requests_other_provider_id_id_idx;

ALTER INDEX public.requests_model ATTACH PARTITION public.requests_other_provider_id_model_id_idx;

ALTER INDEX public.requests_not_completed ATTACH PARTITION public.requests_other_provider_id_status_id_idx;

ALTER INDEX public.requests_user ATTACH PARTITION public.requests_other_provider_id_user_id_id_idx;

CREATE TRIGGER requests_inserted AFTER INSERT ON public.requests REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION public.requests_inserted();

CREATE TRIGGER requests_updated AFTER UPDATE ON public.requests REFERENCING OLD TABLE AS changed_from NEW TABLE AS changed_to FOR EACH STATEMENT EXECUTE FUNCTION public.requests_updated();

ALTER TABLE ONLY public.alerts
    ADD CONSTRAINT alerts_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.providers(id);

ALTER TABLE ONLY public.connections
    ADD CONSTRAINT connections_credential_id_fkey FOREIGN KEY (credential_id) REFERENCES public.credentials(id);

ALTER TABLE ONLY public.connections
    ADD CONSTRAINT connections_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.providers(id);

ALTER TABLE ONLY public.credentials
    ADD CONSTRAINT credentials_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.providers(id);

ALTER TABLE ONLY public.credit_accounts
    ADD CONSTRAINT credit_accounts_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.providers(id);

ALTER TABLE ONLY public.credit_transactions
    ADD CONSTRAINT credit_transactions_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.credit_accounts(id);

ALTER TABLE ONLY public.health_checks
    ADD CONSTRAINT health_checks_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.providers(id);

ALTER TABLE ONLY public.models
    ADD CONSTRAINT models_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.providers(id);

ALTER TABLE ONLY public.price_resolutions
    ADD CONSTRAINT price_resolutions_price_id_fkey FOREIGN KEY (price_id) REFERENCES public.prices(id);

ALTER TABLE ONLY public.price_tiers
    ADD CONSTRAINT price_tiers_price_id_fkey FOREIGN KEY (price_id) REFERENCES public.prices(id);

ALTER TABLE ONLY public.prices
    ADD CONSTRAINT prices_model_id_fkey FOREIGN KEY (model_id) REFERENCES public.models(id);

ALTER TABLE ONLY public.provider_balances
    ADD CONSTRAINT provider_balances_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.providers(id);

ALTER TABLE ONLY public.request_keys
    ADD CONSTRAINT request_keys_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.providers(id);

ALTER TABLE public.requests
    ADD CONSTRAINT requests_price_id_fkey FOREIGN KEY (price_id) REFERENCES public.prices(id);

ALTER TABLE public.requests
    ADD CONSTRAINT requests_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.providers(id);

ALTER TABLE ONLY public.routing_targets
    ADD CONSTRAINT routing_targets_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.providers(id);

ALTER TABLE ONLY public.routing_targets
    ADD CONSTRAINT routing_targets_version_fkey FOREIGN KEY (version) REFERENCES public.routing_versions(version);

ALTER TABLE ONLY public.usage_by_owner
    ADD CONSTRAINT usage_by_owner_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.providers(id);

ALTER TABLE ONLY public.usage_rollups
    ADD CONSTRAINT usage_rollups_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.providers(id);

REVOKE USAGE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO providerd_app;

GRANT SELECT,INSERT ON TABLE public.prices TO providerd_app;

REVOKE ALL ON FUNCTION public.create_request_partitions(first timestamp with time zone, months integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.create_request_partitions(first timestamp with time zone, months integer) TO providerd_app;

REVOKE ALL ON FUNCTION public.drop_request_partitions(requests_before timestamp with time zone, payloads_before timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.drop_request_partitions(requests_before timestamp with time zone, payloads_before timestamp with time zone) TO providerd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.alerts TO providerd_app;

GRANT SELECT,UPDATE ON TABLE public.audit_head TO providerd_app;

GRANT SELECT,INSERT ON TABLE public.audit_log TO providerd_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.connections TO providerd_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.credentials TO providerd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.credit_accounts TO providerd_app;

GRANT SELECT,INSERT ON TABLE public.credit_transactions TO providerd_app;

GRANT SELECT ON TABLE public.credit_ledger_faults TO providerd_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.health_checks TO providerd_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.idempotency_keys TO providerd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.jobs TO providerd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.models TO providerd_app;

GRANT SELECT,INSERT ON TABLE public.price_resolutions TO providerd_app;

GRANT SELECT,INSERT ON TABLE public.price_tiers TO providerd_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.provider_balances TO providerd_app;

GRANT SELECT,UPDATE ON TABLE public.providers TO providerd_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.request_keys TO providerd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.request_payloads TO providerd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.requests TO providerd_app;

GRANT SELECT,INSERT ON TABLE public.routing_targets TO providerd_app;

GRANT SELECT,INSERT ON TABLE public.routing_versions TO providerd_app;

GRANT SELECT ON TABLE public.schema_migrations TO providerd_app;

GRANT SELECT ON TABLE public.sealing_keys TO providerd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.usage_by_owner TO providerd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.usage_rollups TO providerd_app;

GRANT SELECT,DELETE ON TABLE public.usage_tail TO providerd_app;


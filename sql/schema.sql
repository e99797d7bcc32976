CREATE SCHEMA reports;

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

CREATE FUNCTION public.create_late_request_partitions() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    low uuid := uuid_floor(now() - interval '1 year');
    high uuid := uuid_floor(now() + interval '1 day');
    late uuid;
    made integer := 0;
BEGIN
    FOR step IN 1 .. 14 LOOP
        SELECT least(
            (SELECT r.id FROM requests_other r WHERE r.id >= low AND r.id < high ORDER BY r.id LIMIT 1),
            (SELECT y.request_id FROM request_payloads_other y WHERE y.request_id >= low AND y.request_id < high
             ORDER BY y.request_id LIMIT 1)) INTO late;
        EXIT WHEN late IS NULL;
        made := made + create_request_partitions(uuid_time(late), 1);
    END LOOP;
    RETURN made;
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

CREATE FUNCTION public.credit_accounts_deleted() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    IF EXISTS (SELECT FROM gone g JOIN credit_transactions t ON t.account_id = g.id) THEN
        RAISE foreign_key_violation USING MESSAGE = 'a credit account has entries', TABLE = 'credit_accounts';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION public.credit_accounts_updated() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    SET enable_seqscan TO 'off'
    AS $$
BEGIN
    IF EXISTS (
        SELECT
        FROM changed c
        WHERE c.balance IS DISTINCT FROM CASE
                  WHEN c.entries = 0 THEN 0
                  ELSE (SELECT t.balance_after FROM credit_transactions t WHERE t.account_id = c.id AND t.seq = c.entries)
              END
    ) THEN
        RAISE check_violation USING
            MESSAGE = 'the balance of a credit account is not that of its last entry', TABLE = 'credit_accounts';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION public.credit_transactions_inserted() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'public', 'pg_temp'
    SET enable_seqscan TO 'off'
    AS $$
BEGIN
    IF EXISTS (
        SELECT
        FROM (SELECT DISTINCT account_id FROM inserted) AS i
        WHERE NOT EXISTS (SELECT FROM credit_accounts a WHERE a.id = i.account_id)
    ) THEN
        RAISE foreign_key_violation USING MESSAGE = 'a credit entry has no account', TABLE = 'credit_transactions';
    END IF;
    IF EXISTS (
        SELECT
        FROM (
            SELECT account_id, min(seq) AS first, max(seq) AS last, count(*) AS entries, sum(amount) AS amount
            FROM inserted
            GROUP BY account_id
        ) AS i
        -- One row each, by its key: joined, the whole ledger would be read.
        CROSS JOIN LATERAL (
            SELECT (SELECT f.balance_before FROM credit_transactions f WHERE f.account_id = i.account_id AND f.seq = i.first)
                       AS beginning,
                   (SELECT l.balance_after FROM credit_transactions l WHERE l.account_id = i.account_id AND l.seq = i.last)
                       AS ending,
                   (SELECT p.balance_after FROM credit_transactions p WHERE p.account_id = i.account_id AND p.seq = i.first - 1)
                       AS before
        ) AS balance
        WHERE i.entries <> i.last - i.first + 1
           OR balance.beginning IS DISTINCT FROM CASE WHEN i.first = 1 THEN 0 ELSE balance.before END
           OR balance.ending IS DISTINCT FROM balance.beginning + i.amount
    ) THEN
        RAISE check_violation USING MESSAGE = 'a credit entry does not follow the one before it', TABLE = 'credit_transactions';
    END IF;
    RETURN NULL;
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

CREATE FUNCTION public.request_count_of_user(wanted_provider uuid, wanted_model text, wanted_status text, wanted_user text, low timestamp with time zone, high timestamp with time zone, most integer) RETURNS TABLE(total bigint, is_estimate boolean)
    LANGUAGE plpgsql STABLE
    SET enable_sort TO 'off'
    SET enable_incremental_sort TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
DECLARE
    ids record;
    reached uuid;
    among bigint;
    everything bigint;
BEGIN
    SELECT i.first_id, i.end_id INTO ids FROM request_ids(low, high) AS i;
    IF wanted_model IS NULL AND wanted_status IS NULL
        AND (low IS NULL OR low = date_trunc('milliseconds', low))
        AND (high IS NULL OR high = date_trunc('milliseconds', high))
    THEN
        -- The index alone tells.
        SELECT count(*), (array_agg(q.id))[most + 1] INTO total, reached
        FROM (
            SELECT r.id
            FROM requests r
            WHERE (r.provider_id, r.user_id, r.id) >= (wanted_provider, wanted_user, ids.first_id)
              AND (r.provider_id, r.user_id, r.id) < (wanted_provider, wanted_user, ids.end_id)
              AND r.id >= ids.first_id AND r.id < ids.end_id AND r.user_id IS NOT NULL
            ORDER BY r.provider_id DESC, r.user_id DESC, r.id DESC
            LIMIT most + 1
        ) AS q;
    ELSE
        SELECT count(*), (array_agg(r.id))[most + 1] INTO total, reached
        FROM request_rows(
            wanted_provider, wanted_model, wanted_status, wanted_user, low, high, NULL, 0, most + 1) AS r;
    END IF;
    is_estimate := total > most;
    IF is_estimate THEN
        SELECT p.total INTO among
        FROM request_place(wanted_provider, wanted_model, wanted_status, uuid_time(reached), high, 0) AS p;
        SELECT p.total INTO everything
        FROM request_place(wanted_provider, wanted_model, wanted_status, low, high, 0) AS p;
        total := greatest(total, total * everything / greatest(among, 1));
    END IF;
    RETURN NEXT;
END
$$;

CREATE FUNCTION public.request_edges(wanted_provider uuid) RETURNS TABLE(oldest timestamp with time zone, newest timestamp with time zone)
    LANGUAGE plpgsql STABLE
    SET enable_sort TO 'off'
    SET enable_incremental_sort TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
BEGIN
    SELECT r.created_at INTO oldest
    FROM requests r
    WHERE (r.provider_id, r.id) >= (wanted_provider, '00000000-0000-0000-0000-000000000000'::uuid)
      AND (r.provider_id, r.id) <= (wanted_provider, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
    ORDER BY r.provider_id, r.id
    LIMIT 1;
    SELECT r.created_at INTO newest
    FROM requests r
    WHERE (r.provider_id, r.id) >= (wanted_provider, '00000000-0000-0000-0000-000000000000'::uuid)
      AND (r.provider_id, r.id) <= (wanted_provider, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
    ORDER BY r.provider_id DESC, r.id DESC
    LIMIT 1;
    RETURN NEXT;
END
$$;

CREATE FUNCTION public.request_ids(low timestamp with time zone, high timestamp with time zone, OUT first_id uuid, OUT end_id uuid) RETURNS record
    LANGUAGE sql STABLE
    AS $$
    SELECT uuid_floor(greatest(low, '1970-01-01 00:00:00+00')),
           CASE
               WHEN high IS NULL THEN 'ffffffff-ffff-ffff-ffff-ffffffffffff'
               ELSE uuid_floor(greatest(high + interval '999 microseconds', '1970-01-01 00:00:00+00'))
           END
$$;

CREATE FUNCTION public.request_place(wanted_provider uuid, wanted_model text, wanted_status text, low timestamp with time zone, high timestamp with time zone, skip bigint) RETURNS TABLE(total bigint, below timestamp with time zone, rest bigint)
    LANGUAGE plpgsql STABLE
    AS $$
DECLARE
    oldest timestamptz;
    newest timestamptz;
    found record;
    starts timestamptz[];
BEGIN
    SELECT e.oldest, e.newest INTO oldest, newest FROM request_edges(wanted_provider) AS e;
    -- Usage outlives the requests of the months that were dropped.
    low := greatest(low, quarter_of(oldest));
    high := least(high, quarter_of(newest) + interval '15 minutes');
    total := 0;
    rest := 0;
    below := high;
    IF oldest IS NULL OR low >= high THEN
        RETURN NEXT;
        RETURN;
    END IF;
    IF skip = 0 THEN
        SELECT coalesce(sum(with_status(wanted_status, u.requests, u.pending, u.processing, u.completed, u.failed,
                                        u.cancelled)), 0) INTO total
        FROM usage_of(wanted_provider, coalesce(wanted_model, ''), ARRAY[low], high) AS u;
        RETURN NEXT;
        RETURN;
    END IF;
    SELECT array_agg(greatest(day, low) ORDER BY day) INTO starts
    FROM generate_series(day_of(low), high - interval '1 microsecond', interval '1 day') AS day;
    FOR found IN
        SELECT u.part, with_status(wanted_status, u.requests, u.pending, u.processing, u.completed, u.failed,
                                   u.cancelled) AS count
        FROM usage_of(wanted_provider, coalesce(wanted_model, ''), starts, high) AS u
        ORDER BY u.part DESC
    LOOP
        -- The page begins in the last part that is reached before it.
        IF total <= skip THEN
            below := coalesce(starts[found.part + 1], high);
            rest := skip - total;
            newest := starts[found.part];
        END IF;
        total := total + found.count;
    END LOOP;
    IF skip >= total THEN
        below := low;
        rest := 0;
    END IF;
    IF rest = 0 THEN
        RETURN NEXT;
        RETURN;
    END IF;
    high := below;
    low := newest;
    SELECT array_agg(greatest(quarter, low) ORDER BY quarter) INTO starts
    FROM generate_series(quarter_of(low), high - interval '1 microsecond', interval '15 minutes') AS quarter;
    FOR found IN
        SELECT u.part, with_status(wanted_status, u.requests, u.pending, u.processing, u.completed, u.failed,
                                   u.cancelled) AS count
        FROM usage_of(wanted_provider, coalesce(wanted_model, ''), starts, high) AS u
        ORDER BY u.part DESC
    LOOP
        below := coalesce(starts[found.part + 1], high);
        EXIT WHEN rest < found.count;
        rest := rest - found.count;
    END LOOP;
    RETURN NEXT;
END
$$;

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

CREATE FUNCTION public.request_rows(wanted_provider uuid, wanted_model text, wanted_status text, wanted_user text, low timestamp with time zone, high timestamp with time zone, before uuid, skip bigint, most integer) RETURNS SETOF public.requests
    LANGUAGE plpgsql STABLE ROWS 50
    SET enable_sort TO 'off'
    SET enable_incremental_sort TO 'off'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
DECLARE
    first_id uuid;
    end_id uuid;
BEGIN
    SELECT i.first_id, least(i.end_id, before) INTO first_id, end_id FROM request_ids(low, high) AS i;
    IF wanted_user IS NOT NULL THEN
        RETURN QUERY
        SELECT r.*
        FROM requests r
        WHERE (r.provider_id, r.user_id, r.id) >= (wanted_provider, wanted_user, first_id)
          AND (r.provider_id, r.user_id, r.id) < (wanted_provider, wanted_user, end_id)
          AND r.id >= first_id AND r.id < end_id AND r.user_id IS NOT NULL
          AND (wanted_model IS NULL OR r.model = wanted_model)
          AND (wanted_status IS NULL OR r.status = wanted_status)
          AND (low IS NULL OR r.created_at >= low) AND (high IS NULL OR r.created_at < high)
        ORDER BY r.provider_id DESC, r.user_id DESC, r.id DESC
        OFFSET skip
        LIMIT most;
    ELSIF wanted_status <> 'completed' THEN
        RETURN QUERY
        SELECT r.*
        FROM requests r
        WHERE (r.provider_id, r.status, r.id) >= (wanted_provider, wanted_status, first_id)
          AND (r.provider_id, r.status, r.id) < (wanted_provider, wanted_status, end_id)
          AND r.id >= first_id AND r.id < end_id AND r.status <> 'completed'
          AND (wanted_model IS NULL OR r.model = wanted_model)
          AND (low IS NULL OR r.created_at >= low) AND (high IS NULL OR r.created_at < high)
        ORDER BY r.provider_id DESC, r.status DESC, r.id DESC
        OFFSET skip
        LIMIT most;
    ELSIF wanted_model IS NOT NULL THEN
        RETURN QUERY
        SELECT r.*
        FROM requests r
        WHERE (r.provider_id, r.model, r.id) >= (wanted_provider, wanted_model, first_id)
          AND (r.provider_id, r.model, r.id) < (wanted_provider, wanted_model, end_id)
          AND r.id >= first_id AND r.id < end_id
          AND (wanted_status IS NULL OR r.status = wanted_status)
          AND (low IS NULL OR r.created_at >= low) AND (high IS NULL OR r.created_at < high)
        ORDER BY r.provider_id DESC, r.model DESC, r.id DESC
        OFFSET skip
        LIMIT most;
    ELSE
        RETURN QUERY
        SELECT r.*
        FROM requests r
        WHERE (r.provider_id, r.id) >= (wanted_provider, first_id)
          AND (r.provider_id, r.id) < (wanted_provider, end_id)
          AND r.id >= first_id AND r.id < end_id
          AND (wanted_model IS NULL OR r.model = wanted_model)
          AND (wanted_status IS NULL OR r.status = wanted_status)
          AND (low IS NULL OR r.created_at >= low) AND (high IS NULL OR r.created_at < high)
        ORDER BY r.provider_id DESC, r.id DESC
        OFFSET skip
        LIMIT most;
    END IF;
END
$$;

CREATE FUNCTION public.requests_inserted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
DECLARE
    counted bigint;
BEGIN
    INSERT INTO usage_tail (
        request_id, provider_id, external_id, owner, model, currency, created_at, requests, pending, processing,
        completed, failed, cancelled, unpriced, response_ms, responses, prompt_tokens, completion_tokens, cost)
    SELECT n.id, n.provider_id, n.external_id, n.owner, n.model, coalesce(n.currency, p.currency), n.created_at,
           1,
           (n.status = 'pending')::integer, (n.status = 'processing')::integer, (n.status = 'completed')::integer,
           (n.status = 'failed')::integer, (n.status = 'cancelled')::integer,
           (n.status = 'completed' AND n.cost IS NULL)::integer,
           coalesce(n.response_ms, 0), (n.response_ms IS NOT NULL)::integer,
           n.prompt_tokens, n.completion_tokens, coalesce(n.cost, 0)
    FROM inserted n
    JOIN providers p ON p.id = n.provider_id;
    GET DIAGNOSTICS counted = ROW_COUNT;
    IF counted <> (SELECT count(*) FROM inserted) THEN
        RAISE foreign_key_violation USING MESSAGE = 'a request has no provider', TABLE = 'requests';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION public.requests_updated() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    INSERT INTO usage_tail (
        request_id, provider_id, external_id, owner, model, currency, created_at, requests, pending, processing,
        completed, failed, cancelled, unpriced, response_ms, responses, prompt_tokens, completion_tokens, cost)
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

CREATE FUNCTION public.usage_of(wanted_provider uuid, wanted_model text, starts timestamp with time zone[], ending timestamp with time zone) RETURNS TABLE(part integer, model text, requests bigint, pending bigint, processing bigint, completed bigint, failed bigint, cancelled bigint, response_ms bigint, responses bigint, cost numeric)
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
#variable_conflict use_column
DECLARE
    -- The whole quarters of the period.
    quarters timestamptz := quarter_of(starts[1] + interval '15 minutes' - interval '1 microsecond');
    quarters_end timestamptz := greatest(quarter_of(ending), quarters);
    own text := (SELECT p.currency FROM providers p WHERE p.id = wanted_provider);
BEGIN
    RETURN QUERY
    -- A row, for arrays in variables would be copied for each row that they are compared with.
    WITH bounds AS MATERIALIZED (
        SELECT starts AS parts, array_agg(e.edge ORDER BY e.edge) AS edges,
               array_agg(day_of(e.edge + interval '12 hours') ORDER BY e.edge) AS midnights
        FROM (
            SELECT least(greatest(quarter_of(s.moment), quarters), quarters_end)
            FROM unnest(starts || ending) AS s (moment)
        ) AS e (edge)
    ), spans AS MATERIALIZED (
        SELECT 'day' AS grain, b.midnights[1] AS low, b.midnights[cardinality(b.midnights)] AS high,
               NULL::integer AS part, NULL::integer AS other
        FROM bounds b
        UNION ALL
        -- Between two neighbours among edges and midnights everything lies in one part, and was taken for one.
        SELECT 'quarter', m.low, m.high, m.part, m.other
        FROM (
            SELECT p.moment AS low, lead(p.moment) OVER (ORDER BY p.moment) AS high,
                   width_bucket(p.moment, b.edges) AS part, width_bucket(p.moment, b.midnights) AS other
            FROM bounds b
            CROSS JOIN LATERAL (SELECT DISTINCT unnest(b.edges || b.midnights)) AS p (moment)
        ) AS m
        WHERE m.part <> m.other
    ), rolled AS (
        SELECT c.other, u.*
        FROM spans c
        CROSS JOIN bounds b
        CROSS JOIN LATERAL (
            SELECT coalesce(c.part, width_bucket(u.bucket, b.midnights)) AS part, wanted_model AS model,
                   sum(u.requests) AS requests, sum(u.pending) AS pending, sum(u.processing) AS processing,
                   sum(u.completed) AS completed, sum(u.failed) AS failed, sum(u.cancelled) AS cancelled,
                   sum(u.response_ms) AS response_ms, sum(u.responses) AS responses,
                   sum(u.cost) FILTER (WHERE u.currency = own) AS cost
            FROM usage_rollups u
            WHERE u.provider_id = wanted_provider AND u.grain = c.grain AND u.model = wanted_model
              AND u.bucket >= c.low AND u.bucket < c.high
            GROUP BY 1
        ) AS u
        WHERE wanted_model IS NOT NULL
        UNION ALL
        SELECT c.other, u.*
        FROM spans c
        CROSS JOIN bounds b
        CROSS JOIN LATERAL (
            SELECT coalesce(c.part, width_bucket(u.bucket, b.midnights)), u.model, sum(u.requests), sum(u.pending),
                   sum(u.processing), sum(u.completed), sum(u.failed), sum(u.cancelled), sum(u.response_ms),
                   sum(u.responses), sum(u.cost) FILTER (WHERE u.currency = own)
            FROM usage_rollups u
            WHERE u.provider_id = wanted_provider AND u.grain = c.grain AND u.model <> ''
              AND u.bucket >= c.low AND u.bucket < c.high
            GROUP BY 1, 2
        ) AS u
        WHERE wanted_model IS NULL
    ), counted AS (
        SELECT s.part, r.model, s.sign * r.requests AS requests, s.sign * r.pending AS pending,
               s.sign * r.processing AS processing, s.sign * r.completed AS completed, s.sign * r.failed AS failed,
               s.sign * r.cancelled AS cancelled, s.sign * r.response_ms AS response_ms,
               s.sign * r.responses AS responses, s.sign * r.cost AS cost
        FROM rolled r
        CROSS JOIN LATERAL (VALUES (1, r.part), (-1, r.other)) AS s (sign, part)
        WHERE s.part BETWEEN 1 AND cardinality(starts)
        UNION ALL
        SELECT r.*
        FROM (VALUES
            (starts[1], least(quarters, ending)), (greatest(quarters_end, quarters), ending)
        ) AS c (low, high)
        CROSS JOIN bounds b
        CROSS JOIN LATERAL (
            SELECT width_bucket(r.created_at, b.parts), coalesce(wanted_model, r.model), count(*),
                   count(*) FILTER (WHERE r.status = 'pending'), count(*) FILTER (WHERE r.status = 'processing'),
                   count(*) FILTER (WHERE r.status = 'completed'), count(*) FILTER (WHERE r.status = 'failed'),
                   count(*) FILTER (WHERE r.status = 'cancelled'), sum(r.response_ms), count(r.response_ms),
                   sum(r.cost) FILTER (WHERE r.currency = own)
            FROM request_rows(
                wanted_provider, nullif(wanted_model, ''), NULL, NULL, c.low, c.high, NULL, 0, NULL) AS r
            GROUP BY 1, 2
        ) AS r
        WHERE c.low < c.high
        UNION ALL
        SELECT width_bucket(t.created_at, b.parts), coalesce(wanted_model, t.model), t.requests, t.pending,
               t.processing, t.completed, t.failed, t.cancelled, t.response_ms, t.responses,
               CASE WHEN t.currency = own THEN t.cost ELSE 0 END
        FROM bounds b
        CROSS JOIN usage_tail t
        WHERE t.provider_id = wanted_provider AND t.created_at >= quarters AND t.created_at < quarters_end
          AND (t.model = wanted_model OR wanted_model = '' OR wanted_model IS NULL)
    )
    SELECT c.part, c.model, sum(c.requests)::bigint, sum(c.pending)::bigint, sum(c.processing)::bigint,
           sum(c.completed)::bigint, sum(c.failed)::bigint, sum(c.cancelled)::bigint,
           coalesce(sum(c.response_ms), 0)::bigint, sum(c.responses)::bigint, coalesce(sum(c.cost), 0)
    FROM counted c
    GROUP BY c.part, c.model
    HAVING sum(c.requests) <> 0;
END
$$;

CREATE FUNCTION public.usage_rolled_up() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
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

CREATE FUNCTION public.uuid_floor(moment timestamp with time zone) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT (lpad(to_hex(floor(extract(epoch FROM moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

CREATE FUNCTION public.uuid_time(id uuid) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT to_timestamp(('x0000' || translate(left(id::text, 13), '-', ''))::bit(64)::bigint / 1000.0)
$$;

CREATE FUNCTION public.with_status(wanted_status text, requests bigint, pending bigint, processing bigint, completed bigint, failed bigint, cancelled bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    SELECT CASE wanted_status
        WHEN 'pending' THEN pending
        WHEN 'processing' THEN processing
        WHEN 'completed' THEN completed
        WHEN 'failed' THEN failed
        WHEN 'cancelled' THEN cancelled
        ELSE requests
    END
$$;

CREATE FUNCTION public.zone_day(day date, zone text) RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    SELECT CASE
        WHEN (((day::timestamp AT TIME ZONE zone) - interval '1 hour') AT TIME ZONE zone)::date >= day
            THEN (day::timestamp AT TIME ZONE zone) - interval '1 hour'
        WHEN (((day::timestamp AT TIME ZONE zone) - interval '30 minutes') AT TIME ZONE zone)::date >= day
            THEN (day::timestamp AT TIME ZONE zone) - interval '30 minutes'
        ELSE day::timestamp AT TIME ZONE zone
    END
$$;

CREATE FUNCTION reports.beginning(day date, zone text) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    RETURN public.zone_day(day, zone);

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
    capabilities text[] DEFAULT '{}'::text[] NOT NULL,
    ui_preferences json DEFAULT '{}'::json NOT NULL,
    models_listed_at timestamp with time zone,
    CONSTRAINT providers_auth_type_known CHECK ((auth_type = ANY (ARRAY['bearer'::text, 'api_key'::text, 'oauth'::text, 'basic'::text, 'sigv4'::text]))),
    CONSTRAINT providers_capabilities_few CHECK ((cardinality(capabilities) <= 20)),
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
    CONSTRAINT providers_timeout_in_range CHECK (((timeout_ms >= 100) AND (timeout_ms <= 600000))),
    CONSTRAINT providers_ui_preferences_size CHECK ((octet_length((ui_preferences)::text) <= 8192))
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

CREATE VIEW reports.posted_days AS
 SELECT p.slug AS provider,
    u.model,
    u.bucket AS day,
    u.currency,
    u.requests,
    u.pending,
    u.processing,
    u.completed,
    u.failed,
    u.cancelled,
    u.unpriced,
    u.response_ms,
    u.responses,
    u.prompt_tokens,
    u.completion_tokens,
    u.cost
   FROM (public.providers p
     JOIN public.usage_rollups u ON ((u.provider_id = p.id)))
  WHERE (u.grain = 'day'::text);

CREATE VIEW reports.posted_quarters AS
 SELECT p.slug AS provider,
    u.model,
    u.bucket AS quarter,
    u.currency,
    u.requests,
    u.pending,
    u.processing,
    u.completed,
    u.failed,
    u.cancelled,
    u.unpriced,
    u.response_ms,
    u.responses,
    u.prompt_tokens,
    u.completion_tokens,
    u.cost
   FROM (public.providers p
     JOIN public.usage_rollups u ON ((u.provider_id = p.id)))
  WHERE (u.grain = 'quarter'::text);

CREATE VIEW reports.unposted_usage AS
 SELECT p.slug AS provider,
    t.model,
    COALESCE(t.owner, ''::text) AS owner,
    t.created_at,
    t.currency,
    t.requests,
    t.pending,
    t.processing,
    t.completed,
    t.failed,
    t.cancelled,
    t.unpriced,
    t.response_ms,
    t.responses,
    t.prompt_tokens,
    t.completion_tokens,
    t.cost
   FROM (public.usage_tail t
     JOIN public.providers p ON ((p.id = t.provider_id)));

CREATE FUNCTION reports.usage_between(first_day date, last_day date, zone text, by_model boolean) RETURNS TABLE(provider text, model text, currency text, requests bigint, pending bigint, processing bigint, completed bigint, failed bigint, cancelled bigint, unpriced bigint, response_ms bigint, responses bigint, prompt_tokens bigint, completion_tokens bigint, cost numeric)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT d.provider,
     d.model,
     d.currency,
     d.requests,
     d.pending,
     d.processing,
     d.completed,
     d.failed,
     d.cancelled,
     d.unpriced,
     d.response_ms,
     d.responses,
     d.prompt_tokens,
     d.completion_tokens,
     d.cost
    FROM reports.posted_days d
   WHERE ((d.day >= reports.beginning(usage_between.first_day, usage_between.zone)) AND ((d.day + '24:00:00'::interval) <= reports.beginning((usage_between.last_day + 1), usage_between.zone)) AND (d.day < reports.beginning((usage_between.last_day + 1), usage_between.zone)) AND ((d.model <> ''::text) = usage_between.by_model))
 UNION ALL
  SELECT q.provider,
     q.model,
     q.currency,
     q.requests,
     q.pending,
     q.processing,
     q.completed,
     q.failed,
     q.cancelled,
     q.unpriced,
     q.response_ms,
     q.responses,
     q.prompt_tokens,
     q.completion_tokens,
     q.cost
    FROM reports.posted_quarters q
   WHERE ((q.quarter >= reports.beginning(usage_between.first_day, usage_between.zone)) AND (q.quarter < LEAST(reports.beginning((usage_between.last_day + 1), usage_between.zone), public.day_of(((reports.beginning(usage_between.first_day, usage_between.zone) + '24:00:00'::interval) - '00:00:00.000001'::interval)))) AND ((q.model <> ''::text) = usage_between.by_model))
 UNION ALL
  SELECT q.provider,
     q.model,
     q.currency,
     q.requests,
     q.pending,
     q.processing,
     q.completed,
     q.failed,
     q.cancelled,
     q.unpriced,
     q.response_ms,
     q.responses,
     q.prompt_tokens,
     q.completion_tokens,
     q.cost
    FROM reports.posted_quarters q
   WHERE ((q.quarter >= GREATEST(public.day_of(reports.beginning((usage_between.last_day + 1), usage_between.zone)), public.day_of(((reports.beginning(usage_between.first_day, usage_between.zone) + '24:00:00'::interval) - '00:00:00.000001'::interval)))) AND (q.quarter < reports.beginning((usage_between.last_day + 1), usage_between.zone)) AND ((q.model <> ''::text) = usage_between.by_model))
 UNION ALL
  SELECT t.provider,
         CASE
             WHEN usage_between.by_model THEN t.model
             ELSE ''::text
         END AS "case",
     t.currency,
     t.requests,
     t.pending,
     t.processing,
     t.completed,
     t.failed,
     t.cancelled,
     t.unpriced,
     t.response_ms,
     t.responses,
     t.prompt_tokens,
     t.completion_tokens,
     t.cost
    FROM reports.unposted_usage t
   WHERE ((t.created_at >= reports.beginning(usage_between.first_day, usage_between.zone)) AND (t.created_at < reports.beginning((usage_between.last_day + 1), usage_between.zone)));
END;

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

CREATE VIEW reports.checks AS
 SELECT p.slug AS provider,
    c.checked_at,
    c.status,
    c.response_ms,
    c.error_kind,
    c.reason,
    c.held_status,
    c.held_ms
   FROM (public.providers p
     JOIN public.health_checks c ON ((c.provider_id = p.id)));

CREATE VIEW reports.providers AS
 SELECT providers.slug AS provider,
    providers.display_name,
    providers.kind,
    providers.enabled,
    providers.currency,
    providers.low_balance_threshold
   FROM public.providers;

CREATE FUNCTION reports.reliability(first_day date, last_day date, zone text DEFAULT 'UTC'::text) RETURNS TABLE(provider text, checks bigint, healthy bigint, degraded bigint, down bigint, known_hours numeric, uptime_percent numeric, check_average_ms bigint, check_p95_ms bigint, requests bigint, failed bigint, error_percent numeric, request_average_ms bigint)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT p.provider,
     COALESCE(h.checks, (0)::bigint) AS "coalesce",
     COALESCE(h.healthy, (0)::bigint) AS "coalesce",
     COALESCE(h.degraded, (0)::bigint) AS "coalesce",
     COALESCE(h.down, (0)::bigint) AS "coalesce",
     round((COALESCE(h.known_ms, (0)::numeric) / 3600000.0), 2) AS round,
     round(((100.0 * h.up_ms) / NULLIF(h.known_ms, (0)::numeric)), 4) AS round,
     h.average_ms,
     h.p95_ms,
     COALESCE(u.requests, (0)::bigint) AS "coalesce",
     COALESCE(u.failed, (0)::bigint) AS "coalesce",
     round(((100.0 * (u.failed)::numeric) / NULLIF((u.completed + (u.failed)::numeric), (0)::numeric)), 4) AS round,
     u.average_ms
    FROM ((reports.providers p
      LEFT JOIN ( SELECT c.provider,
             count(*) AS checks,
             count(*) FILTER (WHERE (c.status = 'healthy'::text)) AS healthy,
             count(*) FILTER (WHERE (c.status = 'degraded'::text)) AS degraded,
             count(*) FILTER (WHERE (c.status = 'down'::text)) AS down,
             sum(c.held_ms) AS known_ms,
             COALESCE(sum(c.held_ms) FILTER (WHERE (c.held_status <> 'down'::text)), (0)::numeric) AS up_ms,
             (round(avg(c.response_ms)))::bigint AS average_ms,
             (percentile_disc((0.95)::double precision) WITHIN GROUP (ORDER BY c.response_ms))::bigint AS p95_ms
            FROM reports.checks c
           WHERE ((c.checked_at >= reports.beginning(reliability.first_day, reliability.zone)) AND (c.checked_at < reports.beginning((reliability.last_day + 1), reliability.zone)))
           GROUP BY c.provider) h ON ((h.provider = p.provider)))
      LEFT JOIN ( SELECT b.provider,
             (sum(b.requests))::bigint AS requests,
             sum(b.completed) AS completed,
             (sum(b.failed))::bigint AS failed,
             (round((sum(b.response_ms) / NULLIF(sum(b.responses), (0)::numeric))))::bigint AS average_ms
            FROM reports.usage_between(reliability.first_day, reliability.last_day, reliability.zone, false) b(provider, model, currency, requests, pending, processing, completed, failed, cancelled, unpriced, response_ms, responses, prompt_tokens, completion_tokens, cost)
           GROUP BY b.provider) u ON ((u.provider = p.provider)))
   ORDER BY p.provider;
END;

CREATE FUNCTION reports.spend_by_day(first_day date, last_day date, zone text DEFAULT 'UTC'::text) RETURNS TABLE(day date, provider text, currency text, requests bigint, completed bigint, failed bigint, cancelled bigint, under_way bigint, unpriced bigint, prompt_tokens bigint, completion_tokens bigint, average_ms bigint, cost numeric)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT ((u.quarter AT TIME ZONE spend_by_day.zone))::date AS timezone,
     u.provider,
     u.currency,
     (sum(u.requests))::bigint AS sum,
     (sum(u.completed))::bigint AS sum,
     (sum(u.failed))::bigint AS sum,
     (sum(u.cancelled))::bigint AS sum,
     (sum((u.pending + u.processing)))::bigint AS sum,
     (sum(u.unpriced))::bigint AS sum,
     (sum(u.prompt_tokens))::bigint AS sum,
     (sum(u.completion_tokens))::bigint AS sum,
     (round((sum(u.response_ms) / NULLIF(sum(u.responses), (0)::numeric))))::bigint AS round,
     sum(u.cost) AS sum
    FROM ( SELECT q.quarter,
             q.provider,
             q.currency,
             q.requests,
             q.completed,
             q.failed,
             q.cancelled,
             q.pending,
             q.processing,
             q.unpriced,
             q.prompt_tokens,
             q.completion_tokens,
             q.response_ms,
             q.responses,
             q.cost
            FROM reports.posted_quarters q
           WHERE ((q.model = ''::text) AND (q.quarter >= reports.beginning(spend_by_day.first_day, spend_by_day.zone)) AND (q.quarter < reports.beginning((spend_by_day.last_day + 1), spend_by_day.zone)))
         UNION ALL
          SELECT t.created_at,
             t.provider,
             t.currency,
             t.requests,
             t.completed,
             t.failed,
             t.cancelled,
             t.pending,
             t.processing,
             t.unpriced,
             t.prompt_tokens,
             t.completion_tokens,
             t.response_ms,
             t.responses,
             t.cost
            FROM reports.unposted_usage t
           WHERE ((t.created_at >= reports.beginning(spend_by_day.first_day, spend_by_day.zone)) AND (t.created_at < reports.beginning((spend_by_day.last_day + 1), spend_by_day.zone)))) u
   GROUP BY (((u.quarter AT TIME ZONE spend_by_day.zone))::date), u.provider, u.currency
   ORDER BY (((u.quarter AT TIME ZONE spend_by_day.zone))::date), u.provider, u.currency;
END;

CREATE FUNCTION reports.spend_by_model(first_day date, last_day date, zone text DEFAULT 'UTC'::text) RETURNS TABLE(provider text, model text, currency text, requests bigint, completed bigint, failed bigint, cancelled bigint, under_way bigint, unpriced bigint, prompt_tokens bigint, completion_tokens bigint, average_ms bigint, cost numeric)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT u.provider,
     u.model,
     u.currency,
     (sum(u.requests))::bigint AS sum,
     (sum(u.completed))::bigint AS sum,
     (sum(u.failed))::bigint AS sum,
     (sum(u.cancelled))::bigint AS sum,
     (sum((u.pending + u.processing)))::bigint AS sum,
     (sum(u.unpriced))::bigint AS sum,
     (sum(u.prompt_tokens))::bigint AS sum,
     (sum(u.completion_tokens))::bigint AS sum,
     (round((sum(u.response_ms) / NULLIF(sum(u.responses), (0)::numeric))))::bigint AS round,
     sum(u.cost) AS sum
    FROM reports.usage_between(spend_by_model.first_day, spend_by_model.last_day, spend_by_model.zone, true) u(provider, model, currency, requests, pending, processing, completed, failed, cancelled, unpriced, response_ms, responses, prompt_tokens, completion_tokens, cost)
   GROUP BY u.provider, u.model, u.currency
   ORDER BY (sum(u.cost)) DESC, u.provider, u.model, u.currency;
END;

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

CREATE VIEW reports.usage_by_owner AS
 SELECT u.owner,
    p.slug AS provider,
    u.bucket AS quarter,
    u.currency,
    u.requests,
    u.completed,
    u.failed,
    u.cost
   FROM (public.usage_by_owner u
     JOIN public.providers p ON ((p.id = u.provider_id)))
UNION ALL
 SELECT unposted_usage.owner,
    unposted_usage.provider,
    public.quarter_of(unposted_usage.created_at) AS quarter,
    unposted_usage.currency,
    unposted_usage.requests,
    unposted_usage.completed,
    unposted_usage.failed,
    unposted_usage.cost
   FROM reports.unposted_usage;

CREATE FUNCTION reports.spend_by_owner(first_day date, last_day date, zone text DEFAULT 'UTC'::text) RETURNS TABLE(owner text, provider text, currency text, requests bigint, completed bigint, failed bigint, cost numeric)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT u.owner,
     u.provider,
     u.currency,
     (sum(u.requests))::bigint AS sum,
     (sum(u.completed))::bigint AS sum,
     (sum(u.failed))::bigint AS sum,
     sum(u.cost) AS sum
    FROM reports.usage_by_owner u
   WHERE ((u.quarter >= ( SELECT reports.beginning(spend_by_owner.first_day, spend_by_owner.zone) AS beginning)) AND (u.quarter < ( SELECT reports.beginning((spend_by_owner.last_day + 1), spend_by_owner.zone) AS beginning)))
   GROUP BY u.owner, u.provider, u.currency
   ORDER BY (sum(u.cost)) DESC, u.owner, u.provider, u.currency;
END;

CREATE FUNCTION reports.spend_by_provider(first_day date, last_day date, zone text DEFAULT 'UTC'::text) RETURNS TABLE(provider text, currency text, requests bigint, completed bigint, failed bigint, cancelled bigint, under_way bigint, unpriced bigint, prompt_tokens bigint, completion_tokens bigint, average_ms bigint, cost numeric)
    LANGUAGE sql STABLE
    BEGIN ATOMIC
 SELECT u.provider,
     u.currency,
     (sum(u.requests))::bigint AS sum,
     (sum(u.completed))::bigint AS sum,
     (sum(u.failed))::bigint AS sum,
     (sum(u.cancelled))::bigint AS sum,
     (sum((u.pending + u.processing)))::bigint AS sum,
     (sum(u.unpriced))::bigint AS sum,
     (sum(u.prompt_tokens))::bigint AS sum,
     (sum(u.completion_tokens))::bigint AS sum,
     (round((sum(u.response_ms) / NULLIF(sum(u.responses), (0)::numeric))))::bigint AS round,
     sum(u.cost) AS sum
    FROM reports.usage_between(spend_by_provider.first_day, spend_by_provider.last_day, spend_by_provider.zone, false) u(provider, model, currency, requests, pending, processing, completed, failed, cancelled, unpriced, response_ms, responses, prompt_tokens, completion_tokens, cost)
   GROUP BY u.provider, u.currency
   ORDER BY (sum(u.cost)) DESC, u.provider, u.currency;
END;

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
    metadata json,
    name text,
    ui_metadata json,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT credentials_environment_form CHECK ((environment ~ '^[A-Za-z0-9_-]{1,50}$'::text)),
    CONSTRAINT credentials_metadata_form CHECK ((json_typeof(metadata) = 'object'::text)),
    CONSTRAINT credentials_metadata_size CHECK (((octet_length((metadata)::text) <= 8192) AND (octet_length((ui_metadata)::text) <= 8192))),
    CONSTRAINT credentials_name_length CHECK (((length(name) >= 1) AND (length(name) <= 100))),
    CONSTRAINT credentials_owner_form CHECK ((owner ~ '^(user|tenant):.{1,255}$'::text)),
    CONSTRAINT credentials_sealed_size CHECK (((octet_length(sealed) >= 30) AND (octet_length(sealed) <= 65536))),
    CONSTRAINT credentials_state_known CHECK ((state = ANY (ARRAY['untested'::text, 'valid'::text, 'invalid'::text]))),
    CONSTRAINT credentials_type_known CHECK ((type = ANY (ARRAY['api_key'::text, 'base_url'::text, 'config'::text])))
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

ALTER TABLE public.health_checks ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.health_checks_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.health_run_items (
    run_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    state text DEFAULT 'pending'::text NOT NULL,
    locked_until timestamp with time zone,
    locked_by text,
    status text,
    response_ms integer,
    error_kind text,
    error_message text,
    checked_at timestamp with time zone,
    CONSTRAINT health_run_items_state_known CHECK ((state = ANY (ARRAY['pending'::text, 'running'::text, 'done'::text, 'cancelled'::text]))),
    CONSTRAINT health_run_items_status_known CHECK ((status = ANY (ARRAY['healthy'::text, 'degraded'::text, 'down'::text])))
);

CREATE TABLE public.health_runs (
    id uuid NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    providers text NOT NULL,
    total integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    created_by text NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT health_runs_finished_has_time CHECK (((status = ANY (ARRAY['completed'::text, 'cancelled'::text])) = (finished_at IS NOT NULL))),
    CONSTRAINT health_runs_status_known CHECK ((status = ANY (ARRAY['pending'::text, 'running'::text, 'completed'::text, 'cancelled'::text]))),
    CONSTRAINT health_runs_total_positive CHECK ((total > 0))
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
    listed_at timestamp with time zone,
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

CREATE TABLE public.provider_usage (
    provider_id uuid NOT NULL,
    requests bigint NOT NULL
);

CREATE TABLE public.request_keys (
    provider_id uuid NOT NULL,
    external_id text NOT NULL,
    request_id uuid NOT NULL,
    fingerprint bytea NOT NULL
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

ALTER TABLE public.usage_tail ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.usage_tail_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE VIEW reports.balances AS
 SELECT p.slug AS provider,
    a.currency,
    a.balance,
    COALESCE(tail.cost, (0)::numeric) AS unposted_cost,
        CASE
            WHEN (a.currency = p.currency) THEN p.low_balance_threshold
            ELSE NULL::numeric
        END AS low_balance_threshold,
    ((a.currency = p.currency) AND (a.balance < p.low_balance_threshold)) AS is_low,
    round((pace.cost / pace.days), 10) AS cost_per_day,
    lasts.days AS days_left,
        CASE
            WHEN (lasts.days < (36500)::numeric) THEN (((now() AT TIME ZONE 'UTC'::text))::date + (lasts.days)::integer)
            ELSE NULL::date
        END AS runs_out_on,
    said.balance AS provider_reported,
    said.checked_at AS reported_at,
    (a.balance - said.balance) AS drift,
    a.updated_at
   FROM (((((public.credit_accounts a
     JOIN public.providers p ON ((p.id = a.provider_id)))
     LEFT JOIN LATERAL ( SELECT sum(t.cost) AS cost
           FROM public.usage_tail t
          WHERE ((t.provider_id = a.provider_id) AND (t.currency = a.currency))) tail ON (true))
     CROSS JOIN LATERAL ( SELECT
                CASE
                    WHEN (sum(u.cost) > (0)::numeric) THEN sum(u.cost)
                    ELSE NULL::numeric
                END AS cost,
            (EXTRACT(day FROM (public.day_of(now()) - min(u.day) FILTER (WHERE (u.cost > (0)::numeric)))) + (1)::numeric) AS days
           FROM ( SELECT r.bucket AS day,
                    r.cost
                   FROM public.usage_rollups r
                  WHERE ((r.provider_id = p.id) AND (r.grain = 'day'::text) AND (r.model = ''::text) AND (r.currency = a.currency) AND (r.bucket >= (public.day_of(now()) - '696:00:00'::interval)))
                UNION ALL
                 SELECT public.day_of(t.created_at) AS day_of,
                    sum(t.cost) AS sum
                   FROM public.usage_tail t
                  WHERE ((t.provider_id = p.id) AND (t.currency = a.currency) AND (t.created_at >= (public.day_of(now()) - '696:00:00'::interval)))
                  GROUP BY (public.day_of(t.created_at))) u
          WHERE (u.day <= now())) pace)
     CROSS JOIN LATERAL ( SELECT
                CASE
                    WHEN (pace.cost > (0)::numeric) THEN GREATEST(div((a.balance * pace.days), pace.cost), (0)::numeric)
                    ELSE NULL::numeric
                END AS days) lasts)
     LEFT JOIN LATERAL ( SELECT b.balance,
            b.checked_at
           FROM public.provider_balances b
          WHERE ((b.provider_id = a.provider_id) AND (b.currency = a.currency))
          ORDER BY b.checked_at DESC
         LIMIT 1) said ON (true));

CREATE VIEW reports.key_ages AS
 SELECT p.slug AS provider,
    c.environment,
        CASE
            WHEN (c.owner IS NULL) THEN 'installation'::text
            ELSE c.owner
        END AS belongs_to,
    c.type,
    c.state,
    c.is_active,
    c.created_at,
    (floor((EXTRACT(epoch FROM (now() - c.created_at)) / (86400)::numeric)))::integer AS age_days,
    c.last_used_at,
    c.expires_at,
    (floor((EXTRACT(epoch FROM (c.expires_at - now())) / (86400)::numeric)))::integer AS expires_in_days
   FROM (public.credentials c
     JOIN public.providers p ON ((p.id = c.provider_id)));

CREATE VIEW reports.ledger_check AS
 SELECT p.slug AS provider,
    a.currency,
    f.seq,
    f.fault
   FROM ((public.credit_ledger_faults f
     JOIN public.credit_accounts a ON ((a.id = f.account_id)))
     JOIN public.providers p ON ((p.id = a.provider_id)));

CREATE VIEW reports.partitions AS
 SELECT (parent.relname)::text AS of_table,
    (part.relname)::text AS partition,
    "substring"((part.relname)::text, '[0-9]{4}_[0-9]{2}$'::text) AS month,
    (GREATEST(part.reltuples, (0)::real))::bigint AS estimated_rows,
    pg_table_size((part.oid)::regclass) AS table_bytes,
    pg_indexes_size((part.oid)::regclass) AS index_bytes,
    pg_total_relation_size((part.oid)::regclass) AS total_bytes
   FROM ((pg_inherits i
     JOIN pg_class parent ON ((parent.oid = i.inhparent)))
     JOIN pg_class part ON ((part.oid = i.inhrelid)))
  WHERE (parent.oid = ANY (ARRAY[('public.requests'::regclass)::oid, ('public.request_payloads'::regclass)::oid]));

CREATE VIEW reports.price_changes AS
 SELECT p.slug AS provider,
    m.name AS model,
    v.effective_from,
    v.currency,
    v.unit,
    lag(v.currency) OVER older AS old_currency,
    lag(v.input) OVER older AS old_input,
    v.input AS new_input,
    lag(v.output) OVER older AS old_output,
    v.output AS new_output,
    lag(v.per_generation) OVER older AS old_per_generation,
    v.per_generation AS new_per_generation,
    lag(v.credits_per_generation) OVER older AS old_credits,
    v.credits_per_generation AS new_credits,
    v.reason,
    COALESCE(v.created_by, 'catalogue'::text) AS changed_by,
    v.source,
    v.created_at
   FROM ((public.prices v
     JOIN public.models m ON ((m.id = v.model_id)))
     JOIN public.providers p ON ((p.id = m.provider_id)))
  WINDOW older AS (PARTITION BY v.model_id ORDER BY v.effective_from);

CREATE VIEW reports.unposted AS
 SELECT unposted_usage.provider,
    unposted_usage.currency,
    count(*) AS changes,
    min(unposted_usage.created_at) AS oldest,
    (EXTRACT(epoch FROM (now() - min(unposted_usage.created_at))))::integer AS oldest_seconds,
    sum(unposted_usage.requests) AS requests,
    sum(unposted_usage.cost) AS cost
   FROM reports.unposted_usage
  GROUP BY unposted_usage.provider, unposted_usage.currency;

CREATE VIEW reports.usage AS
 SELECT posted_quarters.provider,
    posted_quarters.model,
    posted_quarters.quarter,
    posted_quarters.currency,
    posted_quarters.requests,
    posted_quarters.pending,
    posted_quarters.processing,
    posted_quarters.completed,
    posted_quarters.failed,
    posted_quarters.cancelled,
    posted_quarters.unpriced,
    posted_quarters.response_ms,
    posted_quarters.responses,
    posted_quarters.prompt_tokens,
    posted_quarters.completion_tokens,
    posted_quarters.cost
   FROM reports.posted_quarters
  WHERE (posted_quarters.model <> ''::text)
UNION ALL
 SELECT unposted_usage.provider,
    unposted_usage.model,
    public.quarter_of(unposted_usage.created_at) AS quarter,
    unposted_usage.currency,
    unposted_usage.requests,
    unposted_usage.pending,
    unposted_usage.processing,
    unposted_usage.completed,
    unposted_usage.failed,
    unposted_usage.cancelled,
    unposted_usage.unpriced,
    unposted_usage.response_ms,
    unposted_usage.responses,
    unposted_usage.prompt_tokens,
    unposted_usage.completion_tokens,
    unposted_usage.cost
   FROM reports.unposted_usage;

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

ALTER TABLE ONLY public.health_run_items
    ADD CONSTRAINT health_run_items_pkey PRIMARY KEY (run_id, provider_id);

ALTER TABLE ONLY public.health_runs
    ADD CONSTRAINT health_runs_pkey PRIMARY KEY (id);

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

ALTER TABLE ONLY public.provider_usage
    ADD CONSTRAINT provider_usage_pkey PRIMARY KEY (provider_id);

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

CREATE INDEX alerts_settled ON public.alerts USING btree (provider_id, type, resolved_at) WHERE ((resolved_at IS NOT NULL) AND (type <> 'custom'::text));

CREATE INDEX alerts_silenced ON public.alerts USING btree (provider_id, type, subject) WHERE ((resolved_by IS NOT NULL) AND (cause_ended_at IS NULL) AND (type <> 'custom'::text));

CREATE INDEX audit_log_action ON public.audit_log USING btree (action, seq);

CREATE INDEX audit_log_actor ON public.audit_log USING btree (actor, seq);

CREATE INDEX audit_log_at ON public.audit_log USING btree (at, seq);

CREATE INDEX audit_log_provider ON public.audit_log USING btree (provider, seq);

CREATE INDEX audit_log_trouble ON public.audit_log USING btree (outcome, seq) WHERE (outcome <> 'success'::text);

CREATE INDEX connections_credential ON public.connections USING btree (credential_id);

CREATE INDEX credentials_installation ON public.credentials USING btree (provider_id) WHERE (owner IS NULL);

CREATE INDEX credentials_key ON public.credentials USING btree (key_id);

CREATE INDEX credentials_provider ON public.credentials USING btree (provider_id, owner, environment);

CREATE INDEX credit_transactions_others ON public.credit_transactions USING btree (account_id, type, seq) WHERE (type <> 'consumption'::text);

CREATE INDEX credit_transactions_request ON public.credit_transactions USING brin (request_id);

CREATE INDEX credit_transactions_time ON public.credit_transactions USING btree (account_id, created_at, seq);

CREATE INDEX health_checks_provider ON public.health_checks USING btree (provider_id, checked_at) INCLUDE (status, response_ms, held_status, held_ms);

CREATE INDEX health_run_items_open ON public.health_run_items USING btree (run_id) WHERE (state = ANY (ARRAY['pending'::text, 'running'::text]));

CREATE INDEX health_runs_finished ON public.health_runs USING btree (finished_at) WHERE (finished_at IS NOT NULL);

CREATE UNIQUE INDEX health_runs_one_under_way ON public.health_runs USING btree (md5(providers)) WHERE (status = ANY (ARRAY['pending'::text, 'running'::text]));

CREATE INDEX idempotency_keys_age ON public.idempotency_keys USING btree (created_at);

CREATE INDEX request_keys_request ON public.request_keys USING brin (request_id);

CREATE INDEX requests_connection ON ONLY public.requests USING btree (connection_id, id) WHERE (connection_id IS NOT NULL);

CREATE INDEX requests_model ON ONLY public.requests USING btree (provider_id, model, id);

CREATE INDEX requests_not_completed ON ONLY public.requests USING btree (provider_id, status, id) WHERE (status <> 'completed'::text);

CREATE INDEX requests_other_connection_id_id_idx ON public.requests_other USING btree (connection_id, id) WHERE (connection_id IS NOT NULL);

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

CREATE TRIGGER credit_accounts_deleted AFTER DELETE ON public.credit_accounts REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION public.credit_accounts_deleted();

CREATE TRIGGER credit_accounts_updated AFTER UPDATE ON public.credit_accounts REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION public.credit_accounts_updated();

CREATE TRIGGER credit_transactions_inserted AFTER INSERT ON public.credit_transactions REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION public.credit_transactions_inserted();

CREATE TRIGGER requests_inserted AFTER INSERT ON public.requests REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION public.requests_inserted();

CREATE TRIGGER requests_updated AFTER UPDATE ON public.requests REFERENCING OLD TABLE AS changed_from NEW TABLE AS changed_to FOR EACH STATEMENT EXECUTE FUNCTION public.requests_updated();

CREATE TRIGGER usage_rollups_inserted AFTER INSERT ON public.usage_rollups REFERENCING NEW TABLE AS changed_to FOR EACH STATEMENT EXECUTE FUNCTION public.usage_rolled_up();

CREATE TRIGGER usage_rollups_updated AFTER UPDATE ON public.usage_rollups REFERENCING OLD TABLE AS changed_from NEW TABLE AS changed_to FOR EACH STATEMENT EXECUTE FUNCTION public.usage_rolled_up();

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

ALTER TABLE ONLY public.health_checks
    ADD CONSTRAINT health_checks_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.providers(id);

ALTER TABLE ONLY public.health_run_items
    ADD CONSTRAINT health_run_items_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.providers(id);

ALTER TABLE ONLY public.health_run_items
    ADD CONSTRAINT health_run_items_run_id_fkey FOREIGN KEY (run_id) REFERENCES public.health_runs(id) ON DELETE CASCADE;

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

ALTER TABLE ONLY public.provider_usage
    ADD CONSTRAINT provider_usage_provider_id_fkey FOREIGN KEY (provider_id) REFERENCES public.providers(id);

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

GRANT USAGE ON SCHEMA reports TO providerd_reports;

GRANT SELECT,INSERT ON TABLE public.prices TO providerd_app;

REVOKE ALL ON FUNCTION public.create_late_request_partitions() FROM PUBLIC;
GRANT ALL ON FUNCTION public.create_late_request_partitions() TO providerd_app;

REVOKE ALL ON FUNCTION public.create_request_partitions(first timestamp with time zone, months integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.create_request_partitions(first timestamp with time zone, months integer) TO providerd_app;

REVOKE ALL ON FUNCTION public.drop_request_partitions(requests_before timestamp with time zone, payloads_before timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.drop_request_partitions(requests_before timestamp with time zone, payloads_before timestamp with time zone) TO providerd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.requests TO providerd_app;

REVOKE ALL ON FUNCTION reports.beginning(day date, zone text) FROM PUBLIC;
GRANT ALL ON FUNCTION reports.beginning(day date, zone text) TO providerd_reports;

GRANT SELECT,UPDATE ON TABLE public.providers TO providerd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.usage_rollups TO providerd_app;

GRANT SELECT,DELETE ON TABLE public.usage_tail TO providerd_app;

GRANT SELECT ON TABLE reports.posted_days TO providerd_reports;

GRANT SELECT ON TABLE reports.posted_quarters TO providerd_reports;

GRANT SELECT ON TABLE reports.unposted_usage TO providerd_reports;

REVOKE ALL ON FUNCTION reports.usage_between(first_day date, last_day date, zone text, by_model boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION reports.usage_between(first_day date, last_day date, zone text, by_model boolean) TO providerd_reports;

GRANT SELECT,INSERT,DELETE ON TABLE public.health_checks TO providerd_app;

GRANT SELECT ON TABLE reports.checks TO providerd_reports;

GRANT SELECT ON TABLE reports.providers TO providerd_reports;

REVOKE ALL ON FUNCTION reports.reliability(first_day date, last_day date, zone text) FROM PUBLIC;
GRANT ALL ON FUNCTION reports.reliability(first_day date, last_day date, zone text) TO providerd_reports;

REVOKE ALL ON FUNCTION reports.spend_by_day(first_day date, last_day date, zone text) FROM PUBLIC;
GRANT ALL ON FUNCTION reports.spend_by_day(first_day date, last_day date, zone text) TO providerd_reports;

REVOKE ALL ON FUNCTION reports.spend_by_model(first_day date, last_day date, zone text) FROM PUBLIC;
GRANT ALL ON FUNCTION reports.spend_by_model(first_day date, last_day date, zone text) TO providerd_reports;

GRANT SELECT,INSERT,UPDATE ON TABLE public.usage_by_owner TO providerd_app;

GRANT SELECT ON TABLE reports.usage_by_owner TO providerd_reports;

REVOKE ALL ON FUNCTION reports.spend_by_owner(first_day date, last_day date, zone text) FROM PUBLIC;
GRANT ALL ON FUNCTION reports.spend_by_owner(first_day date, last_day date, zone text) TO providerd_reports;

REVOKE ALL ON FUNCTION reports.spend_by_provider(first_day date, last_day date, zone text) FROM PUBLIC;
GRANT ALL ON FUNCTION reports.spend_by_provider(first_day date, last_day date, zone text) TO providerd_reports;

GRANT SELECT,INSERT,UPDATE ON TABLE public.alerts TO providerd_app;

GRANT SELECT,UPDATE ON TABLE public.audit_head TO providerd_app;

GRANT SELECT,INSERT ON TABLE public.audit_log TO providerd_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.connections TO providerd_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.credentials TO providerd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.credit_accounts TO providerd_app;

GRANT SELECT,INSERT ON TABLE public.credit_transactions TO providerd_app;

GRANT SELECT ON TABLE public.credit_ledger_faults TO providerd_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.health_run_items TO providerd_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.health_runs TO providerd_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.idempotency_keys TO providerd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.jobs TO providerd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.models TO providerd_app;

GRANT SELECT,INSERT ON TABLE public.price_resolutions TO providerd_app;

GRANT SELECT,INSERT ON TABLE public.price_tiers TO providerd_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.provider_balances TO providerd_app;

GRANT SELECT ON TABLE public.provider_usage TO providerd_app;

GRANT SELECT,INSERT,DELETE ON TABLE public.request_keys TO providerd_app;

GRANT SELECT,INSERT,UPDATE ON TABLE public.request_payloads TO providerd_app;

GRANT SELECT,INSERT ON TABLE public.routing_targets TO providerd_app;

GRANT SELECT,INSERT ON TABLE public.routing_versions TO providerd_app;

GRANT SELECT ON TABLE public.schema_migrations TO providerd_app;

GRANT SELECT ON TABLE public.sealing_keys TO providerd_app;

GRANT SELECT ON TABLE reports.balances TO providerd_reports;

GRANT SELECT ON TABLE reports.key_ages TO providerd_reports;

GRANT SELECT ON TABLE reports.ledger_check TO providerd_reports;

GRANT SELECT ON TABLE reports.partitions TO providerd_reports;

GRANT SELECT ON TABLE reports.price_changes TO providerd_reports;

GRANT SELECT ON TABLE reports.unposted TO providerd_reports;

GRANT SELECT ON TABLE reports.usage TO providerd_reports;


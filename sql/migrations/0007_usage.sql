-- Requests that others report, what was asked and answered, and the usage that all requests add up to.
--
-- Nobody updates a shared counter. Every row that is put into `requests`, and every change of one, leaves a row of
-- differences in `usage_tail`, in the same transaction, by a trigger, so that no path can forget it. One poster at
-- a time takes rows out of the tail and adds them to the rollups and the ledger. Usage is rollups plus tail: exact
-- at every moment, and as fast on a hundred million requests as on a thousand.

ALTER TABLE requests
    -- The caller's own ID of a request that was reported to us.
    ADD COLUMN external_id          text,
    -- The provider's ID of an asynchronous call, with which it can be cancelled.
    ADD COLUMN provider_request_id  text,
    -- How many units of the price were used, and of which resolution.
    ADD COLUMN quantity             numeric NOT NULL DEFAULT 1,
    ADD COLUMN resolution           text,
    ADD CONSTRAINT requests_external_id_length CHECK (length(external_id) BETWEEN 1 AND 200),
    ADD CONSTRAINT requests_provider_request_id_length CHECK (length(provider_request_id) BETWEEN 1 AND 500),
    ADD CONSTRAINT requests_quantity_positive CHECK (quantity > 0),
    ADD CONSTRAINT requests_response_not_negative CHECK (response_ms >= 0);

-- What is not completed is rare and asked for often.
CREATE INDEX requests_not_completed ON requests (provider_id, status, id) WHERE status <> 'completed';
CREATE INDEX requests_model ON requests (provider_id, model, id);
CREATE INDEX requests_user ON requests (provider_id, user_id, id) WHERE user_id IS NOT NULL;

-- Which row a caller's ID names. Apart from `requests`, whose partitions cannot keep it unique. Foreign keys are those
-- of the request, which is written in the same transaction.
CREATE TABLE request_keys (
    provider_id  uuid NOT NULL,
    external_id  text NOT NULL,
    request_id   uuid NOT NULL,
    -- SHA-256 of what was reported, so that the same report again is known from another one with the same ID.
    fingerprint  bytea NOT NULL,
    CONSTRAINT request_keys_pkey PRIMARY KEY (provider_id, external_id)
);
-- For retention: keys go with the month of their requests, and lie in the order of their time, or nearly.
CREATE INDEX request_keys_request ON request_keys USING brin (request_id);

-- What was asked and answered, with a retention of its own: prompts are personal data.
CREATE TABLE request_payloads (
    request_id  uuid NOT NULL,
    metadata    json,
    request     json,
    response    json,
    error       json,
    CONSTRAINT request_payloads_pkey PRIMARY KEY (request_id)
) PARTITION BY RANGE (request_id);
CREATE TABLE request_payloads_other PARTITION OF request_payloads DEFAULT;

-- Makes the partitions of both tables from the month of `first` for `months` months, where they are missing; how
-- many months were made. Rows of such a month that already lie in the default partition move into it. The application role
-- may not create tables; it may call this. The search path is fixed, as for every SECURITY DEFINER function.
CREATE OR REPLACE FUNCTION create_request_partitions(first timestamptz, months integer)
RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
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
SELECT create_request_partitions(now() - interval '3 months', 7);

-- Makes the months of the last year of which rows lie in the default partitions, so that the rows move there and go with
-- the month: reports that came after their month had been dropped, or before anybody had made it. How many months of
-- requests were made.
CREATE FUNCTION create_late_request_partitions()
RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
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
REVOKE ALL ON FUNCTION create_late_request_partitions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION create_late_request_partitions() TO providerd_app;

-- Drops whole months that ended before the given moments, requests and payloads each with their own; how many
-- partitions went. NULL keeps all. Usage, ledger and audit stay.
CREATE FUNCTION drop_request_partitions(requests_before timestamptz, payloads_before timestamptz)
RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
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
$$;
REVOKE ALL ON FUNCTION drop_request_partitions(timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION drop_request_partitions(timestamptz, timestamptz) TO providerd_app;

-- Differences that are not posted yet. Every column after `created_at` adds up.
CREATE TABLE usage_tail (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_id         uuid NOT NULL,
    provider_id        uuid NOT NULL,
    -- The caller's own ID, for the ledger entry.
    external_id        text,
    owner              text,
    model              text NOT NULL,
    currency           text NOT NULL,
    created_at         timestamptz NOT NULL,
    requests           integer NOT NULL,
    pending            integer NOT NULL,
    processing         integer NOT NULL,
    completed          integer NOT NULL,
    failed             integer NOT NULL,
    cancelled          integer NOT NULL,
    -- Completed without a known price.
    unpriced           integer NOT NULL,
    -- Sum and number of the response times that are known.
    response_ms        bigint NOT NULL,
    responses          integer NOT NULL,
    prompt_tokens      bigint NOT NULL,
    completion_tokens  bigint NOT NULL,
    cost               numeric NOT NULL
);
-- Rows live for a second or two: vacuum by their number, not by a share of a table that is nearly empty.
ALTER TABLE usage_tail SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000,
    autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0);

CREATE FUNCTION requests_inserted()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
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
CREATE TRIGGER requests_inserted
AFTER INSERT ON requests
REFERENCING NEW TABLE AS inserted
FOR EACH STATEMENT EXECUTE FUNCTION requests_inserted();

-- Takes back what the row counted as before and counts it as it is now. Provider, model, owner and time of a request
-- never change.
CREATE FUNCTION requests_updated()
RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
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
CREATE TRIGGER requests_updated
AFTER UPDATE ON requests
REFERENCING OLD TABLE AS changed_from NEW TABLE AS changed_to
FOR EACH STATEMENT EXECUTE FUNCTION requests_updated();

-- Posted usage by quarter of an hour, of which the days of every time zone are made, and by UTC day, which long
-- ranges are made of. The model '' stands for all models together.
CREATE TABLE usage_rollups (
    provider_id        uuid NOT NULL REFERENCES providers (id),
    grain              text NOT NULL,
    model              text NOT NULL,
    bucket             timestamptz NOT NULL,
    currency           text NOT NULL,
    requests           bigint NOT NULL,
    pending            bigint NOT NULL,
    processing         bigint NOT NULL,
    completed          bigint NOT NULL,
    failed             bigint NOT NULL,
    cancelled          bigint NOT NULL,
    unpriced           bigint NOT NULL,
    response_ms        bigint NOT NULL,
    responses          bigint NOT NULL,
    prompt_tokens      bigint NOT NULL,
    completion_tokens  bigint NOT NULL,
    cost               numeric NOT NULL,
    CONSTRAINT usage_rollups_pkey PRIMARY KEY (provider_id, grain, model, bucket, currency),
    CONSTRAINT usage_rollups_grain_known CHECK (grain IN ('quarter', 'day'))
);
-- For the models of a period.
CREATE INDEX usage_rollups_bucket ON usage_rollups (provider_id, grain, bucket, model);

-- The same by owner, for reports: '' stands for requests without one.
CREATE TABLE usage_by_owner (
    owner        text NOT NULL,
    provider_id  uuid NOT NULL REFERENCES providers (id),
    bucket       timestamptz NOT NULL,
    currency     text NOT NULL,
    requests     bigint NOT NULL,
    completed    bigint NOT NULL,
    failed       bigint NOT NULL,
    cost         numeric NOT NULL,
    CONSTRAINT usage_by_owner_pkey PRIMARY KEY (owner, provider_id, bucket, currency)
);
CREATE INDEX usage_by_owner_bucket ON usage_by_owner (bucket);

-- The beginning of the quarter of an hour. Zones' offsets have been multiples of it since 1972.
CREATE FUNCTION quarter_of(moment timestamptz)
RETURNS timestamptz
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
AS $$
    SELECT date_bin('15 minutes', moment, timestamptz '2000-01-01 00:00:00+00')
$$;

-- The beginning of the UTC day.
CREATE FUNCTION day_of(moment timestamptz)
RETURNS timestamptz
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
AS $$
    SELECT date_bin('1 day', moment, timestamptz '2000-01-01 00:00:00+00')
$$;

-- When a day begins in a time zone. Where the clock is put back over midnight the day has two, and the first counts;
-- where it is put forward the day begins later. One expression, so that it becomes a part of the question that asks.
CREATE FUNCTION zone_day(day date, zone text)
RETURNS timestamptz
LANGUAGE sql
STABLE
PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN (((day::timestamp AT TIME ZONE zone) - interval '1 hour') AT TIME ZONE zone)::date >= day
            THEN (day::timestamp AT TIME ZONE zone) - interval '1 hour'
        WHEN (((day::timestamp AT TIME ZONE zone) - interval '30 minutes') AT TIME ZONE zone)::date >= day
            THEN (day::timestamp AT TIME ZONE zone) - interval '30 minutes'
        ELSE day::timestamp AT TIME ZONE zone
    END
$$;

-- The millisecond that a version 7 UUID begins with.
CREATE FUNCTION uuid_time(id uuid)
RETURNS timestamptz
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
AS $$
    SELECT to_timestamp(('x0000' || translate(left(id::text, 13), '-', ''))::bit(64)::bigint / 1000.0)
$$;

-- What was used of a provider in the parts of a period: part N begins at starts[N] and ends where the next one begins,
-- the last one at `ending`. Parts without requests are left out. `wanted_model` is a model, '' for all together, or
-- NULL for each by itself. Costs are those in the provider's own currency.
--
-- The parts are added up from UTC days: each edge of a part is first taken for the midnight of UTC that is nearest, and
-- the quarters of an hour between the two are then moved from the one part to the other. So a day of Berlin is one row
-- and the four or eight quarters at its beginning, not 96. What is less than a quarter at the ends of the period is
-- counted from the requests themselves; inside it, edges are whole quarters. What is not posted yet is added. All of it
-- is as of the same moment, that of the statement which calls it.
CREATE FUNCTION usage_of(wanted_provider uuid, wanted_model text, starts timestamptz[], ending timestamptz)
RETURNS TABLE (
    part integer, model text, requests bigint, pending bigint, processing bigint, completed bigint, failed bigint,
    cancelled bigint, response_ms bigint, responses bigint, cost numeric)
LANGUAGE plpgsql
STABLE
-- Planning it takes longer than running it.
SET plan_cache_mode = force_generic_plan
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

-- How many of the parts' requests have a status; NULL is any.
CREATE FUNCTION with_status(wanted_status text, requests bigint, pending bigint, processing bigint, completed bigint,
                            failed bigint, cancelled bigint)
RETURNS bigint
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
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

-- When the oldest and the newest request of a provider that are there were created; NULL where there is none. The
-- conditions leave one index that has the order; without the setting an estimate that is far off would rather sort.
CREATE FUNCTION request_edges(wanted_provider uuid)
RETURNS TABLE (oldest timestamptz, newest timestamptz)
LANGUAGE plpgsql
STABLE
SET enable_sort = off
SET enable_incremental_sort = off
SET plan_cache_mode = force_generic_plan
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

-- How many requests a filter finds, and where the page that skips `skip` of them begins, the newest first: right below
-- the moment `below`, after `rest` more. Finds the day, then the quarter in the day, by the sums of usage_of, so that a
-- page far away costs as much as the first one. A request's ID begins with the time at which it was created.
CREATE FUNCTION request_place(
    wanted_provider uuid, wanted_model text, wanted_status text, low timestamptz, high timestamptz, skip bigint)
RETURNS TABLE (total bigint, below timestamptz, rest bigint)
LANGUAGE plpgsql
STABLE
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

-- The IDs that a period's requests can have, from the first one to below the other one. IDs know milliseconds: other
-- requests of the first and the last one may lie outside. They know no time before 1970, which zones do.
CREATE FUNCTION request_ids(low timestamptz, high timestamptz, OUT first_id uuid, OUT end_id uuid)
LANGUAGE sql
STABLE
AS $$
    SELECT uuid_floor(greatest(low, '1970-01-01 00:00:00+00')),
           CASE
               WHEN high IS NULL THEN 'ffffffff-ffff-ffff-ffff-ffffffffffff'
               ELSE uuid_floor(greatest(high + interval '999 microseconds', '1970-01-01 00:00:00+00'))
           END
$$;

-- The newest requests of a period that a filter finds, below an ID and after `skip` others. NULL does not filter.
--
-- One index serves each filter: by user, by a status other than completed, by model, or by provider alone. Its columns
-- are compared as a row and ordered by, so that no other index has the order, and sorting is ruled out: a page reads
-- little more than it shows, whatever the statistics say. The plans are made once for a session.
CREATE FUNCTION request_rows(
    wanted_provider uuid, wanted_model text, wanted_status text, wanted_user text, low timestamptz, high timestamptz,
    before uuid, skip bigint, most integer)
RETURNS SETOF requests
LANGUAGE plpgsql
STABLE
ROWS 50
SET enable_sort = off
SET enable_incremental_sort = off
SET plan_cache_mode = force_generic_plan
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

-- How many requests a user has in a period: counted as far as `most`, beyond that extrapolated from the share that the
-- user has of the requests among which the newest `most` lie.
CREATE FUNCTION request_count_of_user(
    wanted_provider uuid, wanted_model text, wanted_status text, wanted_user text, low timestamptz, high timestamptz,
    most integer)
RETURNS TABLE (total bigint, is_estimate boolean)
LANGUAGE plpgsql
STABLE
SET enable_sort = off
SET enable_incremental_sort = off
SET plan_cache_mode = force_generic_plan
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

GRANT SELECT, INSERT, DELETE ON request_keys TO providerd_app;
GRANT SELECT, INSERT, UPDATE ON request_payloads TO providerd_app;
GRANT SELECT, DELETE ON usage_tail TO providerd_app;
GRANT SELECT, INSERT, UPDATE ON usage_rollups, usage_by_owner TO providerd_app;

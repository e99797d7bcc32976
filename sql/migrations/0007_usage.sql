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

-- Which row a caller's ID names. Apart from `requests`, whose partitions cannot keep it unique.
CREATE TABLE request_keys (
    provider_id  uuid NOT NULL REFERENCES providers (id),
    external_id  text NOT NULL,
    request_id   uuid NOT NULL,
    CONSTRAINT request_keys_pkey PRIMARY KEY (provider_id, external_id)
);
-- For retention: keys go with the month of their requests.
CREATE INDEX request_keys_request ON request_keys (request_id);

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

GRANT SELECT, INSERT, DELETE ON request_keys TO providerd_app;
GRANT SELECT, INSERT, UPDATE ON request_payloads TO providerd_app;
GRANT SELECT, DELETE ON usage_tail TO providerd_app;
GRANT SELECT, INSERT, UPDATE ON usage_rollups, usage_by_owner TO providerd_app;

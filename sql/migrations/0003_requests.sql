-- One row per call to a provider.
--
-- The ID is a version 7 UUID, whose first 48 bits are the time, and the table is partitioned by it: a row is
-- found in its month by its ID alone, and a range of time is a range of IDs. Old months are dropped whole.

-- The smallest ID of the millisecond that a moment lies in: rounded down, as the IDs' own time is.
CREATE FUNCTION uuid_floor(moment timestamptz)
RETURNS uuid
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
AS $$
    SELECT (lpad(to_hex(floor(extract(epoch FROM moment) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

CREATE TABLE requests (
    id                    uuid NOT NULL,
    -- No foreign key: a check of each row would cost as much as an index. The trigger that counts usage looks at all
    -- rows of a statement together.
    provider_id           uuid NOT NULL,
    -- No foreign keys to what an owner may delete: the account of a call outlives its connection.
    connection_id         uuid,
    owner                 text,
    user_id               text,
    purpose               text NOT NULL,
    model                 text NOT NULL,
    reported_model        text,
    status                text NOT NULL,
    created_at            timestamptz NOT NULL,
    completed_at          timestamptz,
    response_ms           integer,
    prompt_tokens         bigint NOT NULL DEFAULT 0,
    cached_prompt_tokens  bigint NOT NULL DEFAULT 0,
    cache_write_tokens    bigint NOT NULL DEFAULT 0,
    completion_tokens     bigint NOT NULL DEFAULT 0,
    cost                  numeric,
    currency              text,
    -- No foreign key: versions are never deleted.
    price_id              bigint,
    error_kind            text,
    http_request_id       text,
    CONSTRAINT requests_pkey PRIMARY KEY (id),
    CONSTRAINT requests_status_known CHECK (status IN ('pending', 'processing', 'completed', 'failed', 'cancelled')),
    CONSTRAINT requests_purpose_known CHECK (purpose IN ('test', 'gateway', 'recorded')),
    CONSTRAINT requests_completed_has_time CHECK (
        (status IN ('completed', 'failed', 'cancelled')) = (completed_at IS NOT NULL)),
    CONSTRAINT requests_tokens_not_negative CHECK (
        prompt_tokens >= 0 AND cached_prompt_tokens >= 0 AND cache_write_tokens >= 0 AND completion_tokens >= 0),
    CONSTRAINT requests_cost_has_price CHECK (cost IS NULL OR (cost >= 0 AND currency IS NOT NULL))
) PARTITION BY RANGE (id);

CREATE INDEX requests_connection ON requests (connection_id, id) WHERE connection_id IS NOT NULL;
CREATE INDEX requests_provider ON requests (provider_id, id);

-- Makes the partitions from the month of `first` for `months` months, where they are missing; how many were made.
-- Rows of such a month that already lie in requests_other move into it. The application role may not create tables;
-- it may call this. The search path is fixed, as for every SECURITY DEFINER function.
CREATE FUNCTION create_request_partitions(first timestamptz, months integer)
RETURNS integer
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = public, pg_temp
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
REVOKE ALL ON FUNCTION create_request_partitions(timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION create_request_partitions(timestamptz, integer) TO providerd_app;

-- A row outside every month that was made is still taken: accounting never fails for want of a partition.
CREATE TABLE requests_other PARTITION OF requests DEFAULT;
SELECT create_request_partitions(now() - interval '3 months', 7);

GRANT SELECT, INSERT, UPDATE ON requests TO providerd_app;

-- How providers were found, and what somebody should look at.

CREATE TABLE health_checks (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider_id    uuid NOT NULL REFERENCES providers (id),
    checked_at     timestamptz NOT NULL,
    status         text NOT NULL,
    response_ms    integer,
    error_kind     text,
    error_message  text,
    -- What asked for it.
    reason         text NOT NULL,
    -- The status that the provider had until this check and for how long that is known: a check speaks for the time
    -- until the next one, but not for longer than an hour. Uptime is the sum of these.
    held_status    text,
    held_ms        bigint NOT NULL DEFAULT 0,
    CONSTRAINT health_checks_status_known CHECK (status IN ('healthy', 'degraded', 'down')),
    CONSTRAINT health_checks_held_known CHECK (held_status IN ('healthy', 'degraded', 'down')),
    CONSTRAINT health_checks_held_in_range CHECK (held_ms BETWEEN 0 AND 3600000),
    CONSTRAINT health_checks_reason_known CHECK (reason IN ('manual', 'scheduled', 'connection', 'key')),
    CONSTRAINT health_checks_down_has_error CHECK (status <> 'down' OR error_kind IS NOT NULL),
    CONSTRAINT health_checks_response_not_negative CHECK (response_ms >= 0)
);
-- Uptime and the newest check are read from the index alone.
CREATE INDEX health_checks_provider ON health_checks (provider_id, checked_at)
    INCLUDE (status, response_ms, held_status, held_ms);

CREATE TABLE alerts (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider_id      uuid NOT NULL REFERENCES providers (id),
    severity         text NOT NULL,
    type             text NOT NULL,
    -- What it is about within the provider, such as a model or a credential; '' for the provider itself.
    subject          text NOT NULL DEFAULT '',
    message          text NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT now(),
    -- Seen again while it was open.
    last_seen_at     timestamptz NOT NULL DEFAULT now(),
    occurrences      integer NOT NULL DEFAULT 1,
    -- Who made a custom one; NULL for the system.
    created_by       text,
    resolved_at      timestamptz,
    -- NULL for the system, when the cause is gone.
    resolved_by      text,
    resolution_note  text,
    -- For one that somebody resolved: when its cause was gone. Until then, and for a day at most, the system does not
    -- raise it again.
    cause_ended_at   timestamptz,
    CONSTRAINT alerts_severity_known CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    CONSTRAINT alerts_type_known CHECK (type IN (
        'low_balance', 'balance_drift', 'provider_down', 'provider_recovered', 'error_rate', 'invalid_key',
        'unpriced_model', 'key_expiring', 'custom')),
    CONSTRAINT alerts_message_length CHECK (length(message) BETWEEN 1 AND 1000),
    CONSTRAINT alerts_note_length CHECK (length(resolution_note) BETWEEN 1 AND 1000),
    CONSTRAINT alerts_resolution_complete CHECK (
        resolved_at IS NOT NULL OR (resolved_by IS NULL AND resolution_note IS NULL))
);
-- One open alert per subject and kind; people may say the same thing twice.
CREATE UNIQUE INDEX alerts_one_open ON alerts (provider_id, type, subject)
    WHERE resolved_at IS NULL AND type <> 'custom';
CREATE INDEX alerts_provider ON alerts (provider_id, id);
CREATE INDEX alerts_open ON alerts (provider_id, id) WHERE resolved_at IS NULL;
CREATE INDEX alerts_silenced ON alerts (provider_id, type, subject)
    WHERE resolved_by IS NOT NULL AND cause_ended_at IS NULL AND type <> 'custom';
-- For the news that a provider answers again.
CREATE INDEX alerts_settled ON alerts (provider_id, type, resolved_at)
    WHERE resolved_at IS NOT NULL AND type <> 'custom';

-- An amount of money in a message: `$50.00`, `50.00 EUR`.
CREATE FUNCTION money_text(amount numeric, currency text)
RETURNS text
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN currency <> 'USD' THEN round(amount, 2) || ' ' || currency
        WHEN round(amount, 2) < 0 THEN '-$' || -round(amount, 2)
        ELSE '$' || round(amount, 2)
    END
$$;

GRANT SELECT, INSERT, DELETE ON health_checks TO providerd_app;
GRANT SELECT, INSERT, UPDATE ON alerts TO providerd_app;

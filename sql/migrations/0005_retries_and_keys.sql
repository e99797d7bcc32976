-- Answers kept for retried requests, and the proof that the master key is the right one.

-- An answer is stored in the transaction of its effect: after a lost COMMIT the retry finds either both or
-- neither. `status` is NULL while the first request is still under way; `locked_until` says until when it is
-- given the benefit of the doubt, so that a process that was killed does not block the retry for ever.
CREATE TABLE idempotency_keys (
    caller        text NOT NULL,
    key           text NOT NULL,
    fingerprint   bytea NOT NULL,
    claim         uuid NOT NULL,
    locked_until  timestamptz NOT NULL,
    status        integer,
    etag          text,
    body          bytea,
    created_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (caller, key),
    CONSTRAINT idempotency_keys_key_length CHECK (length(key) BETWEEN 1 AND 255),
    CONSTRAINT idempotency_keys_answer_complete CHECK ((status IS NULL) = (body IS NULL))
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- A known text sealed with each master key. A process whose key does not open its row is sealed: it answers
-- 503 and writes nothing.
CREATE TABLE sealing_keys (
    key_id      text PRIMARY KEY,
    sealed      bytea NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO providerd_app;
GRANT SELECT ON sealing_keys TO providerd_app;

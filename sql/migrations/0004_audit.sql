-- Who did what, when, from where, with which outcome.
--
-- Each row carries the hash of the row before it and its own, an HMAC over all of its columns under a key that
-- is not in the database, so that a row that somebody changes, removes or moves is found, and nobody with the
-- database alone can mend the chain behind it. The single row of audit_head is the end of the chain: locking it
-- puts writers in order, and it tells when rows are missing at the end.

CREATE TABLE audit_log (
    seq            bigint PRIMARY KEY,
    at             timestamptz NOT NULL,
    actor          text NOT NULL,
    owner          text,
    action         text NOT NULL,
    subject        text NOT NULL,
    provider       text,
    outcome        text NOT NULL,
    remote_address text NOT NULL,
    request_id     text NOT NULL,
    -- json, not jsonb: the hash covers the text as it was written.
    details        json NOT NULL,
    key_id         text NOT NULL,
    previous_hash  bytea NOT NULL,
    hash           bytea NOT NULL,
    CONSTRAINT audit_log_outcome_known CHECK (outcome IN ('success', 'refused', 'failed')),
    CONSTRAINT audit_log_hash_size CHECK (octet_length(hash) = 32 AND octet_length(previous_hash) = 32)
);
CREATE INDEX audit_log_actor ON audit_log (actor, seq);
CREATE INDEX audit_log_provider ON audit_log (provider, seq);
CREATE INDEX audit_log_action ON audit_log (action, seq);
CREATE INDEX audit_log_at ON audit_log (at, seq);
-- Nearly everything succeeds.
CREATE INDEX audit_log_trouble ON audit_log (outcome, seq) WHERE outcome <> 'success';

CREATE TABLE audit_head (
    only_row  boolean PRIMARY KEY DEFAULT true,
    seq       bigint NOT NULL,
    hash      bytea NOT NULL,
    CONSTRAINT audit_head_only_row CHECK (only_row)
);
INSERT INTO audit_head (seq, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

-- Append-only for the application: no UPDATE and no DELETE. Against those with more rights there is the chain.
GRANT SELECT, INSERT ON audit_log TO providerd_app;
GRANT SELECT, UPDATE ON audit_head TO providerd_app;

-- Which providers may answer for a model, in versions that replace each other whole; and what runs by itself.

CREATE TABLE routing_versions (
    version     integer PRIMARY KEY,
    created_at  timestamptz NOT NULL DEFAULT now(),
    created_by  text
);
INSERT INTO routing_versions (version) VALUES (1);

CREATE TABLE routing_targets (
    version        integer NOT NULL REFERENCES routing_versions (version),
    -- The order of the rules, and of the providers within one, as they were written.
    rule           integer NOT NULL,
    position       integer NOT NULL,
    model          text NOT NULL,
    provider_id    uuid NOT NULL REFERENCES providers (id),
    priority       integer NOT NULL,
    weight         integer NOT NULL,
    enabled        boolean NOT NULL,
    CONSTRAINT routing_targets_pkey PRIMARY KEY (version, rule, position),
    CONSTRAINT routing_targets_no_doubles UNIQUE (version, model, provider_id),
    CONSTRAINT routing_targets_model_length CHECK (length(model) BETWEEN 1 AND 200),
    CONSTRAINT routing_targets_priority_positive CHECK (priority >= 1),
    CONSTRAINT routing_targets_weight_in_range CHECK (weight BETWEEN 0 AND 1000)
);

-- A job runs where its row is claimed; a claim that is not renewed ends by itself, so that a process that was
-- killed does not keep its jobs.
CREATE TABLE jobs (
    name              text PRIMARY KEY,
    every_seconds     integer NOT NULL,
    next_run_at       timestamptz NOT NULL DEFAULT now(),
    locked_until      timestamptz,
    locked_by         text,
    last_started_at   timestamptz,
    last_finished_at  timestamptz,
    last_error        text,
    CONSTRAINT jobs_every_positive CHECK (every_seconds >= 1)
);

-- Versions are never changed.
GRANT SELECT, INSERT ON routing_versions, routing_targets TO providerd_app;
GRANT SELECT, INSERT, UPDATE ON jobs TO providerd_app;

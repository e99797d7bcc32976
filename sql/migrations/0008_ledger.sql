-- The credit ledger of each provider: append-only, with the balance before and after on every entry.
--
-- Entries of an account are numbered without gaps, so that a missing one is seen and any page is found at once.
-- An account is written by whoever holds its row: the poster, and administrators who add credits.

CREATE TABLE credit_accounts (
    id           integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider_id  uuid NOT NULL REFERENCES providers (id),
    currency     text NOT NULL,
    balance      numeric NOT NULL DEFAULT 0,
    -- The number of the last entry.
    entries      bigint NOT NULL DEFAULT 0,
    updated_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT credit_accounts_one_per_currency UNIQUE (provider_id, currency),
    CONSTRAINT credit_accounts_currency_form CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT credit_accounts_entries_not_negative CHECK (entries >= 0)
);

CREATE TABLE credit_transactions (
    -- Checked by statement (below): a foreign key is checked row by row, which costs a third of what posting does.
    account_id      integer NOT NULL,
    seq             bigint NOT NULL,
    type            text NOT NULL,
    amount          numeric NOT NULL,
    balance_before  numeric NOT NULL,
    balance_after   numeric NOT NULL,
    description     text NOT NULL,
    -- The call that was paid with it.
    request_id      uuid,
    metadata        json NOT NULL DEFAULT '{}',
    -- Who added it; NULL for the poster.
    created_by      text,
    -- Never goes back along `seq`.
    created_at      timestamptz NOT NULL,
    CONSTRAINT credit_transactions_pkey PRIMARY KEY (account_id, seq),
    CONSTRAINT credit_transactions_seq_positive CHECK (seq >= 1),
    CONSTRAINT credit_transactions_type_known CHECK (type IN ('purchase', 'consumption', 'refund', 'adjustment')),
    CONSTRAINT credit_transactions_adds_up CHECK (balance_after = balance_before + amount),
    CONSTRAINT credit_transactions_sign CHECK (
        CASE type
            WHEN 'purchase' THEN amount > 0
            WHEN 'refund' THEN amount > 0
            ELSE amount <> 0
        END),
    CONSTRAINT credit_transactions_consumption_has_request CHECK ((type = 'consumption') = (request_id IS NOT NULL)),
    CONSTRAINT credit_transactions_description_length CHECK (length(description) BETWEEN 1 AND 500)
);
-- `seq` orders the entries of one moment: a period is a range of numbers that begins with its first entry.
CREATE INDEX credit_transactions_time ON credit_transactions (account_id, created_at, seq);
-- All but consumption is rare.
CREATE INDEX credit_transactions_others ON credit_transactions (account_id, type, seq) WHERE type <> 'consumption';
-- IDs of requests come in the order of their time, or nearly: the ranges of blocks are enough to find one.
CREATE INDEX credit_transactions_request ON credit_transactions USING brin (request_id);

-- What a statement appends goes on where the account ended: the next numbers without a gap, from the balance that was
-- there, by the amounts. Between its first and its last entry each adds up by itself, and the view below looks at all.
CREATE FUNCTION credit_transactions_inserted()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
-- A plan that is made while the ledger is small is kept while it grows.
SET enable_seqscan = off
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
CREATE TRIGGER credit_transactions_inserted
AFTER INSERT ON credit_transactions
REFERENCING NEW TABLE AS inserted
FOR EACH STATEMENT EXECUTE FUNCTION credit_transactions_inserted();

-- An account says what its last entry says, whoever writes it: a balance is not set by hand.
CREATE FUNCTION credit_accounts_updated()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
SET enable_seqscan = off
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
CREATE TRIGGER credit_accounts_updated
AFTER UPDATE ON credit_accounts
REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION credit_accounts_updated();

CREATE FUNCTION credit_accounts_deleted()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = public, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM gone g JOIN credit_transactions t ON t.account_id = g.id) THEN
        RAISE foreign_key_violation USING MESSAGE = 'a credit account has entries', TABLE = 'credit_accounts';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER credit_accounts_deleted
AFTER DELETE ON credit_accounts
REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION credit_accounts_deleted();

-- What is wrong with the ledger; no rows when nothing is.
CREATE VIEW credit_ledger_faults AS
SELECT a.id AS account_id, NULL::bigint AS seq, 'the balance is not the sum of the entries' AS fault
FROM credit_accounts a
LEFT JOIN (
    SELECT account_id, sum(amount) AS total
    FROM credit_transactions
    GROUP BY account_id
) AS t ON t.account_id = a.id
WHERE a.balance <> coalesce(t.total, 0)
UNION ALL
SELECT a.id, NULL, 'the number of the last entry is not the number of entries'
FROM credit_accounts a
LEFT JOIN (
    SELECT account_id, count(*) AS entries, max(seq) AS last
    FROM credit_transactions
    GROUP BY account_id
) AS t ON t.account_id = a.id
WHERE a.entries <> coalesce(t.entries, 0) OR a.entries <> coalesce(t.last, 0)
UNION ALL
SELECT e.account_id, e.seq, 'it does not begin with the balance that the entry before it ended with'
FROM (
    SELECT account_id, seq, balance_before,
           lag(balance_after, 1, 0::numeric) OVER (PARTITION BY account_id ORDER BY seq) AS before
    FROM credit_transactions
) AS e
WHERE e.balance_before <> e.before
UNION ALL
SELECT t.account_id, min(t.seq), 'a request is charged more than once'
FROM credit_transactions t
WHERE t.request_id IS NOT NULL AND t.amount < 0
GROUP BY t.account_id, t.request_id
HAVING count(*) > 1;

-- What a provider itself says is left, each time it was asked.
CREATE TABLE provider_balances (
    provider_id  uuid NOT NULL REFERENCES providers (id),
    checked_at   timestamptz NOT NULL,
    balance      numeric NOT NULL,
    currency     text NOT NULL,
    CONSTRAINT provider_balances_pkey PRIMARY KEY (provider_id, checked_at),
    CONSTRAINT provider_balances_currency_form CHECK (currency ~ '^[A-Z]{3}$')
);

-- Entries are never changed and never deleted.
GRANT SELECT, INSERT, UPDATE ON credit_accounts TO providerd_app;
GRANT SELECT, INSERT ON credit_transactions TO providerd_app;
GRANT SELECT ON credit_ledger_faults TO providerd_app;
GRANT SELECT, INSERT, DELETE ON provider_balances TO providerd_app;

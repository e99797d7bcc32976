-- Reports: what people who know SQL may read, and nothing else. docs/reports.md explains each.
--
-- The role providerd_reports may read the views of this schema and call its functions; it has no right on any table.
-- A view reads its tables with the rights of its owner, and the functions read views only, so none of them needs rights
-- of its own. No column of a credential that holds or hints at a secret is in any view. Usage comes from rollups and
-- what is not posted yet, never from the requests themselves: reports stay as fast when there are a hundred million.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'providerd_reports') THEN
        RAISE EXCEPTION 'the role providerd_reports does not exist: run sql/roles.sql as a superuser first';
    END IF;
END
$$;

CREATE SCHEMA reports;
REVOKE ALL ON SCHEMA reports FROM PUBLIC;

-- What reports are made of ------------------------------------------------------------------------------------

-- Posted usage by quarter of an hour, of which the days of every time zone are made. The model '' stands for all
-- models together: take it or the others, not both.
CREATE VIEW reports.posted_quarters AS
SELECT p.slug AS provider, u.model, u.bucket AS quarter, u.currency, u.requests, u.pending, u.processing, u.completed,
       u.failed, u.cancelled, u.unpriced, u.response_ms, u.responses, u.prompt_tokens, u.completion_tokens, u.cost
FROM public.providers p
JOIN public.usage_rollups u ON u.provider_id = p.id
WHERE u.grain = 'quarter';

-- The same by UTC day.
CREATE VIEW reports.posted_days AS
SELECT p.slug AS provider, u.model, u.bucket AS day, u.currency, u.requests, u.pending, u.processing, u.completed,
       u.failed, u.cancelled, u.unpriced, u.response_ms, u.responses, u.prompt_tokens, u.completion_tokens, u.cost
FROM public.providers p
JOIN public.usage_rollups u ON u.provider_id = p.id
WHERE u.grain = 'day';

-- What is not posted yet: differences that add up.
CREATE VIEW reports.unposted_usage AS
SELECT p.slug AS provider, t.model, coalesce(t.owner, '') AS owner, t.created_at, t.currency, t.requests, t.pending,
       t.processing, t.completed, t.failed, t.cancelled, t.unpriced, t.response_ms, t.responses, t.prompt_tokens,
       t.completion_tokens, t.cost
FROM public.usage_tail t
JOIN public.providers p ON p.id = t.provider_id;

-- Every provider.
CREATE VIEW reports.providers AS
SELECT slug AS provider, display_name, kind, enabled, currency, low_balance_threshold
FROM public.providers;

-- Every health check that is kept.
CREATE VIEW reports.checks AS
SELECT p.slug AS provider, c.checked_at, c.status, c.response_ms, c.error_kind, c.reason, c.held_status, c.held_ms
FROM public.providers p
JOIN public.health_checks c ON c.provider_id = p.id;

-- Exact usage by model and quarter of an hour, for reports of one's own.
CREATE VIEW reports.usage AS
SELECT provider, model, quarter, currency, requests, pending, processing, completed, failed, cancelled, unpriced,
       response_ms, responses, prompt_tokens, completion_tokens, cost
FROM reports.posted_quarters
WHERE model <> ''
UNION ALL
SELECT provider, model, public.quarter_of(created_at), currency, requests, pending, processing, completed, failed,
       cancelled, unpriced, response_ms, responses, prompt_tokens, completion_tokens, cost
FROM reports.unposted_usage;

-- The same by owner; '' stands for requests without one.
CREATE VIEW reports.usage_by_owner AS
SELECT u.owner, p.slug AS provider, u.bucket AS quarter, u.currency, u.requests, u.completed, u.failed, u.cost
FROM public.usage_by_owner u
JOIN public.providers p ON p.id = u.provider_id
UNION ALL
SELECT owner, provider, public.quarter_of(created_at), currency, requests, completed, failed, cost
FROM reports.unposted_usage;

-- Spend ----------------------------------------------------------------------------------------------------------

-- When a day begins in a time zone, by the same rule as everywhere.
CREATE FUNCTION reports.beginning(day date, zone text)
RETURNS timestamptz
LANGUAGE sql
STABLE
RETURN public.zone_day(day, zone);

-- The usage of whole days in a time zone, in pieces that add up: UTC days inside the period, quarters of an hour at its
-- ends, and what is not posted. By model, or all models as ''.
CREATE FUNCTION reports.usage_between(first_day date, last_day date, zone text, by_model boolean)
RETURNS TABLE (
    provider text, model text, currency text, requests bigint, pending bigint, processing bigint, completed bigint,
    failed bigint, cancelled bigint, unpriced bigint, response_ms bigint, responses bigint, prompt_tokens bigint,
    completion_tokens bigint, cost numeric)
LANGUAGE sql
STABLE
BEGIN ATOMIC
    SELECT d.provider, d.model, d.currency, d.requests, d.pending, d.processing, d.completed, d.failed, d.cancelled,
           d.unpriced, d.response_ms, d.responses, d.prompt_tokens, d.completion_tokens, d.cost
    FROM reports.posted_days d
    WHERE d.day >= reports.beginning(first_day, zone)
      AND d.day + interval '24 hours' <= reports.beginning(last_day + 1, zone)
      AND d.day < reports.beginning(last_day + 1, zone)
      AND (d.model <> '') = by_model
    UNION ALL
    SELECT q.provider, q.model, q.currency, q.requests, q.pending, q.processing, q.completed, q.failed, q.cancelled,
           q.unpriced, q.response_ms, q.responses, q.prompt_tokens, q.completion_tokens, q.cost
    FROM reports.posted_quarters q
    WHERE q.quarter >= reports.beginning(first_day, zone)
      AND q.quarter < least(
          reports.beginning(last_day + 1, zone),
          public.day_of(reports.beginning(first_day, zone) + interval '24 hours' - interval '1 microsecond'))
      AND (q.model <> '') = by_model
    UNION ALL
    -- The end, unless the beginning has it already.
    SELECT q.provider, q.model, q.currency, q.requests, q.pending, q.processing, q.completed, q.failed, q.cancelled,
           q.unpriced, q.response_ms, q.responses, q.prompt_tokens, q.completion_tokens, q.cost
    FROM reports.posted_quarters q
    WHERE q.quarter >= greatest(
          public.day_of(reports.beginning(last_day + 1, zone)),
          public.day_of(reports.beginning(first_day, zone) + interval '24 hours' - interval '1 microsecond'))
      AND q.quarter < reports.beginning(last_day + 1, zone)
      AND (q.model <> '') = by_model
    UNION ALL
    SELECT t.provider, CASE WHEN by_model THEN t.model ELSE '' END, t.currency, t.requests, t.pending, t.processing,
           t.completed, t.failed, t.cancelled, t.unpriced, t.response_ms, t.responses, t.prompt_tokens,
           t.completion_tokens, t.cost
    FROM reports.unposted_usage t
    WHERE t.created_at >= reports.beginning(first_day, zone) AND t.created_at < reports.beginning(last_day + 1, zone);
END;

CREATE FUNCTION reports.spend_by_day(first_day date, last_day date, zone text DEFAULT 'UTC')
RETURNS TABLE (
    day date, provider text, currency text, requests bigint, completed bigint, failed bigint, cancelled bigint,
    under_way bigint, unpriced bigint, prompt_tokens bigint, completion_tokens bigint, average_ms bigint, cost numeric)
LANGUAGE sql
STABLE
BEGIN ATOMIC
    SELECT (u.quarter AT TIME ZONE zone)::date, u.provider, u.currency, sum(u.requests)::bigint,
           sum(u.completed)::bigint, sum(u.failed)::bigint, sum(u.cancelled)::bigint,
           sum(u.pending + u.processing)::bigint, sum(u.unpriced)::bigint, sum(u.prompt_tokens)::bigint,
           sum(u.completion_tokens)::bigint, round(sum(u.response_ms) / nullif(sum(u.responses), 0))::bigint, sum(u.cost)
    FROM (
        SELECT q.quarter, q.provider, q.currency, q.requests, q.completed, q.failed, q.cancelled, q.pending, q.processing,
               q.unpriced, q.prompt_tokens, q.completion_tokens, q.response_ms, q.responses, q.cost
        FROM reports.posted_quarters q
        WHERE q.model = '' AND q.quarter >= reports.beginning(first_day, zone)
          AND q.quarter < reports.beginning(last_day + 1, zone)
        UNION ALL
        SELECT t.created_at, t.provider, t.currency, t.requests, t.completed, t.failed, t.cancelled, t.pending,
               t.processing, t.unpriced, t.prompt_tokens, t.completion_tokens, t.response_ms, t.responses, t.cost
        FROM reports.unposted_usage t
        WHERE t.created_at >= reports.beginning(first_day, zone) AND t.created_at < reports.beginning(last_day + 1, zone)
    ) AS u
    GROUP BY 1, 2, 3
    ORDER BY 1, 2, 3;
END;

CREATE FUNCTION reports.spend_by_model(first_day date, last_day date, zone text DEFAULT 'UTC')
RETURNS TABLE (
    provider text, model text, currency text, requests bigint, completed bigint, failed bigint, cancelled bigint,
    under_way bigint, unpriced bigint, prompt_tokens bigint, completion_tokens bigint, average_ms bigint, cost numeric)
LANGUAGE sql
STABLE
BEGIN ATOMIC
    SELECT u.provider, u.model, u.currency, sum(u.requests)::bigint, sum(u.completed)::bigint, sum(u.failed)::bigint,
           sum(u.cancelled)::bigint, sum(u.pending + u.processing)::bigint, sum(u.unpriced)::bigint,
           sum(u.prompt_tokens)::bigint, sum(u.completion_tokens)::bigint,
           round(sum(u.response_ms) / nullif(sum(u.responses), 0))::bigint, sum(u.cost)
    FROM reports.usage_between(first_day, last_day, zone, true) AS u
    GROUP BY 1, 2, 3
    ORDER BY sum(u.cost) DESC, 1, 2, 3;
END;

CREATE FUNCTION reports.spend_by_provider(first_day date, last_day date, zone text DEFAULT 'UTC')
RETURNS TABLE (
    provider text, currency text, requests bigint, completed bigint, failed bigint, cancelled bigint, under_way bigint,
    unpriced bigint, prompt_tokens bigint, completion_tokens bigint, average_ms bigint, cost numeric)
LANGUAGE sql
STABLE
BEGIN ATOMIC
    SELECT u.provider, u.currency, sum(u.requests)::bigint, sum(u.completed)::bigint, sum(u.failed)::bigint,
           sum(u.cancelled)::bigint, sum(u.pending + u.processing)::bigint, sum(u.unpriced)::bigint,
           sum(u.prompt_tokens)::bigint, sum(u.completion_tokens)::bigint,
           round(sum(u.response_ms) / nullif(sum(u.responses), 0))::bigint, sum(u.cost)
    FROM reports.usage_between(first_day, last_day, zone, false) AS u
    GROUP BY 1, 2
    ORDER BY sum(u.cost) DESC, 1, 2;
END;

CREATE FUNCTION reports.spend_by_owner(first_day date, last_day date, zone text DEFAULT 'UTC')
RETURNS TABLE (
    owner text, provider text, currency text, requests bigint, completed bigint, failed bigint, cost numeric)
LANGUAGE sql
STABLE
BEGIN ATOMIC
    SELECT u.owner, u.provider, u.currency, sum(u.requests)::bigint, sum(u.completed)::bigint, sum(u.failed)::bigint,
           sum(u.cost)
    FROM reports.usage_by_owner AS u
    -- Each computed once: in the middle of the condition they would look dearer than reading the index row by row.
    WHERE u.quarter >= (SELECT reports.beginning(first_day, zone))
      AND u.quarter < (SELECT reports.beginning(last_day + 1, zone))
    GROUP BY 1, 2, 3
    ORDER BY sum(u.cost) DESC, 1, 2, 3;
END;

-- Money ----------------------------------------------------------------------------------------------------------

-- What is left of every account, and for how long it lasts at the pace of the last thirty days of the UTC calendar,
-- counted from the first of them on which something was spent: the same figures as the API's. In hours, since the days
-- of an interval are those of the session's time zone.
CREATE VIEW reports.balances AS
SELECT p.slug AS provider, a.currency, a.balance, coalesce(tail.cost, 0) AS unposted_cost,
       CASE WHEN a.currency = p.currency THEN p.low_balance_threshold END AS low_balance_threshold,
       a.currency = p.currency AND a.balance < p.low_balance_threshold AS is_low,
       round(pace.cost / pace.days, 10) AS cost_per_day, lasts.days AS days_left,
       CASE WHEN lasts.days < 36500 THEN (now() AT TIME ZONE 'UTC')::date + lasts.days::integer END AS runs_out_on,
       said.balance AS provider_reported, said.checked_at AS reported_at, a.balance - said.balance AS drift,
       a.updated_at
FROM public.credit_accounts a
JOIN public.providers p ON p.id = a.provider_id
LEFT JOIN LATERAL (
    SELECT sum(t.cost) AS cost
    FROM public.usage_tail t
    WHERE t.provider_id = a.provider_id AND t.currency = a.currency
) AS tail ON true
CROSS JOIN LATERAL (
    SELECT CASE WHEN sum(u.cost) > 0 THEN sum(u.cost) END AS cost,
           extract(day FROM public.day_of(now()) - min(u.day) FILTER (WHERE u.cost > 0)) + 1 AS days
    FROM (
        SELECT r.bucket AS day, r.cost
        FROM public.usage_rollups r
        WHERE r.provider_id = p.id AND r.grain = 'day' AND r.model = '' AND r.currency = a.currency
          AND r.bucket >= public.day_of(now()) - interval '696 hours'
        UNION ALL
        SELECT public.day_of(t.created_at), sum(t.cost)
        FROM public.usage_tail t
        WHERE t.provider_id = p.id AND t.currency = a.currency
          AND t.created_at >= public.day_of(now()) - interval '696 hours'
        GROUP BY public.day_of(t.created_at)
    ) AS u
    WHERE u.day <= now()
) AS pace
CROSS JOIN LATERAL (
    SELECT CASE WHEN pace.cost > 0 THEN greatest(div(a.balance * pace.days, pace.cost), 0) END AS days
) AS lasts
LEFT JOIN LATERAL (
    SELECT b.balance, b.checked_at
    FROM public.provider_balances b
    WHERE b.provider_id = a.provider_id AND b.currency = a.currency
    ORDER BY b.checked_at DESC
    LIMIT 1
) AS said ON true;

-- What is wrong with the ledger: no rows when nothing is.
CREATE VIEW reports.ledger_check AS
SELECT p.slug AS provider, a.currency, f.seq, f.fault
FROM public.credit_ledger_faults f
JOIN public.credit_accounts a ON a.id = f.account_id
JOIN public.providers p ON p.id = a.provider_id;

-- Every price version beside the one before it, for a million tokens or for one unit.
CREATE VIEW reports.price_changes AS
SELECT p.slug AS provider, m.name AS model, v.effective_from, v.currency, v.unit,
       lag(v.currency) OVER older AS old_currency,
       lag(v.input) OVER older AS old_input, v.input AS new_input,
       lag(v.output) OVER older AS old_output, v.output AS new_output,
       lag(v.per_generation) OVER older AS old_per_generation, v.per_generation AS new_per_generation,
       lag(v.credits_per_generation) OVER older AS old_credits, v.credits_per_generation AS new_credits,
       v.reason, coalesce(v.created_by, 'catalogue') AS changed_by, v.source, v.created_at
FROM public.prices v
JOIN public.models m ON m.id = v.model_id
JOIN public.providers p ON p.id = m.provider_id
WINDOW older AS (PARTITION BY v.model_id ORDER BY v.effective_from);

-- Operation ------------------------------------------------------------------------------------------------------

-- How providers did: what checks found, weighted by time, and how calls ended.
CREATE FUNCTION reports.reliability(first_day date, last_day date, zone text DEFAULT 'UTC')
RETURNS TABLE (
    provider text, checks bigint, healthy bigint, degraded bigint, down bigint, known_hours numeric, uptime_percent numeric,
    check_average_ms bigint, check_p95_ms bigint, requests bigint, failed bigint, error_percent numeric,
    request_average_ms bigint)
LANGUAGE sql
STABLE
BEGIN ATOMIC
    SELECT p.provider, coalesce(h.checks, 0), coalesce(h.healthy, 0), coalesce(h.degraded, 0), coalesce(h.down, 0),
           round(coalesce(h.known_ms, 0) / 3600000.0, 2), round(100.0 * h.up_ms / nullif(h.known_ms, 0), 4),
           h.average_ms, h.p95_ms, coalesce(u.requests, 0), coalesce(u.failed, 0),
           round(100.0 * u.failed / nullif(u.completed + u.failed, 0), 4), u.average_ms
    FROM reports.providers p
    LEFT JOIN (
        SELECT c.provider, count(*) AS checks, count(*) FILTER (WHERE c.status = 'healthy') AS healthy,
               count(*) FILTER (WHERE c.status = 'degraded') AS degraded, count(*) FILTER (WHERE c.status = 'down') AS down,
               sum(c.held_ms) AS known_ms,
               coalesce(sum(c.held_ms) FILTER (WHERE c.held_status <> 'down'), 0) AS up_ms,
               round(avg(c.response_ms))::bigint AS average_ms,
               percentile_disc(0.95) WITHIN GROUP (ORDER BY c.response_ms)::bigint AS p95_ms
        FROM reports.checks c
        WHERE c.checked_at >= reports.beginning(first_day, zone) AND c.checked_at < reports.beginning(last_day + 1, zone)
        GROUP BY c.provider
    ) AS h ON h.provider = p.provider
    LEFT JOIN (
        SELECT b.provider, sum(b.requests)::bigint AS requests, sum(b.completed) AS completed,
               sum(b.failed)::bigint AS failed,
               round(sum(b.response_ms) / nullif(sum(b.responses), 0))::bigint AS average_ms
        FROM reports.usage_between(first_day, last_day, zone, false) b
        GROUP BY b.provider
    ) AS u ON u.provider = p.provider
    ORDER BY p.provider;
END;

-- Every key with its age. Neither the key nor anything of it.
CREATE VIEW reports.key_ages AS
SELECT p.slug AS provider, c.environment, CASE WHEN c.owner IS NULL THEN 'installation' ELSE c.owner END AS belongs_to,
       c.type, c.state, c.is_active, c.created_at, floor(extract(epoch FROM now() - c.created_at) / 86400)::integer AS age_days,
       c.last_used_at, c.expires_at,
       floor(extract(epoch FROM c.expires_at - now()) / 86400)::integer AS expires_in_days
FROM public.credentials c
JOIN public.providers p ON p.id = c.provider_id;

-- The months of requests and payloads, and how much room they take. The number of rows is PostgreSQL's estimate.
CREATE VIEW reports.partitions AS
SELECT parent.relname::text AS of_table, part.relname::text AS partition,
       substring(part.relname FROM '[0-9]{4}_[0-9]{2}$') AS month, greatest(part.reltuples, 0)::bigint AS estimated_rows,
       pg_table_size(part.oid) AS table_bytes, pg_indexes_size(part.oid) AS index_bytes,
       pg_total_relation_size(part.oid) AS total_bytes
FROM pg_inherits i
JOIN pg_class parent ON parent.oid = i.inhparent
JOIN pg_class part ON part.oid = i.inhrelid
WHERE parent.oid IN ('public.requests'::regclass, 'public.request_payloads'::regclass);

-- What waits for the poster: a few seconds' worth when all is well.
CREATE VIEW reports.unposted AS
SELECT provider, currency, count(*) AS changes, min(created_at) AS oldest,
       extract(epoch FROM now() - min(created_at))::integer AS oldest_seconds, sum(requests) AS requests, sum(cost) AS cost
FROM reports.unposted_usage
GROUP BY provider, currency;

-- What everybody may do with a new function by default.
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA reports FROM PUBLIC;
GRANT USAGE ON SCHEMA reports TO providerd_reports;
GRANT SELECT ON ALL TABLES IN SCHEMA reports TO providerd_reports;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA reports TO providerd_reports;

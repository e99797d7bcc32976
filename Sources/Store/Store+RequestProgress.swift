import Domain
import Postgres

extension Transaction {
    /// Takes a call one step on, or to its end, and returns it as it is then. Of several who want to end it, one does:
    /// a finished call is `.conflict`, and so is one that would go back. Throws `.notFound` for a call that is not there.
    ///
    /// A completed call without a given cost costs what the price says that held when it began, and so does one that is
    /// charged though it is not completed.
    package func advance(
        _ id: ID<ProviderRequest>, _ progress: RequestProgress, at now: Timestamp
    ) throws(Failure) -> RequestDetail {
        let changed = try execute(Self.advancing(id, progress, at: now))
        if changed > 0 {
            try keepPayloads([(id, RequestPayload(response: progress.response, error: progress.error))])
        }
        let detail = try request(id)
        guard changed > 0 else {
            let status = detail.record.status.rawValue
            throw .conflict(
                detail.record.status.isFinished
                    ? "The request is already \(status)"
                    : "The request is \(status) and cannot become \(progress.status.rawValue)")
        }
        return detail
    }

    /// A call as it is in this transaction. Throws `.notFound`.
    package func request(_ id: ID<ProviderRequest>) throws(Failure) -> RequestDetail {
        try one("Request", Store.request(id), RequestDetail.read)
    }

    private static func advancing(
        _ id: ID<ProviderRequest>, _ progress: RequestProgress, at now: Timestamp
    ) -> SQL {
        let before: [RequestStatus] = progress.status == .pending ? [.pending] : [.pending, .processing]
        let end = progress.status.isFinished ? progress.completedAt ?? now : nil
        return """
            -- Store.advanceRequest
            UPDATE requests r
            SET status = \(progress.status), completed_at = greatest(\(end)::timestamptz, c.created_at),
                response_ms = coalesce(\(progress.responseTime)::integer, r.response_ms),
                cost = coalesce(\(progress.cost)::numeric, c.cost),
                currency = CASE
                    WHEN \(progress.cost)::numeric IS NOT NULL THEN coalesce(\(progress.currency), c.provider_currency)
                    WHEN c.cost IS NOT NULL THEN c.currency
                END,
                price_id = CASE WHEN \(progress.cost)::numeric IS NULL AND c.cost IS NOT NULL THEN c.price_id END,
                provider_request_id = coalesce(\(progress.providerRequestID), r.provider_request_id)
            FROM (
                SELECT q.id, CASE WHEN \(end)::timestamptz IS NOT NULL THEN q.created_at END AS created_at,
                       p.currency AS provider_currency, held.id AS price_id, held.currency,
                       CASE
                           WHEN \(progress.status) = 'completed' OR \(progress.isCharged)
                               THEN call_cost(held, q.quantity, q.resolution, q.prompt_tokens, q.cached_prompt_tokens,
                                              q.cache_write_tokens, q.completion_tokens)
                       END AS cost
                FROM requests q
                JOIN providers p ON p.id = q.provider_id
                LEFT JOIN models m ON m.provider_id = q.provider_id AND m.name = q.model
                LEFT JOIN LATERAL price_at(m.id, q.created_at) AS held ON true
                WHERE q.id = \(id)
            ) AS c
            WHERE r.id = \(id) AND r.id = c.id AND r.status = ANY (\(before)::text[])
            """
    }
}

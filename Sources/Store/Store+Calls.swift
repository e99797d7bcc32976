import Domain
import Postgres

/// A call that the provider answered.
package struct CompletedCall: Sendable {
    package let purpose: String
    package let userID: String
    package let model: String
    package let reportedModel: String
    /// The names under which its price is looked up, the best first.
    package let priceNames: [String]
    package let promptTokens: Int
    package let cachedPromptTokens: Int
    package let cacheWriteTokens: Int
    package let completionTokens: Int
    package let startedAt: Timestamp
    package let completedAt: Timestamp
    package let responseMilliseconds: Int
    package let httpRequestID: String

    package init(
        purpose: String, userID: String, model: String, reportedModel: String, priceNames: [String],
        promptTokens: Int, cachedPromptTokens: Int, cacheWriteTokens: Int, completionTokens: Int,
        startedAt: Timestamp, completedAt: Timestamp, responseMilliseconds: Int, httpRequestID: String
    ) {
        self.purpose = purpose
        self.userID = userID
        self.model = model
        self.reportedModel = reportedModel
        self.priceNames = priceNames
        self.promptTokens = promptTokens
        self.cachedPromptTokens = cachedPromptTokens
        self.cacheWriteTokens = cacheWriteTokens
        self.completionTokens = completionTokens
        self.startedAt = startedAt
        self.completedAt = completedAt
        self.responseMilliseconds = responseMilliseconds
        self.httpRequestID = httpRequestID
    }
}

/// A call that failed.
package struct FailedCall: Sendable {
    package let purpose: String
    package let userID: String
    package let model: String
    package let kind: UpstreamFailure.Kind
    package let startedAt: Timestamp
    package let completedAt: Timestamp
    package let responseMilliseconds: Int
    package let httpRequestID: String

    package init(
        purpose: String, userID: String, model: String, kind: UpstreamFailure.Kind, startedAt: Timestamp,
        completedAt: Timestamp, responseMilliseconds: Int, httpRequestID: String
    ) {
        self.purpose = purpose
        self.userID = userID
        self.model = model
        self.kind = kind
        self.startedAt = startedAt
        self.completedAt = completedAt
        self.responseMilliseconds = responseMilliseconds
        self.httpRequestID = httpRequestID
    }
}

extension Transaction {
    /// Makes the partitions for calls of this month and the following ones, where they are missing.
    package func ensureRequestPartitions(months: Int) throws(Failure) {
        _ = try rows(
            """
            -- Store.ensureRequestPartitions
            SELECT create_request_partitions(now(), \(months)::integer)
            """
        ) { (row) throws(PostgresError) in try row.next(Int.self) }
    }

    /// Accounts a call: its row with the price version that held when it began, and the connection's totals.
    /// Returns the cost, nil when the price is unknown.
    package func record(
        _ call: CompletedCall, through target: CallTarget, of owner: Owner
    ) throws(Failure) -> ExactDecimalSum? {
        let cost = try rows(
            """
            -- Store.recordCall
            INSERT INTO requests (id, provider_id, connection_id, owner, user_id, purpose, model, reported_model,
                                  status, created_at, completed_at, response_ms, prompt_tokens,
                                  cached_prompt_tokens, cache_write_tokens, completion_tokens,
                                  cost, currency, price_id, http_request_id)
            SELECT \(ID<ProviderRequest>.make(at: call.startedAt)), p.id, \(target.connectionID), \(owner),
                   \(call.userID), \(call.purpose), \(call.model), \(call.reportedModel),
                   'completed', \(call.startedAt)::timestamptz, \(call.completedAt)::timestamptz,
                   \(call.responseMilliseconds), \(call.promptTokens), \(call.cachedPromptTokens),
                   \(call.cacheWriteTokens), \(call.completionTokens),
                   charge.cost, CASE WHEN charge.cost IS NOT NULL THEN charge.currency END,
                   CASE WHEN charge.cost IS NOT NULL THEN charge.id END, \(call.httpRequestID)
            FROM providers p
            LEFT JOIN LATERAL (
                SELECT (held.price).id, (held.price).currency,
                       token_cost(held.price, \(call.promptTokens)::bigint, \(call.cachedPromptTokens)::bigint,
                                  \(call.cacheWriteTokens)::bigint, \(call.completionTokens)::bigint) AS cost
                FROM unnest(\(call.priceNames)::text[]) WITH ORDINALITY AS candidate (name, rank)
                JOIN models m ON m.provider_id = p.id AND m.name = candidate.name
                CROSS JOIN LATERAL (
                    SELECT one
                    FROM prices AS one
                    WHERE one.model_id = m.id AND one.effective_from <= \(call.startedAt)::timestamptz
                    ORDER BY one.effective_from DESC
                    LIMIT 1
                ) AS held (price)
                ORDER BY candidate.rank
                LIMIT 1
            ) AS charge ON true
            WHERE p.slug = \(target.slug)
            RETURNING trim_scale(cost)
            """
        ) { (row) throws(PostgresError) in try row.nextOptional(ExactDecimalSum.self) }
        try execute(
            """
            -- Store.recordUse
            UPDATE connections
            SET usage_count = usage_count + 1,
                total_tokens = total_tokens + \(call.promptTokens)::bigint + \(call.completionTokens)::bigint,
                total_cost = total_cost + coalesce(\(cost.first.flatMap { $0 }?.text)::numeric, 0),
                last_used_at = greatest(last_used_at, \(call.completedAt)::timestamptz)
            WHERE id = \(target.connectionID)
            """)
        try settleOwned(target.credentialID, of: target.slug, owner, works: true, at: call.completedAt)
        return cost.first.flatMap { $0 }
    }

    /// Accounts a call that failed. A credential that the provider refuses is switched off; money problems, rate
    /// limits and outages never do that.
    package func record(_ call: FailedCall, through target: CallTarget, of owner: Owner) throws(Failure) {
        try execute(
            """
            -- Store.recordFailedCall
            INSERT INTO requests (id, provider_id, connection_id, owner, user_id, purpose, model, status,
                                  created_at, completed_at, response_ms, error_kind, http_request_id)
            SELECT \(ID<ProviderRequest>.make(at: call.startedAt)), p.id, \(target.connectionID), \(owner),
                   \(call.userID), \(call.purpose), \(call.model), 'failed',
                   \(call.startedAt)::timestamptz, \(call.completedAt)::timestamptz,
                   \(call.responseMilliseconds), \(call.kind.rawValue), \(call.httpRequestID)
            FROM providers p
            WHERE p.slug = \(target.slug)
            """)
        guard call.kind == .invalidCredential else { return }
        try settleOwned(target.credentialID, of: target.slug, owner, works: false, at: call.completedAt)
    }
}

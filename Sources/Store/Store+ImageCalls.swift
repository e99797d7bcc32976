import Domain
import Postgres

/// A call with a credential of the installation, as far as it is the same whatever came of it.
package struct InstallationCall: Sendable {
    package let slug: ProviderSlug
    package let credential: ID<Credential>
    /// That of the row that the key was read from.
    package let credentialVersion: Int
    package let environment: EnvironmentName
    /// Who made it, such as `cli:root`.
    package let userID: String
    package let model: String
    package let startedAt: Timestamp
    package let responseMilliseconds: Int

    package init(
        slug: ProviderSlug, credential: ID<Credential>, credentialVersion: Int, environment: EnvironmentName,
        userID: String, model: String, startedAt: Timestamp, responseMilliseconds: Int
    ) {
        self.slug = slug
        self.credential = credential
        self.credentialVersion = credentialVersion
        self.environment = environment
        self.userID = userID
        self.model = model
        self.startedAt = startedAt
        self.responseMilliseconds = responseMilliseconds
    }

    fileprivate var endedAt: Timestamp {
        Timestamp(microseconds: startedAt.microseconds + Int64(clamping: responseMilliseconds) * 1_000)
    }
}

/// What a model that paints has used.
package struct PaintedImages: Sendable {
    package let count: Int
    package let reportedModel: String
    /// The names under which its price is looked up, the best first.
    package let priceNames: [String]
    package let promptTokens: Int
    package let cachedPromptTokens: Int
    package let cacheWriteTokens: Int
    package let completionTokens: Int
    /// Those of `completionTokens` that a price for a picture contains.
    package let imageTokens: Int
    package let resolution: String?
    /// What the provider says that it charged, and in what; nil where it does not say.
    package let reportedCost: (amount: ExactDecimalSum, currency: String)?

    package init(
        count: Int, reportedModel: String, priceNames: [String], promptTokens: Int, cachedPromptTokens: Int,
        cacheWriteTokens: Int, completionTokens: Int, imageTokens: Int, resolution: String?,
        reportedCost: (amount: ExactDecimalSum, currency: String)?
    ) {
        self.count = count
        self.reportedModel = reportedModel
        self.priceNames = priceNames
        self.promptTokens = promptTokens
        self.cachedPromptTokens = cachedPromptTokens
        self.cacheWriteTokens = cacheWriteTokens
        self.completionTokens = completionTokens
        self.imageTokens = imageTokens
        self.resolution = resolution
        self.reportedCost = reportedCost
    }
}

/// What a call cost.
package struct AccountedCost: Sendable, Equatable {
    package let amount: ExactDecimalSum
    package let currency: String
}

extension Transaction {
    /// Accounts a call that painted: at the provider's own figure, else at the price version that held when it began.
    /// Where that price is for a picture, the tokens that the picture is made of are in it. Returns the cost, nil when
    /// it is unknown.
    package func record(_ painted: PaintedImages, of call: InstallationCall) throws(Failure) -> AccountedCost? {
        let found = try rows(
            """
            -- Store.recordImages
            INSERT INTO requests (id, provider_id, user_id, purpose, model, reported_model, status, created_at,
                                  completed_at, response_ms, prompt_tokens, cached_prompt_tokens,
                                  cache_write_tokens, completion_tokens, quantity, resolution, cost, currency,
                                  price_id)
            SELECT \(ID<ProviderRequest>.make(at: call.startedAt)), p.id, \(call.userID), 'gateway', \(call.model),
                   \(painted.reportedModel), 'completed', \(call.startedAt)::timestamptz,
                   \(call.endedAt)::timestamptz, \(call.responseMilliseconds), \(painted.promptTokens),
                   \(painted.cachedPromptTokens), \(painted.cacheWriteTokens), \(painted.completionTokens),
                   greatest(\(painted.count)::integer, 1), \(painted.resolution), charge.cost,
                   CASE WHEN charge.cost IS NOT NULL THEN charge.currency END,
                   CASE WHEN charge.cost IS NOT NULL THEN charge.price_id END
            FROM providers p
            LEFT JOIN LATERAL (
                SELECT \(painted.reportedCost?.amount.text)::numeric AS cost,
                       \(painted.reportedCost?.currency)::text AS currency, NULL::bigint AS price_id
                WHERE \(painted.reportedCost != nil)::boolean
                UNION ALL
                (SELECT call_cost(held.price, \(painted.count)::numeric, \(painted.resolution),
                                  \(painted.promptTokens)::bigint, \(painted.cachedPromptTokens)::bigint,
                                  \(painted.cacheWriteTokens)::bigint,
                                  CASE
                                      WHEN unit_rate(held.price, \(painted.count)::numeric, \(painted.resolution))
                                          IS NULL THEN \(painted.completionTokens)::bigint
                                      ELSE \(painted.completionTokens)::bigint - \(painted.imageTokens)::bigint
                                  END),
                        (held.price).currency, (held.price).id
                 FROM unnest(\(painted.priceNames)::text[]) WITH ORDINALITY AS candidate (name, rank)
                 JOIN models m ON m.provider_id = p.id AND m.name = candidate.name
                 CROSS JOIN LATERAL (
                     SELECT one
                     FROM prices AS one
                     WHERE one.model_id = m.id AND one.effective_from <= \(call.startedAt)::timestamptz
                     ORDER BY one.effective_from DESC
                     LIMIT 1
                 ) AS held (price)
                 WHERE NOT \(painted.reportedCost != nil)::boolean
                 ORDER BY candidate.rank
                 LIMIT 1)
                LIMIT 1
            ) AS charge ON true
            WHERE p.slug = \(call.slug)
            RETURNING trim_scale(cost), currency
            """
        ) { (row) throws(PostgresError) in
            (try row.nextOptional(ExactDecimalSum.self), try row.nextOptional(String.self))
        }
        try settle(call.credential, version: call.credentialVersion, of: call.slug, works: true, at: call.endedAt)
        guard let (cost, currency) = found.first, let cost, let currency else { return nil }
        return AccountedCost(amount: cost, currency: currency)
    }

    /// Accounts a call that failed. A credential that the provider refuses is switched off; money problems, rate
    /// limits and outages never do that.
    package func record(_ kind: UpstreamFailure.Kind, of call: InstallationCall) throws(Failure) {
        try execute(
            """
            -- Store.recordFailedInstallationCall
            INSERT INTO requests (id, provider_id, user_id, purpose, model, status, created_at, completed_at,
                                  response_ms, error_kind)
            SELECT \(ID<ProviderRequest>.make(at: call.startedAt)), p.id, \(call.userID), 'gateway', \(call.model),
                   'failed', \(call.startedAt)::timestamptz, \(call.endedAt)::timestamptz,
                   \(call.responseMilliseconds), \(kind.rawValue)
            FROM providers p
            WHERE p.slug = \(call.slug)
            """)
        guard kind == .invalidCredential else { return }
        try settle(call.credential, version: call.credentialVersion, of: call.slug, works: false, at: call.endedAt)
    }
}

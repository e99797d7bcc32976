import Domain
import Postgres

extension ProviderConfiguration {
    init(row: inout Row) throws(PostgresError) {
        self.init(
            provider: try row.next(), hasKey: try row.next(), enabled: try row.next(), priority: try row.next(),
            requestsPerMinute: try row.nextOptional(), requestsPerHour: try row.nextOptional(),
            requestsPerDay: try row.nextOptional(), timeoutMilliseconds: try row.next(), maxRetries: try row.next(),
            retryDelayMilliseconds: try row.next(), models: try row.next(), activeModel: try row.nextOptional(),
            lowBalanceThreshold: try row.next(), currency: try row.next(), version: try row.next())
    }
}

extension Store {
    /// Unknown slug: `.notFound`.
    package func configuration(of slug: ProviderSlug) throws(Failure) -> ProviderConfiguration {
        try one("Provider", Self.configuration(of: slug), ProviderConfiguration.init(row:))
    }

    /// What is offered is what administrators switched on and the provider has not retired.
    fileprivate static func configuration(of slug: ProviderSlug) -> SQL {
        """
        -- Store.configuration
        SELECT p.slug,
               EXISTS (
                   SELECT 1
                   FROM credentials k
                   WHERE k.provider_id = p.id AND k.owner IS NULL AND k.environment = 'default'),
               p.enabled, p.priority, p.requests_per_minute, p.requests_per_hour, p.requests_per_day, p.timeout_ms,
               p.max_retries, p.retry_delay_ms,
               ARRAY(
                   SELECT m.name
                   FROM models m
                   WHERE m.provider_id = p.id AND m.is_active AND m.name <> '*'
                     AND (m.retired_at IS NULL OR m.retired_at > now())
                   ORDER BY m.name COLLATE "C"
                   LIMIT 10000),
               p.default_model, trim_scale(p.low_balance_threshold), p.currency, p.version
        FROM providers p
        WHERE p.slug = \(slug)
        """
    }
}

extension Transaction {
    /// Changes what is named and returns the configuration before and after.
    ///
    /// Throws `.notFound` for an unknown provider, `.preconditionFailed` for a version that is not among `versions`,
    /// `.invalid` for a model that the provider does not have or that would be active without being offered,
    /// `.conflict` for another currency than the ledger's.
    package func configure(
        _ slug: ProviderSlug, _ change: ProviderConfigurationChange, ifVersions versions: [Int]?, at now: Timestamp
    ) throws(Failure) -> (before: ProviderConfiguration, after: ProviderConfiguration) {
        try lockProvider(slug)
        let before = try configuration(of: slug)
        if let versions, !versions.contains(before.version) { throw .preconditionFailed }
        if let currency = change.currency { try requireLedger(of: slug, in: currency) }
        if let models = change.models { try offer(models, of: slug, at: now) }
        try update(slug, change, at: now)
        let after = try configuration(of: slug)
        if change.models != nil || change.activeModel != nil { try requireOffered(after, change, slug) }
        return (before, after)
    }

    private func configuration(of slug: ProviderSlug) throws(Failure) -> ProviderConfiguration {
        try one("Provider", Store.configuration(of: slug), ProviderConfiguration.init(row:))
    }

    private func update(
        _ slug: ProviderSlug, _ change: ProviderConfigurationChange, at now: Timestamp
    ) throws(Failure) {
        try execute(
            """
            -- Store.configureProvider
            UPDATE providers
            SET enabled = coalesce(\(change.enabled)::boolean, enabled),
                priority = coalesce(\(change.priority)::integer, priority),
                requests_per_minute = CASE
                    WHEN \(change.requestsPerMinute.isNamed)::boolean THEN \(change.requestsPerMinute.value)::integer
                    ELSE requests_per_minute
                END,
                requests_per_hour = CASE
                    WHEN \(change.requestsPerHour.isNamed)::boolean THEN \(change.requestsPerHour.value)::integer
                    ELSE requests_per_hour
                END,
                requests_per_day = CASE
                    WHEN \(change.requestsPerDay.isNamed)::boolean THEN \(change.requestsPerDay.value)::integer
                    ELSE requests_per_day
                END,
                timeout_ms = coalesce(\(change.timeoutMilliseconds)::integer, timeout_ms),
                max_retries = coalesce(\(change.maxRetries)::integer, max_retries),
                retry_delay_ms = coalesce(\(change.retryDelayMilliseconds)::integer, retry_delay_ms),
                default_model = coalesce(\(change.activeModel)::text, default_model),
                low_balance_threshold = coalesce(\(change.lowBalanceThreshold)::numeric, low_balance_threshold),
                currency = coalesce(\(change.currency)::text, currency),
                version = version + 1,
                updated_at = \(now)::timestamptz
            WHERE slug = \(slug)
            """)
    }

    /// Every name has to be a model that the provider still has; these are offered then, and no others.
    private func offer(_ models: [String], of slug: ProviderSlug, at now: Timestamp) throws(Failure) {
        let known = try rows(
            """
            -- Store.knownModels
            SELECT m.name, m.retired_at IS NOT NULL AND m.retired_at <= now()
            FROM models m
            JOIN providers p ON p.id = m.provider_id
            WHERE p.slug = \(slug) AND m.name <> '*' AND m.name = ANY (\(models)::text[])
            LIMIT \(models.count)
            """
        ) { (row) throws(PostgresError) in
            (name: try row.next(String.self), isRetired: try row.next(Bool.self))
        }
        let retired = Dictionary(known.map { ($0.name, $0.isRetired) }) { first, _ in first }
        let problems = models.enumerated().compactMap { index, name -> FieldProblem? in
            switch retired[name] {
            case nil: FieldProblem("models[\(index)]", "is not a model of this provider")
            case true?: FieldProblem("models[\(index)]", "was retired by the provider")
            case false?: nil
            }
        }
        guard problems.isEmpty else { throw .invalid(Array(problems.prefix(20))) }
        try execute(
            """
            -- Store.offerModels
            UPDATE models m
            SET is_active = m.name = ANY (\(models)::text[]), updated_at = \(now)::timestamptz
            FROM providers p
            WHERE p.slug = \(slug) AND m.provider_id = p.id AND m.name <> '*'
              AND m.is_active <> (m.name = ANY (\(models)::text[]))
            """)
    }

    /// The active model has to be one of those that are offered.
    private func requireOffered(
        _ after: ProviderConfiguration, _ change: ProviderConfigurationChange, _ slug: ProviderSlug
    ) throws(Failure) {
        guard let active = after.activeModel, !after.models.contains(active) else { return }
        guard change.activeModel == nil else {
            throw .invalid("activeModel", "must be one of the models of this provider that are switched on")
        }
        throw .invalid("models", "must contain the active model, or activeModel must name another one")
    }

    /// Totals of one ledger are in one currency.
    private func requireLedger(of slug: ProviderSlug, in currency: String) throws(Failure) {
        let others = try rows(
            """
            -- Store.otherLedgerCurrency
            SELECT a.currency
            FROM credit_accounts a
            JOIN providers p ON p.id = a.provider_id
            WHERE p.slug = \(slug) AND p.currency <> \(currency) AND a.entries > 0 AND a.currency <> \(currency)
            ORDER BY a.currency
            LIMIT 1
            """
        ) { (row) throws(PostgresError) in try row.next(String.self) }
        if let other = others.first { throw .conflict("The ledger of this provider has entries in \(other)") }
    }
}

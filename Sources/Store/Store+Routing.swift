import Domain
import Postgres

extension Store {
    /// The rules that hold, in the order in which they were written.
    package func routing() throws(Failure) -> RoutingConfiguration {
        try RoutingConfiguration(lines: try rows(RoutingConfiguration.query, RoutingLine.init(row:)))
    }
}

extension RoutingConfiguration {
    /// 500 rules of 20 providers, which is what may be written.
    fileprivate static let query: SQL = """
        -- Store.routing
        SELECT newest.version, t.rule, t.model, p.slug, t.priority, t.weight, t.enabled
        FROM (SELECT max(version) AS version FROM routing_versions) AS newest
        LEFT JOIN routing_targets t ON t.version = newest.version
        LEFT JOIN providers p ON p.id = t.provider_id
        ORDER BY t.rule, t.position
        LIMIT 10000
        """

    fileprivate init(lines: [RoutingLine]) throws(Failure) {
        guard let version = lines.first?.version else { throw .defect("there is no routing version") }
        var rules: [(rule: Int, model: String, targets: [RoutingTarget])] = []
        for line in lines {
            guard let target = line.target else { continue }
            if rules.last?.rule == target.rule {
                rules[rules.count - 1].targets.append(try target.parsed())
            } else {
                rules.append((target.rule, target.model, [try target.parsed()]))
            }
        }
        self.init(version: version, rules: rules.map { RoutingRule(model: $0.model, targets: $0.targets) })
    }
}

extension Transaction {
    /// Replaces all rules by a new version; returns both. A version that is not among `versions`:
    /// `.preconditionFailed`. A provider that is not there or does not have the model: `.invalid` with its place.
    package func replaceRouting(
        with rules: [RoutingRule], by: String, ifVersions versions: [Int]?, at now: Timestamp
    ) throws(Failure) -> (before: RoutingConfiguration, after: RoutingConfiguration) {
        try lockRouting()
        // Apart from the lock, so that it sees what was committed while this one waited.
        let current = try routing()
        if let versions, !versions.contains(current.version) { throw .preconditionFailed }
        try checkModels(of: rules)
        let version = try one(
            "Routing",
            """
            -- Store.addRoutingVersion
            INSERT INTO routing_versions (version, created_at, created_by)
            VALUES (\(current.version)::integer + 1, \(now), \(by))
            RETURNING version
            """
        ) { (row) throws(PostgresError) in try row.next(Int.self) }
        try insertTargets(of: rules, version)
        return (current, RoutingConfiguration(version: version, rules: rules))
    }

    /// As `Store.routing`, with what this transaction has changed.
    func routing() throws(Failure) -> RoutingConfiguration {
        try RoutingConfiguration(lines: try rows(RoutingConfiguration.query, RoutingLine.init(row:)))
    }

    /// Holds the configuration until the end of the transaction. Versions are rows that are never changed, so the lock
    /// is not one of a row, for which the right to change it would be needed.
    private func lockRouting() throws(Failure) {
        _ = try rows(
            """
            -- Store.lockRouting
            SELECT pg_advisory_xact_lock(hashtext('routing_versions')) IS NULL
            """
        ) { (row) throws(PostgresError) in try row.next(Bool.self) }
    }

    /// The first target whose provider is unknown or has no such model. A provider whose catalogue has a line for
    /// every model has all of them.
    private func checkModels(of rules: [RoutingRule]) throws(Failure) {
        let lines = rules.lines
        let wrong = try rows(
            """
            -- Store.wrongRoutingTarget
            SELECT line.rule - 1, line.position - 1, p.id IS NULL
            FROM unnest(\(lines.map(\.rule))::integer[], \(lines.map(\.position))::integer[],
                        \(lines.map(\.model))::text[], \(lines.map(\.target.provider.text))::text[])
                 AS line (rule, position, model, provider)
            LEFT JOIN providers p ON p.slug = line.provider
            WHERE NOT EXISTS (
                SELECT FROM models m
                WHERE m.provider_id = p.id AND m.name IN (line.model, '*'))
            ORDER BY line.rule, line.position
            LIMIT 1
            """
        ) { (row) throws(PostgresError) in
            (rule: try row.next(Int.self), position: try row.next(Int.self), isUnknown: try row.next(Bool.self))
        }.first
        guard let wrong else { return }
        throw .invalid(
            "rules[\(wrong.rule)].providers[\(wrong.position)].provider",
            wrong.isUnknown ? "is not a known provider" : "does not have the model of the rule")
    }

    private func insertTargets(of rules: [RoutingRule], _ version: Int) throws(Failure) {
        let lines = rules.lines
        let targets = lines.map(\.target)
        try execute(
            """
            -- Store.addRoutingTargets
            INSERT INTO routing_targets (version, rule, position, model, provider_id, priority, weight, enabled)
            SELECT \(version), line.rule, line.position, line.model, p.id, line.priority, line.weight, line.enabled
            FROM unnest(\(lines.map(\.rule))::integer[], \(lines.map(\.position))::integer[],
                        \(lines.map(\.model))::text[], \(targets.map(\.provider.text))::text[],
                        \(targets.map(\.priority))::integer[], \(targets.map(\.weight))::integer[],
                        \(targets.map(\.enabled))::boolean[])
                 AS line (rule, position, model, provider, priority, weight, enabled)
            JOIN providers p ON p.slug = line.provider
            """)
    }
}

/// A row of the configuration; a version without rules is one row without a target.
private struct RoutingLine {
    struct Target {
        let rule: Int
        let model: String
        let provider: String
        let priority: Int
        let weight: Int
        let enabled: Bool

        func parsed() throws(Failure) -> RoutingTarget {
            RoutingTarget(
                provider: try ProviderSlug(provider), priority: priority, weight: weight, enabled: enabled)
        }
    }

    let version: Int
    let target: Target?

    init(row: inout Row) throws(PostgresError) {
        version = try row.next()
        guard let rule = try row.nextOptional(Int.self) else {
            target = nil
            return
        }
        target = Target(
            rule: rule, model: try row.next(), provider: try row.next(), priority: try row.next(),
            weight: try row.next(), enabled: try row.next())
    }
}

extension [RoutingRule] {
    /// Every target with its place, counted from 1.
    fileprivate var lines: [(rule: Int, position: Int, model: String, target: RoutingTarget)] {
        enumerated().flatMap { rule, content in
            content.targets.enumerated().map { (rule + 1, $0 + 1, content.model, $1) }
        }
    }
}

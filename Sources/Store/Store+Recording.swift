import Domain
import Postgres

extension Transaction {
    /// Records calls that others made, in the order of `reports`, whose IDs differ. One that was reported before with
    /// the same content is not touched; with other content nothing is recorded at all: `.conflict`, which says where,
    /// in the words of `path`. The number of statements does not depend on the number of reports.
    package func record(
        _ reports: [RequestReport], of slug: ProviderSlug, path: (Int) -> String
    ) throws(Failure) -> [RecordedRequest] {
        let identified = reports.map { (id: ID<ProviderRequest>.make(at: $0.createdAt), report: $0) }
        let claimed = try claim(identified, of: slug)
        var found: [Int: RecordedRequest] = [:]
        if claimed.count < reports.count {
            let others = identified.indices.filter { !claimed.contains(identified[$0].id) }
            found = try known(others, reports, of: slug, path)
        }
        let positions = Dictionary(
            identified.enumerated().map { ($0.element.id, $0.offset) }, uniquingKeysWith: { first, _ in first })
        let new = identified.filter { claimed.contains($0.id) }
        for recorded in try insert(new, of: slug) {
            if let position = positions[recorded.id] { found[position] = recorded }
        }
        try keepPayloads(new.map { ($0.id, $0.report.payload) })
        let recorded = reports.indices.compactMap { found[$0] }
        guard recorded.count == reports.count else { throw .defect("a recorded request is missing") }
        return recorded
    }

    /// Takes the callers' IDs that are free, and says for which of ours. Whoever wants one that another transaction has
    /// just taken waits for its end, and all take them in the same order.
    private func claim(
        _ reports: [(id: ID<ProviderRequest>, report: RequestReport)], of slug: ProviderSlug
    ) throws(Failure) -> Set<ID<ProviderRequest>> {
        let ids = reports.map(\.id)
        let externalIDs = reports.map(\.report.externalID)
        let fingerprints = reports.map { SQLBytes($0.report.fingerprint) }
        return Set(
            try rows(
                """
                -- Store.claimRequests
                INSERT INTO request_keys (provider_id, external_id, request_id, fingerprint)
                SELECT p.id, g.external_id, g.id, g.fingerprint
                FROM unnest(\(externalIDs)::text[], \(ids)::uuid[], \(fingerprints)::bytea[])
                     AS g (external_id, id, fingerprint)
                CROSS JOIN providers p
                WHERE p.slug = \(slug)
                ORDER BY g.external_id
                ON CONFLICT (provider_id, external_id) DO NOTHING
                RETURNING request_id
                """
            ) { (row) throws(PostgresError) in try row.next(ID<ProviderRequest>.self) })
    }

    /// What became of the reports at some positions, whose IDs were taken before. A call whose row retention has
    /// removed is as it was reported.
    private func known(
        _ positions: [Int], _ reports: [RequestReport], of slug: ProviderSlug, _ path: (Int) -> String
    ) throws(Failure) -> [Int: RecordedRequest] {
        let externalIDs = positions.map { reports[$0].externalID }
        let found = try rows(
            """
            -- Store.knownRequests
            SELECT g.position, k.fingerprint, k.request_id, r.status, trim_scale(r.cost)
            FROM unnest(\(externalIDs)::text[], \(positions)::integer[]) AS g (external_id, position)
            JOIN providers p ON p.slug = \(slug)
            JOIN LATERAL (
                SELECT one.fingerprint, one.request_id
                FROM request_keys one
                WHERE one.provider_id = p.id AND one.external_id = g.external_id
                LIMIT 1
            ) AS k ON true
            LEFT JOIN LATERAL (
                SELECT one.status, one.cost
                FROM requests one
                WHERE one.id = k.request_id
                LIMIT 1
            ) AS r ON true
            ORDER BY g.position
            """
        ) { (row) throws(PostgresError) in
            (
                position: try row.next(Int.self), fingerprint: try row.next(SQLBytes.self),
                id: try row.next(ID<ProviderRequest>.self), status: try row.nextOptional(RequestStatus.self),
                cost: try row.nextOptional(ExactDecimalSum.self)
            )
        }
        guard found.count == positions.count else { throw .notFound("Provider") }
        var known: [Int: RecordedRequest] = [:]
        for row in found where reports.indices.contains(row.position) {
            let report = reports[row.position]
            guard row.fingerprint.bytes == report.fingerprint else {
                throw .conflict("\(path(row.position)) was recorded before with other content")
            }
            known[row.position] = RecordedRequest(
                externalID: report.externalID, id: row.id, isKnown: true, status: row.status ?? report.status,
                cost: row.status == nil ? report.cost.flatMap { ExactDecimalSum($0.text) } : row.cost)
        }
        return known
    }

    private func insert(
        _ reports: [(id: ID<ProviderRequest>, report: RequestReport)], of slug: ProviderSlug
    ) throws(Failure) -> [RecordedRequest] {
        guard !reports.isEmpty else { return [] }
        return try rows(Self.inserting(RequestColumns(reports), slug)) { (row) throws(PostgresError) in
            let (externalID, id): (String, ID<ProviderRequest>) = (try row.next(), try row.next())
            return RecordedRequest(
                externalID: externalID, id: id, isKnown: false, status: try row.next(), cost: try row.nextOptional())
        }
    }

    /// The price version that held when each call was made decides, where no cost is given. Each price is worked out
    /// once for each quantity and resolution, of which a batch has few.
    private static func inserting(_ columns: RequestColumns, _ slug: ProviderSlug) -> SQL {
        """
        -- Store.recordRequests
        WITH given AS MATERIALIZED (
            SELECT *
            FROM unnest(
                \(columns.ids)::uuid[], \(columns.externalIDs)::text[], \(columns.models)::text[],
                \(columns.statuses)::text[], \(columns.userIDs)::text[], \(columns.createdAt)::timestamptz[],
                \(columns.completedAt)::timestamptz[], \(columns.responseTimes)::integer[], \(columns.costs)::numeric[],
                \(columns.quantities)::numeric[], \(columns.resolutions)::text[], \(columns.providerRequestIDs)::text[])
                AS g (id, external_id, model, status, user_id, created_at, completed_at, response_ms, cost, quantity,
                      resolution, provider_request_id)
        ), versions AS MATERIALIZED (
            SELECT m.name AS model, v.id, v.currency, v.effective_from,
                   lead(v.effective_from, 1, 'infinity') OVER (PARTITION BY m.id ORDER BY v.effective_from) AS until
            FROM providers p
            JOIN models m ON m.provider_id = p.id
            JOIN prices v ON v.model_id = m.id
            WHERE p.slug = \(slug)
              AND m.name IN (SELECT g.model FROM given g WHERE g.status = 'completed' AND g.cost IS NULL)
        ), charged AS MATERIALIZED (
            SELECT g.id, g.quantity, g.resolution, v.id AS price_id, v.currency
            FROM given g
            JOIN versions v ON v.model = g.model AND g.created_at >= v.effective_from AND g.created_at < v.until
            WHERE g.status = 'completed' AND g.cost IS NULL
        ), rates AS MATERIALIZED (
            SELECT c.price_id, c.quantity, c.resolution, call_cost(v, c.quantity, c.resolution, 0, 0, 0, 0) AS cost
            FROM (SELECT DISTINCT price_id, quantity, resolution FROM charged) AS c
            JOIN prices v ON v.id = c.price_id
        ), costs AS MATERIALIZED (
            SELECT c.id, c.price_id, c.currency, r.cost
            FROM charged c
            JOIN rates r ON r.price_id = c.price_id AND r.quantity = c.quantity
                        AND coalesce(r.resolution, '') = coalesce(c.resolution, '')
            WHERE r.cost IS NOT NULL
        )
        INSERT INTO requests (id, provider_id, external_id, user_id, purpose, model, status, created_at, completed_at,
                              response_ms, cost, currency, price_id, provider_request_id, quantity, resolution)
        SELECT g.id, p.id, g.external_id, g.user_id, 'recorded', g.model, g.status, g.created_at, g.completed_at,
               g.response_ms, coalesce(g.cost, c.cost), CASE WHEN g.cost IS NULL THEN c.currency ELSE p.currency END,
               c.price_id, g.provider_request_id, g.quantity, g.resolution
        FROM given g
        JOIN providers p ON p.slug = \(slug)
        LEFT JOIN costs c ON c.id = g.id
        ORDER BY g.id
        RETURNING external_id, id, status, trim_scale(cost)
        """
    }

    /// Keeps what there is of payloads; of a call that has some already, what is given takes the place of what was there.
    func keepPayloads(_ payloads: [(id: ID<ProviderRequest>, payload: RequestPayload)]) throws(Failure) {
        let kept = payloads.filter { !$0.payload.isEmpty }
        guard !kept.isEmpty else { return }
        let (ids, metadata) = (kept.map(\.id), kept.map(\.payload.metadata))
        let (requests, responses, errors) = (
            kept.map(\.payload.request), kept.map(\.payload.response), kept.map(\.payload.error)
        )
        try execute(
            """
            -- Store.keepPayloads
            INSERT INTO request_payloads AS y (request_id, metadata, request, response, error)
            SELECT g.id, g.metadata::json, g.request::json, g.response::json, g.error::json
            FROM unnest(\(ids)::uuid[], \(metadata)::text[], \(requests)::text[], \(responses)::text[],
                        \(errors)::text[]) AS g (id, metadata, request, response, error)
            ON CONFLICT (request_id) DO UPDATE
            SET metadata = coalesce(excluded.metadata, y.metadata), request = coalesce(excluded.request, y.request),
                response = coalesce(excluded.response, y.response), error = coalesce(excluded.error, y.error)
            """)
    }
}

/// Reports by column, for `unnest`.
private struct RequestColumns {
    let ids: [ID<ProviderRequest>]
    let externalIDs: [String]
    let models: [String]
    let statuses: [RequestStatus]
    let userIDs: [String?]
    let createdAt: [Timestamp]
    let completedAt: [Timestamp?]
    let responseTimes: [Int?]
    let costs: [ExactDecimal?]
    let quantities: [ExactDecimal]
    let resolutions: [String?]
    let providerRequestIDs: [String?]

    init(_ reports: [(id: ID<ProviderRequest>, report: RequestReport)]) {
        ids = reports.map(\.id)
        externalIDs = reports.map(\.report.externalID)
        models = reports.map(\.report.model)
        statuses = reports.map(\.report.status)
        userIDs = reports.map(\.report.userID)
        createdAt = reports.map(\.report.createdAt)
        completedAt = reports.map(\.report.completedAt)
        responseTimes = reports.map(\.report.responseTime)
        costs = reports.map(\.report.cost)
        quantities = reports.map(\.report.quantity)
        resolutions = reports.map(\.report.resolution)
        providerRequestIDs = reports.map(\.report.providerRequestID)
    }
}

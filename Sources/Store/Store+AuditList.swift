import Domain
import Postgres

/// Which rows of the audit log are wanted; nil is no filter.
package struct AuditFilter: Sendable {
    package var actor: String?
    package var action: String?
    package var provider: String?
    package var outcome: AuditEntry.Outcome?
    package var span = TimeSpan.always

    package init() {}

    /// Whether every row is wanted.
    var isEmpty: Bool {
        actor == nil && action == nil && provider == nil && outcome == nil && span == .always
    }
}

/// One row of the audit log, as people read it.
package struct AuditLine: Sendable {
    package let sequence: Int
    package let at: Timestamp
    package let entry: AuditEntry

    init(row: inout Row) throws(PostgresError) {
        sequence = try row.next()
        at = try row.next()
        entry = try AuditEntry(row: &row)
    }
}

extension AuditEntry {
    /// The columns from `actor` to `details`, in the table's order.
    init(row: inout Row) throws(PostgresError) {
        let actor: String = try row.next()
        let owner: String? = try row.nextOptional()
        let action: String = try row.next()
        let subject: String = try row.next()
        let provider: String? = try row.nextOptional()
        guard let outcome = Outcome(rawValue: try row.next()) else {
            throw .decoding(column: 8, "is not an outcome")
        }
        self.init(
            actor: actor, owner: owner, action: action, subject: subject, provider: provider, outcome: outcome,
            remoteAddress: try row.next(), requestID: try row.next(), details: try row.next())
    }
}

extension Store {
    /// One page of the audit log, newest first. Without a filter the total is exact, since rows are numbered without
    /// gaps; with one it is counted up to `auditCountLimit` and beyond that an estimate, which is that limit.
    ///
    /// Throws `.invalid` for a cursor that is no row's number.
    package func audit(_ filter: AuditFilter, _ page: Page) throws(Failure) -> Slice<AuditLine> {
        let before = try position(page)
        let found = try rows(select(filter, before: before, limit: page.limit + 1, offset: page.offset)) {
            (row) throws(PostgresError) in try AuditLine(row: &row)
        }
        let lines = Array(found.prefix(page.limit))
        let counted = try count(filter)
        return Slice(
            rows: lines, total: min(counted, filter.isEmpty ? .max : Self.auditCountLimit),
            isEstimate: !filter.isEmpty && counted > Self.auditCountLimit,
            next: found.count > page.limit ? lines.last.map { String($0.sequence) } : nil)
    }

    /// Every row that the filter names, newest first, one after the other.
    package func eachAuditLine(
        _ filter: AuditFilter, _ each: (AuditLine) throws(Failure) -> Void
    ) throws(Failure) {
        try self.each(
            select(filter, before: nil, limit: .max, offset: 0),
            { (row) throws(PostgresError) in try AuditLine(row: &row) }, each)
    }

    /// Counting further would take longer than anybody wants to wait for a number.
    package static var auditCountLimit: Int { 10_000 }

    private func position(_ page: Page) throws(Failure) -> Int? {
        guard let after = page.after else { return nil }
        guard let sequence = Int(after), sequence >= 1 else { throw .invalid("cursor", "is not a cursor of this list") }
        return sequence
    }

    private func select(_ filter: AuditFilter, before: Int?, limit: Int, offset: Int) -> SQL {
        """
        -- Store.audit
        SELECT seq, at, actor, owner, action, subject, provider, outcome, remote_address, request_id, details
        FROM audit_log
        WHERE (\(before)::bigint IS NULL OR seq < \(before)::bigint)
          AND (\(filter.actor)::text IS NULL OR actor = \(filter.actor)::text)
          AND (\(filter.action)::text IS NULL OR action = \(filter.action)::text)
          AND (\(filter.provider)::text IS NULL OR provider = \(filter.provider)::text)
          AND (\(filter.outcome?.rawValue)::text IS NULL OR outcome = \(filter.outcome?.rawValue)::text)
          AND (\(filter.span.start)::timestamptz IS NULL OR at >= \(filter.span.start)::timestamptz)
          AND (\(filter.span.end)::timestamptz IS NULL OR at < \(filter.span.end)::timestamptz)
        ORDER BY seq DESC
        LIMIT \(limit)
        OFFSET \(offset)
        """
    }

    private func count(_ filter: AuditFilter) throws(Failure) -> Int {
        guard !filter.isEmpty else {
            return try one(
                "Audit head",
                """
                -- Store.auditTotal
                SELECT seq
                FROM audit_head
                """
            ) { (row) throws(PostgresError) in try row.next(Int.self) }
        }
        return try one(
            "Count",
            """
            -- Store.auditCount
            SELECT count(*)
            FROM (
                SELECT 1
                FROM audit_log
                WHERE (\(filter.actor)::text IS NULL OR actor = \(filter.actor)::text)
                  AND (\(filter.action)::text IS NULL OR action = \(filter.action)::text)
                  AND (\(filter.provider)::text IS NULL OR provider = \(filter.provider)::text)
                  AND (\(filter.outcome?.rawValue)::text IS NULL OR outcome = \(filter.outcome?.rawValue)::text)
                  AND (\(filter.span.start)::timestamptz IS NULL OR at >= \(filter.span.start)::timestamptz)
                  AND (\(filter.span.end)::timestamptz IS NULL OR at < \(filter.span.end)::timestamptz)
                LIMIT \(Self.auditCountLimit + 1)
            ) AS counted
            """
        ) { (row) throws(PostgresError) in try row.next(Int.self) }
    }
}

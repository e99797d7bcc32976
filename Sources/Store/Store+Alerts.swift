import Domain
import Postgres

/// One alert, as lists show it.
package struct AlertRecord: Sendable {
    package let id: Int
    package let severity: String
    package let type: String
    package let message: String
    package let createdAt: Timestamp
    package let resolvedAt: Timestamp?

    init(row: inout Row) throws(PostgresError) {
        id = try row.next()
        severity = try row.next()
        type = try row.next()
        message = try row.next()
        createdAt = try row.next()
        resolvedAt = try row.nextOptional()
    }
}

/// Which alerts of a provider are wanted.
package struct AlertFilter: Sendable {
    package let severity: AlertSeverity?
    package let type: AlertType?
    package let resolved: Bool

    package init(severity: AlertSeverity? = nil, type: AlertType? = nil, resolved: Bool = false) {
        self.severity = severity
        self.type = type
        self.resolved = resolved
    }

    /// Spelled out in the statement, so that the index of the open ones serves.
    fileprivate var state: StaticString {
        resolved ? "a.resolved_at IS NOT NULL" : "a.resolved_at IS NULL"
    }
}

extension Store {
    /// The alerts of a provider, newest first. `page.after` is the number of the last alert of the page before; one that
    /// is no number is `.invalid`. Unknown slug: `.notFound`.
    package func alerts(
        of slug: ProviderSlug, _ filter: AlertFilter, _ page: Page
    ) throws(Failure) -> Slice<AlertRecord> {
        let before = try page.after.map { text throws(Failure) in
            guard let number = Int(text), number >= 1 else {
                throw .invalid("cursor", "is not a cursor of this list")
            }
            return number
        }
        let total = try countAlerts(of: slug, filter)
        // One more than wanted tells whether there is another page.
        let found = try rows(
            """
            -- Store.alerts
            SELECT a.id, a.severity, a.type, a.message, a.created_at, a.resolved_at
            FROM alerts a
            WHERE a.provider_id = (SELECT id FROM providers WHERE slug = \(slug)) AND \(literal: filter.state)
              AND (\(filter.severity?.rawValue)::text IS NULL OR a.severity = \(filter.severity?.rawValue)::text)
              AND (\(filter.type?.rawValue)::text IS NULL OR a.type = \(filter.type?.rawValue)::text)
              AND a.id < coalesce(\(before)::bigint, 9223372036854775807)
            ORDER BY a.id DESC
            LIMIT \(page.limit + 1)
            OFFSET \(page.offset)
            """, AlertRecord.init(row:))
        let rows = Array(found.prefix(page.limit))
        return Slice(
            rows: rows, total: total, next: found.count > rows.count ? rows.last.map { String($0.id) } : nil)
    }

    /// All of them, one after the other, for an export.
    package func eachAlert(
        of slug: ProviderSlug, _ filter: AlertFilter, _ each: (AlertRecord) throws(Failure) -> Void
    ) throws(Failure) {
        try self.each(
            """
            -- Store.eachAlert
            SELECT a.id, a.severity, a.type, a.message, a.created_at, a.resolved_at
            FROM alerts a
            WHERE a.provider_id = (SELECT id FROM providers WHERE slug = \(slug)) AND \(literal: filter.state)
              AND (\(filter.severity?.rawValue)::text IS NULL OR a.severity = \(filter.severity?.rawValue)::text)
              AND (\(filter.type?.rawValue)::text IS NULL OR a.type = \(filter.type?.rawValue)::text)
            ORDER BY a.id DESC
            """, AlertRecord.init(row:), each)
    }

    private func countAlerts(of slug: ProviderSlug, _ filter: AlertFilter) throws(Failure) -> Int {
        try one(
            "Provider",
            """
            -- Store.countAlerts
            SELECT (
                SELECT count(*)
                FROM alerts a
                WHERE a.provider_id = p.id AND \(literal: filter.state)
                  AND (\(filter.severity?.rawValue)::text IS NULL OR a.severity = \(filter.severity?.rawValue)::text)
                  AND (\(filter.type?.rawValue)::text IS NULL OR a.type = \(filter.type?.rawValue)::text))
            FROM providers p
            WHERE p.slug = \(slug)
            """
        ) { (row) throws(PostgresError) in try row.next(Int.self) }
    }
}

extension Transaction {
    /// An alert that somebody makes. Unknown slug: `.notFound`.
    package func addAlert(
        _ severity: AlertSeverity, _ message: String, for slug: ProviderSlug, by subject: String, at now: Timestamp
    ) throws(Failure) -> AlertRecord {
        try one(
            "Provider",
            """
            -- Store.addAlert
            INSERT INTO alerts (provider_id, severity, type, message, created_at, last_seen_at, created_by)
            SELECT p.id, \(severity.rawValue), 'custom', \(message), \(now)::timestamptz, \(now)::timestamptz, \(subject)
            FROM providers p
            WHERE p.slug = \(slug)
            RETURNING id, severity, type, message, created_at, resolved_at
            """, AlertRecord.init(row:))
    }

    /// Ends an open alert. Unknown, or another provider's: `.notFound`. Ended already: `.conflict`.
    package func resolveAlert(
        _ id: Int, of slug: ProviderSlug, note: String?, by subject: String, at now: Timestamp
    ) throws(Failure) -> AlertRecord {
        let alert = try one(
            "Alert",
            """
            -- Store.lockAlert
            SELECT a.id, a.severity, a.type, a.message, a.created_at, a.resolved_at
            FROM alerts a
            JOIN providers p ON p.id = a.provider_id
            WHERE a.id = \(id)::bigint AND p.slug = \(slug)
            FOR UPDATE OF a
            """, AlertRecord.init(row:))
        guard alert.resolvedAt == nil else { throw .conflict("The alert is resolved already") }
        return try one(
            "Alert",
            """
            -- Store.resolveAlert
            UPDATE alerts
            SET resolved_at = \(now)::timestamptz, resolved_by = \(subject), resolution_note = \(note)
            WHERE id = \(id)::bigint
            RETURNING id, severity, type, message, created_at, resolved_at
            """, AlertRecord.init(row:))
    }
}

import Domain
import Postgres

/// One report that `providerctl report` prints: a question to a view or function of the schema `reports`.
package struct Report: Sendable {
    /// One column of the answer, by its name in SQL.
    package struct Column: Sendable {
        package let name: String
        package let kind: Kind
    }

    /// How a cell is written: a number has no quotes in JSON, a moment is shown in ISO 8601.
    package enum Kind: Sendable {
        case text, number, flag, moment
    }

    package let name: String
    package let summary: String
    package let columns: [Column]
    /// Whether it is about a period, and about the state of now otherwise.
    package let hasPeriod: Bool
    /// Whether it can be about one provider.
    package let hasProvider: Bool
    let sql: @Sendable (ReportScope) -> SQL

    /// `columns` are names with `#` before numbers, `?` before flags and `@` before moments.
    init(
        _ name: String, _ summary: String, hasPeriod: Bool = false, hasProvider: Bool = true, columns: String,
        sql: @escaping @Sendable (ReportScope) -> SQL
    ) {
        self.name = name
        self.summary = summary
        self.hasPeriod = hasPeriod
        self.hasProvider = hasProvider
        self.columns = columns.split(separator: " ").map { word in
            switch word.first {
            case "#": Column(name: String(word.dropFirst()), kind: .number)
            case "?": Column(name: String(word.dropFirst()), kind: .flag)
            case "@": Column(name: String(word.dropFirst()), kind: .moment)
            default: Column(name: String(word), kind: .text)
            }
        }
        self.sql = sql
    }

    /// Every report, in the order in which they are listed.
    package static let all: [Report] = [
        .spendByDay, .spendByModel, .spendByProvider, .spendByOwner, .balances, .ledgerCheck, .priceChanges,
        .reliability,
        .keyAges, .partitions, .unposted,
    ]
}

/// What a report is about. Everything but the zone may be absent.
package struct ReportScope: Sendable {
    /// The first and the last day in `zone`, both included. Without the last one it is today, without the first one
    /// there are thirty.
    package let first: String?
    package let last: String?
    package let zone: String
    /// A provider's slug.
    package let provider: String?

    package init(first: String? = nil, last: String? = nil, zone: String = "UTC", provider: String? = nil) {
        self.first = first
        self.last = last
        self.zone = zone
        self.provider = provider
    }
}

/// The reports of one installation, read with the rights of the role for reports, which has no others.
package struct Reports: Sendable {
    private let pool: Pool

    package init(pool: Pool) { self.pool = pool }

    /// Whether this is a time zone of the IANA database: more than that is known to the database.
    package func knows(zone: String) throws(PostgresError) -> Bool {
        try has(
            """
            -- Reports.knowsZone
            SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = \(zone) AND \(literal: TimeZoneNames.areIANA))
            """)
    }

    /// Whether the installation has this provider.
    package func knows(provider: String) throws(PostgresError) -> Bool {
        try has(
            """
            -- Reports.knowsProvider
            SELECT EXISTS (SELECT FROM reports.providers WHERE provider = \(provider))
            """)
    }

    private func has(_ question: SQL) throws(PostgresError) -> Bool {
        try pool.withSession(mapping: { $0 }) { (session) throws(PostgresError) in
            try session.query(question) { (row) throws(PostgresError) in try row.next(Bool.self) }
        } == [true]
    }

    /// Hands over the rows of a report one after the other until `each` returns false: a text for each column, nil for
    /// NULL. What the database refuses, such as an unknown time zone, is thrown as it is: it is an operator who asks.
    package func each(
        of report: Report, _ scope: ReportScope, _ each: ([String?]) -> Bool
    ) throws(PostgresError) {
        try pool.withSession(mapping: { $0 }) { (session) throws(PostgresError) in
            try session.stream(report.sql(scope)) { (row) throws(PostgresError) in
                var cells: [String?] = []
                cells.reserveCapacity(report.columns.count)
                for column in report.columns { cells.append(try Self.cell(column.kind, &row)) }
                return cells
            } onRow: {
                each($0)
            }
        }
    }

    private static func cell(_ kind: Report.Kind, _ row: inout Row) throws(PostgresError) -> String? {
        switch kind {
        case .text, .number: try row.nextOptional(String.self)
        case .flag: try row.nextOptional(Bool.self).map { $0 ? "true" : "false" }
        case .moment: try row.nextOptional(Timestamp.self)?.iso(.seconds)
        }
    }
}

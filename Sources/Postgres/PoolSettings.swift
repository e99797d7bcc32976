/// Where the database is and what may be asked of it. All times are in milliseconds.
package struct PoolSettings: Sendable {
    /// Keywords (`host=… dbname=…`) or a URI, as libpq reads them. May hold a password.
    package var conninfo: String
    /// The most connections at a time.
    package var size: Int
    /// How long a caller waits for one of them before `.unavailable`.
    package var waitMilliseconds: Int
    /// For a new connection, over all hosts together.
    package var connectMilliseconds: Int
    /// `statement_timeout`; 0 for none.
    package var statementMilliseconds: Int
    /// `lock_timeout`; 0 for none.
    package var lockMilliseconds: Int
    /// `idle_in_transaction_session_timeout`; 0 for none.
    package var idleInTransactionMilliseconds: Int
    /// Off behind a transaction pooler that does not know prepared statements (PgBouncer before 1.21). Such a pooler
    /// also refuses start-up options, so the time limits are then set in each transaction; single statements outside
    /// a transaction have only our own limit and that of the role.
    package var usesPreparedStatements: Bool
    /// Shown in `pg_stat_activity`.
    package var applicationName: String

    package init(
        conninfo: String, size: Int = 16, waitMilliseconds: Int = 2_000, connectMilliseconds: Int = 3_000,
        statementMilliseconds: Int = 10_000, lockMilliseconds: Int = 3_000,
        idleInTransactionMilliseconds: Int = 30_000, usesPreparedStatements: Bool = true,
        applicationName: String = "providerd"
    ) {
        self.conninfo = conninfo
        self.size = size
        self.waitMilliseconds = waitMilliseconds
        self.connectMilliseconds = connectMilliseconds
        self.statementMilliseconds = statementMilliseconds
        self.lockMilliseconds = lockMilliseconds
        self.idleInTransactionMilliseconds = idleInTransactionMilliseconds
        self.usesPreparedStatements = usesPreparedStatements
        self.applicationName = applicationName
    }

    /// The limits as settings of a session.
    var limits: [(name: String, milliseconds: Int)] {
        [
            ("statement_timeout", max(0, statementMilliseconds)),
            ("lock_timeout", max(0, lockMilliseconds)),
            ("idle_in_transaction_session_timeout", max(0, idleInTransactionMilliseconds)),
        ]
    }

    /// What the decoders rely on.
    static let formats = [
        ("TimeZone", "UTC"), ("DateStyle", "ISO"), ("standard_conforming_strings", "on"), ("bytea_output", "hex"),
    ]
}

extension PoolSettings: CustomStringConvertible, CustomReflectable {
    package var description: String { "PoolSettings(\(applicationName), size \(size))" }
    /// Empty, so that a dump cannot show the password in `conninfo`.
    package var customMirror: Mirror { Mirror(self, children: []) }
}

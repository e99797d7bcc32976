import Foundation

/// How the database compares with the migrations of this program.
package enum MigrationStatus: Equatable, Sendable {
    case current
    /// These are to be applied, in this order.
    case pending([String])
    /// This applied migration has another text here.
    case changed(String)
    /// This one is applied and not known here: the database belongs to a newer program.
    case unknown(String)
    /// This one is not applied although a later one is.
    case skipped(String)
}

/// Applies the files of a folder, `NNNN_what_changes.sql`, in their order and each once.
///
/// Each runs in one transaction with its row in `schema_migrations`; there is no way back. Needs a direct connection
/// of a role that may create tables; readiness needs SELECT on `schema_migrations`.
package struct Migrator: Sendable {
    private let files: [MigrationFile]

    /// Reads and checks the files; the database is not asked.
    package init(directory: String) throws(MigrationError) {
        files = try MigrationFile.read(directory: directory)
    }

    /// Whether the folder has no migration: then it is not the folder it was taken for.
    package var isEmpty: Bool { files.isEmpty }

    /// Applies what is pending; the names of what this call applied. Several may call it at the same time.
    package func apply(on session: Session, log: (String) -> Void) throws(MigrationError) -> [String] {
        try exclusively(session) { session throws(MigrationError) in
            try Self.database { () throws(PostgresError) in try session.script(Self.tableText) }
        }
        var applied: [String] = []
        while let name = try applyNext(on: session) {
            log("applied \(name)")
            applied.append(name)
        }
        return applied
    }

    /// Compares; changes nothing and works before the first `apply`, too.
    package func status(on session: Session) throws(PostgresError) -> MigrationStatus {
        let exists = try session.query("SELECT to_regclass('schema_migrations') IS NOT NULL") {
            (row: inout Row) throws(PostgresError) in try row.next(Bool.self)
        }
        return compare(exists == [true] ? try applied(on: session) : [], try checksums(on: session))
    }

    // MARK: - Applying

    private static let tableText = """
        CREATE TABLE IF NOT EXISTS schema_migrations (
            name text CONSTRAINT schema_migrations_pkey PRIMARY KEY,
            checksum text NOT NULL CONSTRAINT schema_migrations_checksum_is_sha256 CHECK (checksum ~ '^[0-9a-f]{64}$'),
            applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
        )
        """

    /// Applies the first pending file; its name, nil when there is none.
    private func applyNext(on session: Session) throws(MigrationError) -> String? {
        try exclusively(session) { session throws(MigrationError) in
            let status = try Self.database { () throws(PostgresError) in
                compare(try applied(on: session), try checksums(on: session))
            }
            switch status {
            case .current: return nil
            case .changed(let name): throw .changed(name)
            case .unknown(let name): throw .unknown(name)
            case .skipped(let name): throw .skipped(name)
            case .pending(let names):
                guard let file = files.first(where: { $0.name == names.first }) else { return nil }
                try run(file, on: session)
                return file.name
            }
        }
    }

    private func run(_ file: MigrationFile, on session: Session) throws(MigrationError) {
        do {
            try session.script(file.text)
            _ = try session.execute(
                """
                -- Migrator.run
                INSERT INTO schema_migrations (name, checksum)
                VALUES (\(file.name), encode(sha256(convert_to(\(file.text), 'UTF8')), 'hex'))
                """)
        } catch {
            throw .failed(name: file.name, error)
        }
    }

    /// A transaction in which no other migrator is at work. Migrations may take long, so only locks have a limit.
    /// The lock is one of the transaction: it cannot outlive a lost connection.
    private func exclusively<T>(
        _ session: Session, _ body: (Session) throws(MigrationError) -> T
    ) throws(MigrationError) -> T {
        try session.transaction(mapping: MigrationError.database) { session throws(MigrationError) in
            try Self.database { () throws(PostgresError) in
                try session.limitStatements(toMilliseconds: 0)
                // Another migrator may take long. Migrations themselves wait for locks as long as any statement does:
                // DDL that waits for a lock makes everybody behind it wait.
                try session.script(
                    """
                    SET LOCAL lock_timeout = 0;
                    SELECT pg_advisory_xact_lock(\(Self.lockKey));
                    SET LOCAL lock_timeout = \(max(0, try session.held().settings.lockMilliseconds))
                    """)
            }
            return try body(session)
        }
    }

    /// The octets "migrator": any number would do as long as nothing else locks it.
    private static let lockKey = 0x6D69_6772_6174_6F72

    private static func database<T>(_ body: () throws(PostgresError) -> T) throws(MigrationError) -> T {
        do { return try body() } catch { throw .database(error) }
    }

    // MARK: - Comparing

    private struct Applied {
        let name: String
        let checksum: String
    }

    private func applied(on session: Session) throws(PostgresError) -> [Applied] {
        try session.query(
            """
            -- Migrator.applied
            SELECT name, checksum
            FROM schema_migrations
            ORDER BY name COLLATE "C"
            """
        ) { (row: inout Row) throws(PostgresError) in Applied(name: try row.next(), checksum: try row.next()) }
    }

    /// The checksums of our files in their order, computed by the server.
    private func checksums(on session: Session) throws(PostgresError) -> [String] {
        try session.query(
            """
            -- Migrator.checksums
            SELECT encode(sha256(convert_to(text, 'UTF8')), 'hex')
            FROM unnest(\(files.map(\.text))::text[]) WITH ORDINALITY AS file (text, place)
            ORDER BY place
            """
        ) { (row: inout Row) throws(PostgresError) in try row.next(String.self) }
    }

    private func compare(_ applied: [Applied], _ checksums: [String]) -> MigrationStatus {
        let known = Dictionary(zip(files.map(\.name), checksums)) { first, _ in first }
        for row in applied {
            guard let checksum = known[row.name] else { return .unknown(row.name) }
            guard checksum == row.checksum else { return .changed(row.name) }
        }
        for (row, file) in zip(applied, files) where row.name != file.name { return .skipped(file.name) }
        let pending = files.dropFirst(applied.count).map(\.name)
        return pending.isEmpty ? .current : .pending(pending)
    }
}

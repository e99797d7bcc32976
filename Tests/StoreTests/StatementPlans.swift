import Postgres
import ScratchDatabase
import XCTest

@testable import Store

/// The plans of statements, as the methods of the store have prepared them.
extension StoreTestCase {
    /// Lets a statement ask for a plan and get it as rows.
    static let explained = """
        CREATE FUNCTION explained(statement text) RETURNS SETOF text LANGUAGE plpgsql AS
        'BEGIN RETURN QUERY EXECUTE ''EXPLAIN (COSTS OFF) '' || statement; END';
        GRANT EXECUTE ON FUNCTION explained(text) TO providerd_app
        """

    /// Once for a class, before the first `plan`.
    class func prepareExplanations() throws { try prepare(explained) }

    /// The plan of the statement that begins with `-- Store.name`, which `body` runs, with the given binds.
    func plan(
        of name: String, _ binds: [String], _ body: (Store) throws -> Void
    ) throws -> String {
        let pool = try database.singleSession()
        try body(Store(pool: pool, keys: try ring()))
        let literals = binds.map { "'\($0)'" }.joined(separator: ", ")
        let lines = try pool.withSession(mapping: { $0 }) { (session) throws(PostgresError) in
            try session.query(
                """
                SELECT explained(format('EXECUTE %I (%s)', name, \(literals)::text))
                FROM pg_prepared_statements
                WHERE statement LIKE '-- ' || \(name) || E'\\n%'
                """
            ) { (row) throws(PostgresError) in try row.next(String.self) }
        }
        XCTAssertFalse(lines.isEmpty, "\(name) was not run")
        return lines.joined(separator: "\n")
    }
}

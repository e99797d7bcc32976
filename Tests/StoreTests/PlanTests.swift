import Domain
import Postgres
import XCTest

@testable import Store

/// The plans of the statements that run in every request, on tables that are large enough for a choice. What is
/// explained is what the methods have prepared, not a copy of its text.
final class PlanTests: StoreTestCase {
    override class func setUp() {
        super.setUp()
        XCTAssertNoThrow(try prepareExplanations())
        XCTAssertNoThrow(
            try prepare(
                """
                WITH made AS (
                    INSERT INTO credentials (id, provider_id, owner, type, sealed, key_id)
                    SELECT gen_random_uuid(), p.id, 'tenant:' || n, 'api_key', decode(repeat('00', 60), 'hex'), 'k1'
                    FROM providers p
                    CROSS JOIN generate_series(1, 2000) AS n
                    RETURNING id, owner, provider_id
                )
                INSERT INTO connections (id, owner, provider_id, credential_id, model)
                SELECT gen_random_uuid(), owner, provider_id, id, 'gpt-4o' FROM made;

                INSERT INTO idempotency_keys (caller, key, fingerprint, claim, locked_until, status, body)
                SELECT 'tenant:' || n, 'key', sha256(n::text::bytea), gen_random_uuid(), now(), 200, ''
                FROM generate_series(1, 5000) AS n;

                INSERT INTO requests (id, provider_id, connection_id, owner, purpose, model, status, created_at, completed_at)
                SELECT overlay(gen_random_uuid()::text placing left(uuid_floor(now())::text, 13) from 1 for 13)::uuid,
                       c.provider_id, c.id, c.owner, 'test', 'm', 'completed', now(), now()
                FROM connections c;

                INSERT INTO models (provider_id, name, display_name, kind)
                SELECT p.id, 'planned ' || n, 'M', 'image' FROM providers p CROSS JOIN generate_series(1, 200) AS n;
                INSERT INTO prices (model_id, effective_from, per_generation, source)
                SELECT m.id, '2020-01-01'::timestamptz + n * interval '1 day', n, 's'
                FROM models m CROSS JOIN generate_series(1, 50) AS n;

                ANALYZE
                """))
    }

    func assertIndexed(
        _ plan: String, _ indexes: String..., file: StaticString = #filePath, line: UInt = #line
    ) {
        for table in ["connections", "credentials", "idempotency_keys", "requests", "audit_log", "prices", "models"] {
            XCTAssertFalse(plan.contains("Seq Scan on \(table)"), plan, file: file, line: line)
        }
        for index in indexes { XCTAssertTrue(plan.contains(index), "\(index) in\n\(plan)", file: file, line: line) }
    }

    private let someone = Owner.tenant("77")

    private func someID() throws -> ID<Connection> {
        try value("SELECT id FROM connections WHERE owner = 'tenant:77' ORDER BY id LIMIT 1")
    }

    func testTheConnectionsOfAnOwnerAreFoundByIndex() throws {
        let plan = try plan(of: "Store.connections", [someone.key]) { store in
            XCTAssertEqual(try store.connections(of: someone).count, try store.providers().count)
        }
        assertIndexed(plan, "connections_one_per_provider", "credentials_pkey")
    }

    func testAConnectionIsFoundByIndex() throws {
        let id = try someID()
        let plan = try plan(of: "Store.connection", [id.text, someone.key]) { store in
            XCTAssertEqual(try store.connection(id, of: someone).id, id)
        }
        assertIndexed(plan, "connections_pkey", "credentials_pkey")
    }

    func testTheTargetOfACallIsFoundByIndex() throws {
        let id = try someID()
        let plan = try plan(of: "Store.callTarget", [id.text, someone.key]) { store in
            // The credential of this row is made up.
            XCTAssertEqual(failure { try store.callTarget(id, of: someone) }, .defect("crypto: \(Self.madeUp)"))
        }
        assertIndexed(plan, "connections_pkey", "credentials_pkey")
    }

    private static let madeUp = "malformed(\"the sealed octets have an unknown format\")"

    func testAKeyIsClaimedAndFoundByIndex() throws {
        let key = IdempotencyKey(
            caller: "tenant:77", key: "key", fingerprint: Array(repeating: 0, count: 32), claim: .make(at: noon))
        let claim = try plan(of: "Store.claim", [key.caller, key.key, "\\x00", key.claim.text, "30"]) { store in
            XCTAssertEqual(try store.claim(key, lockSeconds: 30), .mismatch)
        }
        XCTAssertTrue(claim.contains("Conflict Arbiter Indexes: idempotency_keys_pkey"), claim)
        assertIndexed(claim)
        let claimed = try plan(of: "Store.claimed", ["\\x00", key.caller, key.key]) { store in
            XCTAssertEqual(try store.claim(key, lockSeconds: 30), .mismatch)
        }
        assertIndexed(claimed, "idempotency_keys_pkey")
        let releasing = try plan(of: "Store.releasing", [key.caller, key.key, key.claim.text]) { store in
            XCTAssertNil(store.releasing(key))
        }
        assertIndexed(releasing, "idempotency_keys_pkey")
    }

    func testTheCommandsOfACallFindTheirRowsByIndex() throws {
        let id = try someID()
        let (someone, noon) = (someone, noon)
        let lock = try plan(of: "Store.lock", [id.text, someone.key]) { store in
            _ = try store.transaction { (transaction) throws(Failure) in
                try transaction.update(
                    id, of: someone, ifVersions: nil, credential: nil, settings: .named("m"), isActive: nil, at: noon)
            }
        }
        assertIndexed(lock, "connections_pkey")
        let removal = try plan(of: "Store.removeCredentials", ["openai", "tenant:78", id.text, id.text]) { store in
            _ = try store.transaction { (transaction) throws(Failure) in
                try transaction.configure(
                    Slug.openai, for: .tenant("78"), with: .of("key"), settings: .named("m"), defaultModel: "d",
                    at: noon)
            }
        }
        assertIndexed(removal, "credentials_provider")
    }

    func testTheCallsOfAConnectionAreFoundByIndex() throws {
        let id = try someID()
        let plan = try column(
            "SELECT explained(\("SELECT id FROM requests WHERE connection_id = '\(id)'"))", as: String.self
        )
        .compactMap { $0 }
        let month = try value("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')", as: String.self)
        // A scan of an empty month costs nothing; this one is full.
        let whole = plan.joined(separator: "\n")
        XCTAssertFalse(whole.contains("Seq Scan on requests_\(month)"), whole)
        XCTAssertTrue(whole.contains("requests_\(month)_connection_id_id_idx"), whole)
    }
}

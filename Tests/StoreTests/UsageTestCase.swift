import Domain
import Postgres
import XCTest

@testable import Store

/// A test case whose database has requests of made-up traffic.
class UsageTestCase: StoreTestCase {
    /// Puts in `count` requests of two providers between two moments: all statuses, owners, users, models, costs with
    /// ten decimals and without, prices that are unknown, a foreign currency. The same `seed` gives the same rows.
    func fill(_ count: Int, from: String, to: String, seed: Double = 0.5) throws {
        try run(
            """
            SELECT setseed(\(seed));
            INSERT INTO requests (id, provider_id, owner, user_id, purpose, model, status, created_at, completed_at,
                                  response_ms, prompt_tokens, completion_tokens, cost, currency, external_id)
            SELECT overlay(gen_random_uuid()::text placing left(uuid_floor(made.at)::text, 13) from 1 for 13)::uuid,
                   p.id, (ARRAY[NULL, 'tenant:a', 'user:b'])[1 + floor(made.r1 * 3)],
                   CASE WHEN made.r2 < 0.8 THEN 'user ' || floor(made.r2 * 10) END, 'recorded',
                   (ARRAY['gpt-4o', 'gpt-4o', 'unheard-of', 'a/b:c d'])[1 + floor(made.r3 * 4)], made.status, made.at,
                   CASE WHEN made.status IN ('completed', 'failed', 'cancelled') THEN made.at + interval '1 second' END,
                   CASE WHEN made.r1 < 0.9 THEN floor(made.r2 * 9000) END, floor(made.r3 * 1000), floor(made.r1 * 500),
                   CASE WHEN made.status = 'completed' AND made.r2 < 0.9 THEN round((made.r3 * 0.9)::numeric, 10) END,
                   CASE WHEN made.status = 'completed' AND made.r2 < 0.9
                        THEN CASE WHEN made.r1 < 0.05 THEN 'EUR' ELSE 'USD' END END,
                   CASE WHEN made.r3 < 0.3 THEN 'mine "' || made.n || '"' END
            FROM (
                SELECT n, r1, r2, r3, '\(from)'::timestamptz + random() * ('\(to)'::timestamptz - '\(from)') AS at,
                       (ARRAY['completed', 'completed', 'completed', 'completed', 'completed', 'failed', 'cancelled',
                              'pending', 'processing'])[1 + floor(random() * 9)] AS status
                FROM (SELECT n, random() AS r1, random() AS r2, random() AS r3 FROM generate_series(1, \(count)) AS n)
                     AS numbers
                ORDER BY n
            ) AS made
            JOIN providers p ON p.slug = CASE WHEN made.r3 < 0.6 THEN 'openai' ELSE 'fal_ai' END
            """)
    }

    func post(_ limit: Int) throws -> Int {
        try transact { (transaction) throws(Failure) in try transaction.postUsage(limit: limit) }
    }

    /// Posts until nothing waits; how many times that took.
    @discardableResult
    func postAll(_ limit: Int = 1_000) throws -> Int {
        var times = 0
        while try post(limit) > 0 { times += 1 }
        return times
    }

    func assertNone(_ sql: SQL, _ message: String = "", file: StaticString = #filePath, line: UInt = #line) throws {
        XCTAssertEqual(try column(sql, as: String.self), [], message, file: file, line: line)
    }
}

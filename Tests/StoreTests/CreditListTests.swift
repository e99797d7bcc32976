import Domain
import Foundation
import Postgres
import XCTest

@testable import Store

/// Lists of the ledger against the same question put to the table directly.
final class CreditListTests: LedgerTestCase {
    private let types: [CreditType?] = [nil, .consumption, .purchase, .refund, .adjustment]

    /// Entries whose types are spelled in one letter each: consumption, purchase, refund, adjustment; a minute apart,
    /// three of a minute each.
    private func fill(_ spelled: String) throws {
        let list = spelled.map(String.init)
        try run(
            """
            WITH account AS (
                INSERT INTO credit_accounts (provider_id, currency, balance, entries)
                SELECT id, 'USD', \(list.count), \(list.count) FROM providers WHERE slug = 'fal_ai'
                RETURNING id
            )
            INSERT INTO credit_transactions
            SELECT a.id, n,
                   CASE letter WHEN 'c' THEN 'consumption' WHEN 'p' THEN 'purchase' WHEN 'r' THEN 'refund'
                               ELSE 'adjustment' END,
                   1, n - 1, n, 'd', CASE letter WHEN 'c' THEN gen_random_uuid() END, '{}', NULL,
                   '\(noon.iso(.seconds))'::timestamptz + make_interval(mins => (n::integer - 1) / 3)
            FROM account a
            CROSS JOIN unnest('{\(list.joined(separator: ","))}'::text[]) WITH ORDINALITY AS l (letter, n)
            """)
    }

    private func expected(_ type: CreditType?, _ span: TimeSpan) throws -> [Int] {
        try column(
            """
            SELECT seq FROM credit_transactions
            WHERE (\(type?.rawValue)::text IS NULL OR type = \(type?.rawValue)::text)
              AND created_at >= coalesce(\(span.start)::timestamptz, '-infinity')
              AND created_at < coalesce(\(span.end)::timestamptz, 'infinity')
            ORDER BY seq DESC
            """, as: Int.self
        ).compactMap { $0 }
    }

    func testEveryPageIsWhatThePlainQuestionGives() throws {
        var generator = SystemRandomNumberGenerator()
        let letters = (0..<90).map { _ in "cccccccpra".randomElement(using: &generator).map(String.init) ?? "c" }
        try fill(letters.joined())
        let spans = [
            TimeSpan.always, TimeSpan(start: later(300), end: nil), TimeSpan(start: nil, end: later(900)),
            TimeSpan(start: later(120), end: later(1_201)), TimeSpan(start: later(-60), end: later(-30)),
            TimeSpan(start: later(90_000), end: nil),
        ]
        for type in types {
            for span in spans {
                let all = try expected(type, span)
                for (limit, offset) in [(10, 0), (7, 3), (500, 0), (5, 40), (1, 88), (10, 1_000), (3, 17)] {
                    let slice = try store.creditTransactions(
                        of: Self.fal, CreditFilter(span: span, type: type), Page(limit: limit, offset: offset))
                    let what = "\(String(describing: type)) \(span) \(limit) \(offset) \(letters.joined())"
                    XCTAssertEqual(slice.rows.map(\.sequence), Array(all.dropFirst(offset).prefix(limit)), what)
                    XCTAssertEqual(slice.total, all.count, what)
                    XCTAssertEqual(slice.next != nil, offset + limit < all.count, what)
                }
            }
        }
    }

    func testCursorsAndExportsGiveEveryEntryOnce() throws {
        try fill("pccrcaccpcccccrcpaacccccp")
        for type in types {
            let filter = CreditFilter(type: type)
            let all = try expected(type, .always)
            var seen: [Int] = []
            var after: String?
            repeat {
                let slice = try store.creditTransactions(of: Self.fal, filter, Page(limit: 2, after: after))
                XCTAssertEqual(slice.total, all.count)
                seen += slice.rows.map(\.sequence)
                after = slice.next
            } while after != nil
            XCTAssertEqual(seen, all)
            var exported: [Int] = []
            try store.eachCreditTransaction(of: Self.fal, filter) { exported.append($0.sequence) }
            XCTAssertEqual(exported, all)
        }
    }

    func testWithoutAnAccountTheListIsEmptyAndAStrangeCursorIsRefused() throws {
        XCTAssertEqual(try store.creditTransactions(of: Self.fal, CreditFilter(), Page(limit: 5)).total, 0)
        XCTAssertEqual(
            failure { try store.creditTransactions(of: Slug.nobody, CreditFilter(), Page(limit: 5)) },
            .notFound("Provider"))
        try fill("c")
        for text in ["0", "-1", "x", "99999999999999999999"] {
            XCTAssertEqual(
                failure { try store.creditTransactions(of: Self.fal, CreditFilter(), Page(limit: 5, after: text)) },
                .invalid("cursor", "is not a cursor of this list"))
        }
    }

    func testOnlyTheAccountOfTheProvidersCurrencyIsShown() throws {
        try add("1")
        try run("UPDATE providers SET currency = 'EUR' WHERE slug = 'fal_ai'")
        XCTAssertEqual(try store.creditTransactions(of: Self.fal, CreditFilter(), Page(limit: 5)).total, 0)
        try add("2")
        XCTAssertEqual(try store.balance(of: Self.fal, at: noon).balance.balance.text, "2")
        XCTAssertEqual(try faults(), [])
    }
}

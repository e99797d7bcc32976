import Domain
import Postgres
import XCTest

@testable import Store

/// The plans of the statements about prices, on a catalogue with a long history.
extension PlanTests {
    func testThePriceThatHoldsIsFoundByIndexAndNotByAFunctionCall() throws {
        let slug = try ProviderSlug("replicate")
        let time = "2026-01-01"
        let one = try plan(of: "Store.model", [time, time, slug.text, "planned 7"]) { store in
            XCTAssertEqual(try store.model("planned 7", of: slug, at: noon).model.price.perGeneration?.text, "50")
        }
        assertIndexed(one, "models_name_unique", "prices_one_version_at_a_time")
        XCTAssertFalse(one.contains("Function Scan"), one)
        let list = try plan(of: "Store.models", [time, time, slug.text, "t", time, "50", "0"]) { store in
            let page = try store.models(of: slug, activeOnly: true, at: noon, Page(limit: 50))
            XCTAssertEqual([page.rows.count, page.total], [50, 200])
        }
        XCTAssertTrue(list.contains("prices_one_version_at_a_time"), list)
        XCTAssertFalse(list.contains("Function Scan"), list)
        XCTAssertFalse(list.contains("Seq Scan on prices"), list)
    }

    func testTheHistoryOfAPriceIsFoundByIndex() throws {
        let slug = try ProviderSlug("replicate")
        let plan = try plan(of: "Store.priceHistory", [slug.text, "planned 7", "50", "0"]) { store in
            XCTAssertEqual(try store.priceHistory(of: "planned 7", slug, Page(limit: 50)).rows.count, 50)
        }
        assertIndexed(plan, "models_name_unique", "prices_one_version_at_a_time")
    }
}

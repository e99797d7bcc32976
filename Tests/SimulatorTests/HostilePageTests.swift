import XCTest

@testable import Simulator

/// Places in lists that nobody was given: an empty page or a refusal, never the end of the simulator.
final class HostilePageTests: SimulatorTestCase {
    func testPagesBeyondTheEndOfReplicateAreEmpty() throws {
        for cursor in ["\(Int.max)", "\(Int.min)", "99999999999999999999"] {
            let answer = ask("/replicate/v1/models?cursor=\(cursor)", headers: ["authorization": "Bearer r8_1"])
            XCTAssertEqual(answer.status, 200, text(answer))
        }
    }

    func testPagesOfAnInventoryAreWithinIt() {
        let inventory = SimInventory("machines=7")
        XCTAssertEqual(inventory.page(from: 5, most: 5).machines.map(\.number), [6, 7])
        XCTAssertNil(inventory.page(from: 5, most: 5).next)
        XCTAssertEqual(inventory.page(from: 0, most: 5).next, 5)
        for (start, most) in [(Int.max, Int.max), (7, 1), (Int.max, 1)] {
            XCTAssertTrue(inventory.page(from: start, most: most).machines.isEmpty)
            XCTAssertNil(inventory.page(from: start, most: most).next)
        }
        XCTAssertEqual(inventory.page(from: .min, most: .max).machines.count, 7)
    }

    func testATokenOfTheCollectorWithNumbersBeyondAllIsRefused() throws {
        let inventory = SimInventory("machines=7")
        for numbers in ["\(Int.max)|0|\(Int.max)", "1|0|0", "1|0|x"] {
            XCTAssertThrowsError(try VSphereCollector(token: "VirtualMachine|\(numbers)|name", inventory))
        }
        let far = try VSphereCollector(token: "VirtualMachine|\(Int.max)|\(Int.max)|2|name", inventory)
        XCTAssertEqual(try far.nextPage(), "<returnval></returnval>")
    }
}

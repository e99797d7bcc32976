import XCTest

@testable import FastCGI

final class RespawnTests: XCTestCase {
    func testAChildThatLivedLongIsReplacedAtOnce() {
        var respawn = Respawn()
        respawn.started(at: 0)
        respawn.died(startedAt: 0, at: 10_001)
        XCTAssertEqual(respawn.delay(at: 10_001), 0)
        XCTAssertFalse(respawn.isThrottled)
    }

    func testThreeQuickDeathsSlowTheStartsToOneASecond() {
        var respawn = Respawn()
        for now in [0, 10, 20] {
            XCTAssertEqual(respawn.delay(at: now), 0)
            respawn.started(at: now)
            respawn.died(startedAt: now, at: now + 5)
        }
        XCTAssertTrue(respawn.isThrottled)
        XCTAssertEqual(respawn.delay(at: 25), 995)
        XCTAssertEqual(respawn.delay(at: 1_020), 0)
        respawn.started(at: 1_020)
        XCTAssertEqual(respawn.delay(at: 1_021), 999)
    }

    func testADeathLongAfterTheLastStartEndsTheSlowness() {
        var respawn = Respawn()
        for now in 0..<5 {
            respawn.started(at: now)
            respawn.died(startedAt: now, at: now)
        }
        respawn.died(startedAt: 4, at: 20_000)
        XCTAssertFalse(respawn.isThrottled)
    }

    func testAnOldChildThatEndsAmongFailingOnesDoesNotHideThem() {
        var respawn = Respawn()
        for now in [20_000, 20_001, 20_002] {
            respawn.started(at: now)
            respawn.died(startedAt: now, at: now)
        }
        respawn.died(startedAt: 0, at: 20_003)
        XCTAssertTrue(respawn.isThrottled)
    }
}

import Domain
import XCTest

final class DeadlineTests: XCTestCase {
    func testADeadlineCountsDownToNothing() {
        let deadline = Deadline(afterMilliseconds: 10_000)
        XCTAssertGreaterThan(deadline.remainingMilliseconds, 9_000)
        XCTAssertLessThanOrEqual(deadline.remainingMilliseconds, 10_000)
        XCTAssertEqual(Deadline(afterMilliseconds: 0).remainingMilliseconds, 0)
        XCTAssertEqual(Deadline(afterMilliseconds: -5).remainingMilliseconds, 0)
    }

    func testTheLongestDeadlineDoesNotWrapAround() {
        XCTAssertGreaterThan(Deadline(afterMilliseconds: .max).remainingMilliseconds, 1_000_000_000_000)
        XCTAssertGreaterThan(
            Deadline(afterMilliseconds: 20_000_000_000_000_000).remainingMilliseconds, 1_000_000_000_000)
    }
}

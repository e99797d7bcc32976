import XCTest

@testable import Jobs

/// How much time the checks of a run get.
final class HealthRunTests: XCTestCase {
    func testAProviderGetsWhatIsLeftOfItsRun() {
        XCTAssertEqual(Job.checkMilliseconds(runAge: 0), 8_500)
        XCTAssertEqual(Job.checkMilliseconds(runAge: 1_600), 6_900)
    }

    func testAProviderGetsHalfOfTheTimeAtLeastAndNeverMoreThanARunHas() {
        XCTAssertEqual(Job.checkMilliseconds(runAge: 3_600_000), 5_000)
        XCTAssertEqual(Job.checkMilliseconds(runAge: .max), 5_000)
        XCTAssertEqual(Job.checkMilliseconds(runAge: -5), 8_500)
    }
}

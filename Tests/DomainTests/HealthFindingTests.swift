import Domain
import XCTest

final class HealthFindingTests: XCTestCase {
    private func finding(_ kind: UpstreamFailure.Kind?, status: Int? = 400, after milliseconds: Int = 120)
        -> HealthFinding
    {
        HealthFinding(
            kind.map { UpstreamFailure($0, "our words", status: status) }, of: "Acme", after: milliseconds,
            reason: .manual)
    }

    func testAnAnswerIsHealthyUpToFiveSeconds() {
        for milliseconds in [0, 120, 5_000] {
            let healthy = finding(nil, after: milliseconds)
            XCTAssertEqual(
                healthy, HealthFinding(status: .healthy, responseMilliseconds: milliseconds, reason: .manual))
            XCTAssertTrue(healthy.succeeded)
        }
    }

    func testASlowAnswerIsDegradedAndStillASuccess() {
        let slow = finding(nil, after: 5_001)
        XCTAssertEqual(slow.status, .degraded)
        XCTAssertEqual(slow.errorKind, "slow")
        XCTAssertEqual(slow.errorMessage, "Acme took longer than five seconds to answer")
        XCTAssertTrue(slow.succeeded)
        XCTAssertFalse(slow.refusedCredential)
    }

    func testWhoAsksForPatienceIsDegradedAndEveryOtherFailureIsDown() {
        for (kind, status) in [
            (.rateLimited, .degraded), (.overloaded, .degraded), (.invalidCredential, .down), (.forbidden, .down),
            (.outOfMoney, .down), (.badRequest, .down), (.gone, .down), (.unreachable, .down), (.timedOut, .down),
            (.malformed, .down), (.addressRefused, .down),
        ] as [(UpstreamFailure.Kind, HealthStatus)] {
            let failed = finding(kind)
            XCTAssertEqual(failed.status, status, kind.rawValue)
            XCTAssertEqual(failed.errorKind, kind.rawValue)
            XCTAssertEqual(failed.errorMessage, "our words")
            XCTAssertFalse(failed.succeeded)
            XCTAssertEqual(failed.refusedCredential, kind == .invalidCredential)
        }
    }

    func testWithoutAnAnswerThereIsNoResponseTime() {
        XCTAssertEqual(finding(.overloaded, status: 503).responseMilliseconds, 120)
        XCTAssertNil(finding(.timedOut, status: nil).responseMilliseconds)
    }
}

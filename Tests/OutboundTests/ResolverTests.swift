import Foundation
import Outbound
import Synchronization
import XCTest

final class ResolverTests: XCTestCase {
    private func policy() throws -> AddressPolicy {
        AddressPolicy(allowedNetworks: [try XCTUnwrap(NetworkRange("127.0.0.0/8"))], allowedPorts: .production)
    }

    func testALookUpThatHangsEndsInTimeAndIsSharedByItsCallers() throws {
        let release = DispatchSemaphore(value: 0)
        let started = Counter()
        let resolver = Resolver(limit: 2) { name in
            guard name == "hangs.test" else { return [IPAddress("127.0.0.1")].compactMap { $0 } }
            started.increment()
            release.wait()
            return []
        }
        defer { release.signal() }
        let policy = try policy()
        for _ in 0..<5 {
            let start = Date()
            XCTAssertThrowsError(
                try policy.resolve(HTTPURL("http://hangs.test/"), withinMilliseconds: 100, using: resolver)
            ) { XCTAssertEqual($0 as? OutboundError, .timedOut(.resolution)) }
            XCTAssertLessThan(Date().timeIntervalSince(start), 1)
        }
        XCTAssertEqual(started.value, 1)
        XCTAssertEqual(
            try policy.resolve(HTTPURL("http://fine.test/"), withinMilliseconds: 2_000, using: resolver).count, 1)
    }

    func testOutstandingLookUpsAreBounded() throws {
        let release = DispatchSemaphore(value: 0)
        let started = Counter()
        let resolver = Resolver(limit: 3) { _ in
            started.increment()
            release.wait()
            return [IPAddress("127.0.0.1")].compactMap { $0 }
        }
        let policy = try policy()
        for index in 0..<8 {
            XCTAssertThrowsError(
                try policy.resolve(HTTPURL("http://h\(index).test/"), withinMilliseconds: 20, using: resolver)
            ) { XCTAssertEqual($0 as? OutboundError, .timedOut(.resolution)) }
        }
        // A thread that was started may not have reached its look-up yet.
        for _ in 0..<200 where started.value < 3 { usleep(5_000) }
        XCTAssertEqual(started.value, 3)
        for _ in 0..<4 { release.signal() }
        XCTAssertEqual(
            try policy.resolve(HTTPURL("http://h9.test/"), withinMilliseconds: 2_000, using: resolver).count, 1)
    }

    func testANameWithoutAddressesCannotBeResolved() throws {
        let resolver = Resolver(limit: 2) { _ in [] }
        XCTAssertThrowsError(
            try policy().resolve(HTTPURL("http://none.test/"), withinMilliseconds: 1_000, using: resolver)
        ) { XCTAssertEqual($0 as? OutboundError, .cannotResolve) }
    }

    func testTheSystemsResolverKnowsLocalhostAndProductionRefusesIt() throws {
        let url = try HTTPURL("http://localhost/")
        XCTAssertThrowsError(try AddressPolicy.production.resolve(url, withinMilliseconds: 5_000)) { error in
            guard case .addressRefused? = error as? OutboundError else { return XCTFail("\(error)") }
        }
    }
}

import Foundation
import Locks
import XCTest

@testable import Jobs

/// Work on several things at a time.
final class TogetherTests: XCTestCase {
    func testEveryElementIsWorkedOnOnce() {
        for count in [0, 1, 2, 8, 100] {
            let seen = Guarded<[Int]>([])
            Together.forEach(Array(0..<count)) { element in seen.withLock { $0.append(element) } }
            XCTAssertEqual(seen.withLock { $0.sorted() }, Array(0..<count))
        }
    }

    func testTheCallingThreadWorksToo() {
        // As where the system has no other thread to spare.
        let caller = UInt(pthread_self())
        let worker = Guarded<UInt?>(nil)
        Together.forEach([1]) { _ in worker.withLock { $0 = UInt(pthread_self()) } }
        XCTAssertEqual(worker.withLock { $0 }, caller)
    }

    func testAThreadThatTheSystemRefusesIsToldAboutAndNeverRuns() {
        let ran = Guarded(false)
        // More than an address space has.
        XCTAssertFalse(DetachedThread.start(stackSize: 1 << 47) { ran.withLock { $0 = true } })
        XCTAssertFalse(ran.withLock { $0 })
    }
}

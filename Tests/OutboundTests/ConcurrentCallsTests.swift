import Foundation
import Locks
import Synchronization
import XCTest

@testable import Outbound

final class ConcurrentCallsTests: XCTestCase {
    private struct Problem: Error, Equatable { let element: Int }

    func testValuesComeInTheOrderOfTheElements() throws {
        let squares = try ConcurrentCalls.map(Array(0..<500), atOnce: 4) { (element) throws(Problem) in
            if element % 7 == 0 { usleep(200) }
            return element * element
        }
        XCTAssertEqual(squares, (0..<500).map { $0 * $0 })
        XCTAssertEqual(try ConcurrentCalls.map([Int](), atOnce: 4) { (element) throws(Problem) in element }, [])
        XCTAssertEqual(try ConcurrentCalls.map([1], atOnce: 0) { (element) throws(Problem) in element }, [1])
    }

    func testTheCallersThreadWorksToo() {
        // As where the system has no other thread to spare.
        let caller = UInt(pthread_self())
        XCTAssertEqual(ConcurrentCalls.map([1], atOnce: 4) { _ in UInt(pthread_self()) }, [caller])
    }

    func testAThreadThatTheSystemRefusesIsToldAboutAndNeverRuns() {
        let ran = Mutex(false)
        // More than an address space has.
        XCTAssertFalse(DetachedThread.start(stackSize: 1 << 47) { ran.withLock { $0 = true } })
        XCTAssertFalse(ran.withLock { $0 })
    }

    func testSoManyAreUnderWayAndNoMore() throws {
        let state = Mutex((now: 0, most: 0))
        _ = try ConcurrentCalls.map(Array(0..<40), atOnce: 4) { (_) throws(Problem) in
            state.withLock {
                $0.now += 1
                $0.most = max($0.most, $0.now)
            }
            usleep(5_000)
            state.withLock { $0.now -= 1 }
        }
        XCTAssertEqual(state.withLock { $0.now }, 0)
        XCTAssertEqual(state.withLock { $0.most }, 4)
    }

    func testAfterAFailureNothingMoreIsBegun() {
        let begun = Mutex(0)
        XCTAssertThrowsError(
            try ConcurrentCalls.map(Array(0..<1_000), atOnce: 4) { (element) throws(Problem) in
                begun.withLock { $0 += 1 }
                if element == 10 { throw Problem(element: element) }
                usleep(1_000)
            }
        ) { XCTAssertEqual($0 as? Problem, Problem(element: 10)) }
        XCTAssertLessThan(begun.withLock { $0 }, 100)
    }
}

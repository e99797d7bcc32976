import Domain
import Foundation
import Store
import Synchronization
import XCTest

@testable import API

final class ReadinessGateTests: XCTestCase {
    /// Answers what it is told to and counts the questions.
    private final class Probe: Sendable {
        private let state: Mutex<(answer: Readiness, milliseconds: UInt32, asked: Int)>

        init(_ answer: Readiness, takesMilliseconds milliseconds: UInt32 = 0) {
            state = Mutex((answer, milliseconds, 0))
        }

        func set(_ answer: Readiness, takesMilliseconds milliseconds: UInt32 = 0) {
            state.withLock { ($0.answer, $0.milliseconds) = (answer, milliseconds) }
        }

        var asked: Int { state.withLock { $0.asked } }

        func gate() -> ReadinessGate {
            ReadinessGate {
                let (answer, milliseconds) = self.state.withLock { state in
                    state.asked += 1
                    return (state.answer, state.milliseconds)
                }
                usleep(milliseconds * 1_000)
                return answer
            }
        }
    }

    private func assertClosed(_ gate: ReadinessGate, file: StaticString = #filePath, line: UInt = #line) {
        XCTAssertThrowsError(try gate.pass(), file: file, line: line) {
            XCTAssertEqual($0 as? Failure, .unavailable(retryAfter: 2), file: file, line: line)
        }
    }

    /// A little more than the second for which an answer holds.
    private func waitUntilAnswersAreOld() { usleep(1_050_000) }

    /// Runs `body` on several threads at once and waits for all of them.
    private func concurrently(_ count: Int, _ body: @escaping @Sendable () -> Void) {
        let group = DispatchGroup()
        for _ in 0..<count {
            group.enter()
            Thread {
                body()
                group.leave()
            }.start()
        }
        XCTAssertEqual(group.wait(timeout: .now() + 20), .success)
    }

    func testNothingIsAskedBeforeTheFirstRequest() {
        let probe = Probe(.ready)
        _ = probe.gate()
        XCTAssertEqual(probe.asked, 0)
    }

    func testReadinessSticks() throws {
        let probe = Probe(.ready)
        let gate = probe.gate()
        try gate.pass()
        probe.set(.databaseAway)
        waitUntilAnswersAreOld()
        for _ in 0..<100 { try gate.pass() }
        XCTAssertEqual(probe.asked, 1)
    }

    func testWhileItIsNotReadyItAsksOnceASecondAndRecovers() throws {
        let probe = Probe(.migrations("pending"))
        let gate = probe.gate()
        for _ in 0..<100 { assertClosed(gate) }
        XCTAssertEqual(probe.asked, 1)
        probe.set(.ready)
        assertClosed(gate)
        waitUntilAnswersAreOld()
        try gate.pass()
        XCTAssertEqual(probe.asked, 2)
    }

    func testAProbeThatFindsOtherwiseClosesIt() throws {
        let probe = Probe(.ready)
        let gate = probe.gate()
        XCTAssertEqual(gate.current(), .ready)
        probe.set(.sealed("why"))
        XCTAssertEqual(gate.current(), .ready, "asked less than a second ago")
        waitUntilAnswersAreOld()
        XCTAssertEqual(gate.current(), .sealed("why"))
        assertClosed(gate)
        XCTAssertEqual(probe.asked, 2)
        probe.set(.ready)
        waitUntilAnswersAreOld()
        try gate.pass()
    }

    func testTheFirstRequestsOfAWorkerWaitForTheFirstAnswer() {
        let probe = Probe(.ready, takesMilliseconds: 200)
        let gate = probe.gate()
        let passed = Counter()
        concurrently(16) { if (try? gate.pass()) != nil { passed.add() } }
        XCTAssertEqual(passed.value, 16)
        XCTAssertEqual(probe.asked, 1)
    }

    func testWhileOneThreadAsksAgainTheOthersGoOnWithWhatIsKnown() {
        let probe = Probe(.databaseAway)
        let gate = probe.gate()
        XCTAssertEqual(gate.current(), .databaseAway)
        waitUntilAnswersAreOld()
        probe.set(.ready, takesMilliseconds: 2_000)
        let isOver = DispatchSemaphore(value: 0)
        Thread {
            _ = gate.current()
            isOver.signal()
        }.start()
        while probe.asked < 2 { usleep(1_000) }
        let start = Deadline.clock()
        XCTAssertEqual(gate.current(), .databaseAway)
        XCTAssertLessThan(Deadline.clock() - start, 1_500_000_000)
        XCTAssertEqual(isOver.wait(timeout: .now() + 10), .success)
        XCTAssertEqual(gate.current(), .ready)
        XCTAssertEqual(probe.asked, 2)
    }

    /// A difference of moments that wraps around would end the process: one thread reads the clock, another one reads
    /// it later and is the first to write its moment down. That takes an answer that is old.
    func testManyThreadsThatAskAtTheSameMomentDoNoHarm() {
        let probe = Probe(.databaseAway)
        let gates = (0..<5_000).map { _ in probe.gate() }
        for gate in gates { XCTAssertEqual(gate.current(), .databaseAway) }
        waitUntilAnswersAreOld()
        let arrived = Counter()
        concurrently(2) {
            for (number, gate) in gates.enumerated() {
                arrived.add()
                var spins = 0
                while arrived.value < 2 * (number + 1) {
                    // On a busy machine a thread that only yields waits for the whole turns of others.
                    if spins < 20 { sched_yield() } else { usleep(1) }
                    spins += 1
                }
                _ = gate.current()
            }
        }
        XCTAssertEqual(probe.asked, 2 * gates.count)
    }
}

/// Counts on several threads.
private final class Counter: Sendable {
    private let count = Atomic(0)

    func add() { count.add(1, ordering: .relaxed) }

    var value: Int { count.load(ordering: .relaxed) }
}

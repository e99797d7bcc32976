import Domain
import Simulator
import Synchronization

/// A simulator whose clock can be ahead.
final class SimulatedVendors: Sendable {
    private let milliseconds = Mutex<Int64>(0)
    private let simulator = ProviderSimulator()

    func goAhead(_ milliseconds: Int64) { self.milliseconds.withLock { $0 = milliseconds } }

    func answer(_ asked: ScriptedServer.Asked) -> ScriptedServer.Step {
        let request = SimRequest(
            method: asked.method, target: asked.target, headers: asked.headers.map { SimHeader($0.key, $0.value) },
            body: Array(asked.body.utf8))
        let now = Timestamp(microseconds: Timestamp.now().microseconds + milliseconds.withLock { $0 } * 1_000)
        let answer = simulator.answer(request, now: now)
        return .answer(
            answer.status, String(decoding: answer.bytes, as: UTF8.self),
            headers: answer.headers.map { ($0.name, $0.value) })
    }
}

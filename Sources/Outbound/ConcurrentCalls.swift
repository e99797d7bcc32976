import Locks

/// Calls that belong together and need not wait for each other.
package enum ConcurrentCalls {
    /// What `call` makes of every element, in the order of the elements. At most `atOnce` calls are under way: one on the
    /// caller's thread, the others on threads of their own, as many of them as the system gives.
    ///
    /// After a failure nothing more is begun. The first failure is thrown once everything that was under way has ended.
    package static func map<Element: Sendable, Value: Sendable, Problem: Error>(
        _ elements: [Element], atOnce: Int, _ call: @escaping @Sendable (Element) throws(Problem) -> Value
    ) throws(Problem) -> [Value] {
        let calls = Calls(elements, call)
        for _ in 0..<max(0, min(atOnce, elements.count) - 1) {
            guard calls.startHelper() else { break }
        }
        calls.run()
        return try calls.values()
    }
}

/// The elements that are left, and what came of the others.
private final class Calls<Element: Sendable, Value: Sendable, Problem: Error>: Sendable {
    private struct State {
        var next = 0
        var values: [Value?]
        var problem: Problem?
        var helpers = 0
    }

    private let elements: [Element]
    private let call: @Sendable (Element) throws(Problem) -> Value
    private let state: Monitor<State>

    init(_ elements: [Element], _ call: @escaping @Sendable (Element) throws(Problem) -> Value) {
        self.elements = elements
        self.call = call
        state = Monitor(State(values: Array(repeating: nil, count: elements.count)))
    }

    /// False when the system has no thread to give.
    func startHelper() -> Bool {
        state.change { $0.helpers += 1 }
        let isStarted = DetachedThread.start(stackSize: DetachedThread.stackSizeForJSON) { [self] in
            run()
            state.change { $0.helpers -= 1 }
        }
        if !isStarted { state.change { $0.helpers -= 1 } }
        return isStarted
    }

    /// Works until nothing is left or a call has failed.
    func run() {
        while let index = takeNext() {
            do throws(Problem) {
                let value = try call(elements[index])
                state.change { $0.values[index] = value }
            } catch {
                state.change { state in
                    if state.problem == nil { state.problem = error }
                }
            }
        }
    }

    private func takeNext() -> Int? {
        var taken: Int?
        state.change { state in
            guard state.problem == nil, state.next < state.values.count else { return }
            taken = state.next
            state.next += 1
        }
        return taken
    }

    /// Waits for the helpers: each ends when its own call does.
    func values() throws(Problem) -> [Value] {
        let ended = state.wait(until: Moment.now.adding(milliseconds: .max)) { $0.helpers == 0 ? $0 : nil }
        if let problem = ended?.problem { throw problem }
        return ended?.values.compactMap(\.self) ?? []
    }
}

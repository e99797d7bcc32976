import Domain
import Store

/// Something that runs by itself, once per installation at a time.
package struct Job: Sendable {
    package let name: String
    /// From the end of one run to the beginning of the next, at least 1.
    package let everySeconds: Int
    /// One run. What it throws is kept as the job's last error. Between its steps it asks whether it should go on.
    package let run: @Sendable (JobRun) throws(Failure) -> Void

    package init(_ name: String, everySeconds: Int, run: @escaping @Sendable (JobRun) throws(Failure) -> Void) {
        self.name = name
        self.everySeconds = everySeconds
        self.run = run
    }
}

/// One run of a job, as the job sees it.
package struct JobRun: Sendable {
    /// A store belongs to one thread.
    private let makeStore: @Sendable () -> Store
    /// False when the process is to end, or when the claim of this run was lost: another process may have it.
    package let mayGoOn: @Sendable () -> Bool

    package init(makeStore: @escaping @Sendable () -> Store, mayGoOn: @escaping @Sendable () -> Bool = { true }) {
        self.makeStore = makeStore
        self.mayGoOn = mayGoOn
    }

    /// One for the calling thread.
    package var store: Store { makeStore() }

    /// Repeats a bounded step until it finds nothing more to do; how much all of them did.
    @discardableResult
    func repeatedly(_ step: (Transaction) throws(Failure) -> Int) throws(Failure) -> Int {
        var total = 0
        while mayGoOn() {
            let count = try store.transaction(step)
            guard count > 0 else { break }
            total += count
        }
        return total
    }
}

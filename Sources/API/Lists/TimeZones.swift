import Domain
import Locks
import Store

/// The time zones that the database knows, asked for once: it is the database that computes with them.
package final class TimeZones: Sendable {
    private let names = Guarded<Set<String>?>(nil)

    package init() {}

    func contains(_ name: String, _ store: Store) throws(Failure) -> Bool {
        if let known = names.withLock({ $0 }) { return known.contains(name) }
        let known = try store.timeZones()
        names.withLock { $0 = known }
        return known.contains(name)
    }
}

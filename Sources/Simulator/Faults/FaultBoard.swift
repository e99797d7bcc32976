import JSON
import Locks

/// A fault that the control API has ordered.
struct PlannedFault: Equatable, Sendable {
    /// As it was ordered, `slow=500` for example.
    let name: String
    let fault: Fault
    /// Calls that are still to fail; nil: all, until it is deleted.
    var times: Int?
    /// Only these kinds of endpoint; nil: all.
    let operations: Set<Operation>?
}

/// The ordered faults, at most one for each provider.
final class FaultBoard: Sendable {
    private let planned = Guarded<[String: PlannedFault]>([:])

    func plan(_ fault: PlannedFault, for slug: String) { planned.withLock { $0[slug] = fault } }

    /// Forgets one provider's fault, or all of them.
    func clear(_ slug: String?) {
        planned.withLock { faults in
            if let slug { faults[slug] = nil } else { faults.removeAll() }
        }
    }

    /// The fault for this call, which counts as one of its times.
    func take(_ slug: String, _ operation: Operation) -> Fault? {
        planned.withLock { faults in
            guard let found = faults[slug], found.operations?.contains(operation) ?? true else { return nil }
            if let times = found.times { faults[slug] = times > 1 ? found.with(times: times - 1) : nil }
            return found.fault
        }
    }

    /// By provider, in the order of their names.
    var all: [(slug: String, fault: PlannedFault)] {
        planned.withLock { faults in faults.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
    }
}

extension PlannedFault {
    func with(times: Int) -> PlannedFault {
        var copy = self
        copy.times = times
        return copy
    }

    /// Writes `{provider, fault, times, paths}`; `times` and `paths` are null when unlimited.
    func write(slug: String, to json: inout JSONWriter) {
        json.object {
            $0.field("provider", slug)
            $0.field("fault", name)
            $0.field("times", times)
            $0.key("paths")
            if let operations { $0.array(operations.map(\.rawValue).sorted()) } else { $0.null() }
        }
    }
}

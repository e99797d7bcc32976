import Synchronization

/// Connections that may take another request, by where they lead and how they were checked.
final class KeptWires: Sendable {
    struct Key: Hashable, Sendable {
        let origin: String
        let verifiesCertificate: Bool
    }

    private struct Kept {
        let wire: Wire
        let until: UInt64
    }

    private static let mostForOne = 16
    private static let mostOfAll = 128
    /// Servers close idle connections after some seconds; a call that meets such a moment fails.
    private static let keptNanoseconds: UInt64 = 8_000_000_000

    private let kept = Mutex([Key: [Kept]]())

    /// The connection that was used last and is still good.
    func take(_ key: Key) -> Wire? {
        let now = CallClock.now()
        while true {
            let next = kept.withLock { kept in kept[key]?.popLast() }
            guard let next else { return nil }
            if next.until > now, next.wire.isQuiet { return next.wire }
        }
    }

    func keep(_ wire: Wire, _ key: Key) {
        let now = CallClock.now()
        // Closed outside of the lock, by going out of scope.
        let dropped = kept.withLock { kept -> [Kept] in
            var old: [Kept] = []
            for (key, wires) in kept {
                let good = wires.filter { $0.until > now }
                if good.count < wires.count {
                    old += wires.filter { $0.until <= now }
                    kept[key] = good.isEmpty ? nil : good
                }
            }
            guard kept[key, default: []].count < Self.mostForOne,
                kept.values.reduce(0, { $0 + $1.count }) < Self.mostOfAll
            else { return old }
            kept[key, default: []].append(Kept(wire: wire, until: now + Self.keptNanoseconds))
            return old
        }
        _ = dropped
    }
}

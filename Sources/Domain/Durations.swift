/// Where the time of one request goes. Used by the thread that answers it.
package final class Durations {
    /// Whom a request waits for.
    package enum Part {
        case database
        case upstream
    }

    private let start = Deadline.clock()
    @usableFromInline var database: UInt64 = 0
    @usableFromInline var upstream: UInt64 = 0

    package init() {}

    package var totalMicroseconds: Int { Int(clamping: (Deadline.clock() - start) / 1_000) }
    package var databaseMicroseconds: Int { Int(clamping: database / 1_000) }
    package var upstreamMicroseconds: Int { Int(clamping: upstream / 1_000) }

    /// Runs `body` and adds its time to one part.
    @inlinable package func measure<Value, E: Error>(_ part: Part, _ body: () throws(E) -> Value) throws(E) -> Value {
        let begin = Deadline.clock()
        defer {
            let spent = Deadline.clock() - begin
            switch part {
            case .database: database += spent
            case .upstream: upstream += spent
            }
        }
        return try body()
    }
}

import Domain
import JSON
import Locks

/// A request as the simulator saw it. The key is only kept as the start of its hash.
struct SeenRequest: Sendable {
    let at: Timestamp
    let provider: String
    let request: SimRequest
    let keyHash: String?
    let status: Int

    /// Digits of the key's SHA-256 that are kept: enough to tell a test's keys apart.
    static let keyHashLength = 16
    /// Octets of a body that are kept, so that the log stays below 13 MiB.
    static let keptOctets = 65_536

    func write(to json: inout JSONWriter) {
        json.object {
            $0.field("at", at.iso(.milliseconds))
            $0.field("provider", provider)
            $0.field("method", request.method)
            $0.field("path", request.path)
            // Gemini's key may be a parameter.
            $0.key("query")
            $0.array(request.query.filter { $0.name != "key" }.map { "\($0.name)=\($0.value)" })
            $0.field("headers", array: request.headers.map(\.name))
            $0.field("keySHA256", keyHash)
            $0.field("status", status)
            $0.field("bodyOctets", request.body.count)
            $0.field("body", String(decoding: request.body.prefix(Self.keptOctets), as: UTF8.self))
        }
    }
}

/// The last requests to the simulated providers; requests to the control API are not among them.
final class RequestLog: Sendable {
    static let capacity = 200

    private let seen = Guarded<[SeenRequest]>([])

    func record(_ request: SeenRequest) {
        seen.withLock { seen in
            if seen.count >= Self.capacity { seen.removeFirst(seen.count - Self.capacity + 1) }
            seen.append(request)
        }
    }

    func clear() { seen.withLock { $0.removeAll() } }

    /// The newest first.
    func latest(_ limit: Int, provider: String?) -> [SeenRequest] {
        seen.withLock { seen in
            Array(seen.reversed().lazy.filter { provider == nil || $0.provider == provider }.prefix(limit))
        }
    }
}

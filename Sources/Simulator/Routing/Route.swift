/// What an endpoint is for; `PUT /_sim/faults` uses these names to limit a fault to some endpoints.
enum Operation: String, CaseIterable, Sendable {
    case status, models, keyCheck = "key-check", chat, tokens, embeddings, images
    /// Of the providers of generated media.
    case balance, submit, poll, cancel, files
    /// Of the providers of virtual machines.
    case machines
}

/// One row of a vendor's table.
struct Route: Sendable {
    typealias Handler = @Sendable (Call) throws(Problem) -> SimAnswer

    enum Access: Sendable { case open, key }

    let method: String
    let pattern: [PathPart]
    let operation: Operation
    let access: Access
    let handler: Handler

    /// `path` is `/v1/models/{model}`, without the vendor's prefix.
    static func get(_ path: String, _ operation: Operation, _ access: Access, _ handler: @escaping Handler) -> Route {
        Route(method: "GET", pattern: PathPart.parse(path), operation: operation, access: access, handler: handler)
    }

    static func post(_ path: String, _ operation: Operation, _ access: Access, _ handler: @escaping Handler) -> Route {
        Route(method: "POST", pattern: PathPart.parse(path), operation: operation, access: access, handler: handler)
    }

    static func put(_ path: String, _ operation: Operation, _ access: Access, _ handler: @escaping Handler) -> Route {
        Route(method: "PUT", pattern: PathPart.parse(path), operation: operation, access: access, handler: handler)
    }

    static func delete(
        _ path: String, _ operation: Operation, _ access: Access, _ handler: @escaping Handler
    ) -> Route {
        Route(method: "DELETE", pattern: PathPart.parse(path), operation: operation, access: access, handler: handler)
    }

    /// The captured segments, nil when the path is another one.
    func captures(_ segments: ArraySlice<String>) -> [String: String]? {
        guard segments.count == pattern.count else { return nil }
        var captures: [String: String] = [:]
        for (part, segment) in zip(pattern, segments) {
            switch part {
            case .literal(let text):
                guard text == segment else { return nil }
            case .capture(let name, let suffix):
                guard segment.hasSuffix(suffix), segment.utf8.count > suffix.utf8.count else { return nil }
                captures[name] = String(segment.dropLast(suffix.count))
            }
        }
        return captures
    }
}

/// One segment of a pattern: a word, or a capture that a fixed ending may follow (`{model}:generateContent`).
enum PathPart: Equatable, Sendable {
    case literal(String)
    case capture(name: String, suffix: String)

    static func parse(_ path: String) -> [PathPart] {
        path.split(separator: "/").map { segment in
            guard segment.hasPrefix("{"), let end = segment.firstIndex(of: "}") else {
                return .literal(String(segment))
            }
            let name = segment[segment.index(after: segment.startIndex)..<end]
            return .capture(name: String(name), suffix: String(segment[segment.index(after: end)...]))
        }
    }
}

extension Vendor {
    /// The row for a request and what its path captured. HEAD is served as GET; the web server drops the body.
    func route(for request: SimRequest) throws(Problem) -> (Route, [String: String]) {
        let method = request.method == "HEAD" ? "GET" : request.method
        var allowed: [String] = []
        for route in routes {
            guard let captures = route.captures(request.segments.dropFirst()) else { continue }
            if route.method == method { return (route, captures) }
            if !allowed.contains(route.method) { allowed.append(route.method) }
        }
        throw allowed.isEmpty ? .unknownPath : .wrongMethod(allowed: allowed)
    }
}

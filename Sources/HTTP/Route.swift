import Domain

/// Who may call. A route that does not say it does not compile.
package enum Access: Sendable {
    /// Anybody, without a token: health probes.
    case open
    /// Whoever has the permission, for what belongs to the caller's owner.
    case owner(Permission)
    /// Whoever has the permission and an administrator role, for the whole installation.
    case admin(Permission)
}

/// Where a handler runs: one that calls a provider must not hold a thread that others need.
package enum RouteLane: String, Sendable {
    case direct
    case upstream
}

/// One row of a route table.
package struct Route<Services>: Sendable {
    package typealias Handler = @Sendable (Request, Services) throws(Failure) -> Response

    package let method: Method
    package let pattern: PathPattern
    package let access: Access
    package let lane: RouteLane
    /// The query parameters that it knows; any other one is refused.
    package let query: Set<String>
    package let handler: Handler

    private init(
        _ method: Method, _ path: String, _ access: Access, _ handler: @escaping Handler, _ lane: RouteLane,
        _ query: Set<String>
    ) {
        self.method = method
        pattern = PathPattern(path)
        self.access = access
        self.lane = lane
        self.query = query
        self.handler = handler
    }

    package static func get(
        _ path: String, _ access: Access, _ handler: @escaping Handler, lane: RouteLane = .direct,
        query: Set<String> = []
    ) -> Route {
        Route(.get, path, access, handler, lane, query)
    }

    package static func post(
        _ path: String, _ access: Access, _ handler: @escaping Handler, lane: RouteLane = .direct,
        query: Set<String> = []
    ) -> Route {
        Route(.post, path, access, handler, lane, query)
    }

    package static func put(
        _ path: String, _ access: Access, _ handler: @escaping Handler, lane: RouteLane = .direct,
        query: Set<String> = []
    ) -> Route {
        Route(.put, path, access, handler, lane, query)
    }

    package static func delete(
        _ path: String, _ access: Access, _ handler: @escaping Handler, lane: RouteLane = .direct,
        query: Set<String> = []
    ) -> Route {
        Route(.delete, path, access, handler, lane, query)
    }
}

/// A piece of a path between two slashes.
package struct PathSegment: Sendable {
    /// What it says, decoded.
    package let text: String
    /// Whether some of it was percent-encoded.
    package let isEscaped: Bool

    package init(text: String, isEscaped: Bool) {
        self.text = text
        self.isEscaped = isEscaped
    }
}

/// A path with parameters: `/api/v1/ai/providers/:id`.
package struct PathPattern: Sendable, Equatable {
    package let text: String
    private let segments: [String]

    package init(_ text: String) {
        self.text = text
        segments = text.split(separator: "/").map(String.init)
    }

    /// The parameters' values when the path fits, nil otherwise.
    ///
    /// A literal segment has to stand there as it is: nginx limits requests by the path as it was written, so another
    /// spelling of the same path must not lead to the same route.
    package func match(_ path: [PathSegment]) -> [String: String]? {
        guard path.count == segments.count else { return nil }
        var parameters: [String: String] = [:]
        for (segment, value) in zip(segments, path) {
            if segment.utf8.first == UInt8(ascii: ":") {
                guard !value.text.isEmpty else { return nil }
                parameters[String(segment.dropFirst())] = value.text
            } else if value.isEscaped || segment != value.text {
                return nil
            }
        }
        return parameters
    }

    /// Literal segments before parameters, from the left: `/providers/balances` is asked before `/providers/:provider`.
    package var specificity: [Int] { segments.map { $0.utf8.first == UInt8(ascii: ":") ? 1 : 0 } }
}

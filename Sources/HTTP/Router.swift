import Domain

/// All routes, found by method and path. Inlinable, so that there is a version for the program's one kind of services.
package struct Router<Services>: Sendable {
    /// Of the same number of segments, the more literal ones first.
    @usableFromInline let routes: [Int: [Route<Services>]]
    /// The routes of paths without parameters, by that path: most requests are found here, without taking it apart.
    @usableFromInline let literal: [String: [Match]]

    package init(_ routes: [Route<Services>]) {
        self.routes = Dictionary(grouping: routes) { $0.pattern.specificity.count }
            .mapValues { $0.sorted { $0.pattern.specificity.lexicographicallyPrecedes($1.pattern.specificity) } }
        literal = Dictionary(grouping: routes.filter { !$0.pattern.specificity.contains(1) }, by: \.pattern.text)
            .mapValues { $0.map { Match(route: $0, parameters: [:]) } }
    }

    /// The route of a request, with the values of its parameters.
    package struct Match {
        package let route: Route<Services>
        package let parameters: [String: String]

        @usableFromInline
        init(route: Route<Services>, parameters: [String: String]) {
            self.route = route
            self.parameters = parameters
        }
    }

    /// The segments of a raw path, split first and decoded then, since a model's ID may contain an encoded slash.
    /// Nil for a path with a broken escape, or an empty segment, which names nothing.
    @inlinable package static func segments(of path: String) -> [PathSegment]? {
        guard path.utf8.first == UInt8(ascii: "/"), path.utf8.count > 1 else { return path == "/" ? [] : nil }
        var segments: [PathSegment] = []
        for raw in path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard !raw.isEmpty, let text = PercentEncoding.decode(raw, plusIsSpace: false) else { return nil }
            segments.append(PathSegment(text: text, isEscaped: raw.contains(UInt8(ascii: "%"))))
        }
        return segments
    }

    /// The route of a request. HEAD is answered by the GET route.
    /// Throws `.notFound`, or `.methodNotAllowed` with the methods that the path has.
    @inlinable package func match(_ method: Method?, _ path: String) throws(Failure) -> Match {
        let candidates = candidates(path)
        let wanted = method == .head ? .get : method
        if let found = candidates.first(where: { $0.route.method == wanted }) { return found }
        guard !candidates.isEmpty else { throw .notFound("Resource") }
        throw .methodNotAllowed(allowed: Self.methods(of: candidates))
    }

    /// The methods of a path for `Allow` and for OPTIONS; empty when there is no such path.
    @inlinable package func allowed(_ path: String) -> [String] {
        let candidates = candidates(path)
        return candidates.isEmpty ? [] : Self.methods(of: candidates)
    }

    /// The routes of the most literal pattern that fits: `POST /providers/balances` is a 405, not another route's.
    @inlinable func candidates(_ path: String) -> [Match] {
        if let found = literal[path] { return found }
        guard let segments = Self.segments(of: path), let rows = routes[segments.count] else { return [] }
        var found: [Match] = []
        for route in rows {
            if let first = found.first, first.route.pattern.specificity != route.pattern.specificity { break }
            if let parameters = route.pattern.match(segments) {
                found.append(Match(route: route, parameters: parameters))
            }
        }
        return found
    }

    @inlinable static func methods(of matches: [Match]) -> [String] {
        let own = matches.map(\.route.method.rawValue)
        return (own.contains("GET") ? own + ["HEAD"] : own) + ["OPTIONS"]
    }
}

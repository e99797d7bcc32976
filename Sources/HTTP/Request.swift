import Domain
import JSON

/// The methods that routes can have; any other one is answered with 405.
package enum Method: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
    case options = "OPTIONS"
}

/// Where a request comes from: the FastCGI connection, or a test.
package protocol RequestSource {
    /// The value of a header by its lower-case name; nil when absent. Octets that are not UTF-8 are replaced by U+FFFD.
    func header(_ name: String) -> String?
    /// The whole body. Throws `.tooLarge` above the limit and `.invalid` when it is cut short.
    func readBody(limit: Int) throws(Failure) -> [UInt8]
}

/// What a request turned out to be about, for an error that has to name it. Used by one thread.
package final class RequestSubject {
    /// The provider that the body names, once it is known to exist.
    package var provider: String?
}

/// One request, as handlers see it. Used by one thread.
package struct Request {
    package let method: Method
    /// The raw path, without the query.
    package let path: String
    package let query: Query
    /// From nginx, so that its log, ours and the answer name the same request.
    package let id: String
    package let remoteAddress: String
    package let receivedAt: Timestamp
    package let bodyLimit: Int
    private let source: any RequestSource
    package let subject = RequestSubject()

    /// The segments that stand for the pattern's parameters; set by the router.
    package var parameters: [String: String] = [:]
    /// Who calls; set once the token is verified.
    package var caller: Caller?
    /// The claim of this request's `Idempotency-Key`, where it has one.
    package var claim: IdempotencyKey?

    package init(
        method: Method, path: String, query: Query, id: String, remoteAddress: String, receivedAt: Timestamp,
        bodyLimit: Int, source: any RequestSource
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.id = id
        self.remoteAddress = remoteAddress
        self.receivedAt = receivedAt
        self.bodyLimit = bodyLimit
        self.source = source
    }

    package func header(_ name: String) -> String? { source.header(name) }

    package func body() throws(Failure) -> [UInt8] { try source.readBody(limit: bodyLimit) }

    /// The caller of a route that is not open. A route that is reached without one is a defect of the table.
    package func authenticated() throws(Failure) -> Caller {
        guard let caller else { throw .defect("\(path) is reached without a caller") }
        return caller
    }

    /// The ID in the path. One that is malformed names nothing: 404, as for one that does not exist.
    package func id<Entity>(_ name: String, of noun: String) throws(Failure) -> ID<Entity> {
        guard let id = parameters[name].flatMap(ID<Entity>.init) else { throw .notFound(noun) }
        return id
    }
}

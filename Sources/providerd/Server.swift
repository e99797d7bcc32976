import API
import Domain
import FastCGI
import HTTP
import JSON

/// The FastCGI side of the application: from parameters to a request, from a response to the connection.
struct Server: FastCGIApplication {
    let application: Application
    let bodyLimit: Int
    let log: API.Log

    func lane(of request: FastCGIRequest) -> Lane {
        guard
            application.mayNeedUpstream(
                method: request.parameter("REQUEST_METHOD") ?? "", query: request.parameter("QUERY_STRING") ?? "")
        else { return .direct }
        let target = Target(request)
        return application.lane(method: target.method, path: target.path, query: target.query) == .upstream
            ? .upstream : .direct
    }

    func handle(_ request: FastCGIRequest) {
        let target = Target(request)
        let durations = Durations()
        let response: Response
        do throws(Failure) {
            guard target.isText else { throw .invalid("address", "is not valid UTF-8") }
            let query = try Query(target.query)
            response = application.respond(
                method: target.method, to: incoming(request, target, query), durations: durations)
        } catch {
            response = application.refuse(
                error, method: target.method, incoming(request, target, .empty), durations: durations)
        }
        send(response, request)
    }

    func refuse(_ request: FastCGIRequest) {
        let target = Target(request)
        let response = application.refuse(
            .unavailable(retryAfter: 1), method: target.method, incoming(request, target, .empty),
            durations: Durations())
        send(response, request)
    }

    private func send(_ response: Response, _ request: FastCGIRequest) {
        do throws(FastCGIError) {
            if let stream = response.stream {
                try request.beginStream(status: response.status, headers: response.headers)
                return self.stream(stream, request)
            }
            try request.send(status: response.status, headers: response.headers, body: response.body)
        } catch .defect(let reason) {
            log.event("error", "an answer could not be sent: \(reason)") {
                $0.field("path", request.parameter("REQUEST_URI"))
            }
        } catch {
            // The client has left: what was committed stays, and a retry with its Idempotency-Key finds the answer.
        }
    }

    /// Sends a body piece by piece. What goes wrong now is in the log already; the client sees that the answer is cut off.
    private func stream(_ stream: BodyStream, _ request: FastCGIRequest) {
        do throws(Failure) {
            try stream(
                BodyWriter { (piece) throws(Failure) in
                    do throws(FastCGIError) {
                        try request.write(piece)
                    } catch {
                        throw .unavailable(retryAfter: 1)
                    }
                })
        } catch {
            request.breakOff()
        }
    }

    private func incoming(_ request: FastCGIRequest, _ target: Target, _ query: Query) -> Request {
        Request(
            method: Method(rawValue: target.method) ?? .get, path: target.path, query: query,
            id: requestID(request), remoteAddress: request.parameter("REMOTE_ADDR") ?? "",
            receivedAt: .now(), bodyLimit: bodyLimit, source: FastCGISource(request))
    }

    /// nginx gives every request an ID; without nginx we do.
    private func requestID(_ request: FastCGIRequest) -> String {
        if let id = request.parameter("REQUEST_ID"), 1...64 ~= id.utf8.count,
            id.utf8.allSatisfy({ 0x30...0x39 ~= $0 || 0x61...0x7A ~= $0 || 0x41...0x5A ~= $0 || $0 == 0x2D })
        {
            return id
        }
        return ID<Request>.make(at: .now()).text
    }
}

/// What is asked for. The raw request URI counts: nginx's decoded one would turn `%2F` into a separator.
private struct Target {
    let method: String
    let path: String
    let query: String
    /// Whether the address is valid UTF-8. Path and query stand for it in the log where it is not.
    let isText: Bool

    init(_ request: FastCGIRequest) {
        method = request.parameter("REQUEST_METHOD") ?? ""
        let octets = request.parameterBytes("REQUEST_URI") ?? [UInt8(ascii: "/")]
        isText = String(validating: octets, as: UTF8.self) != nil
        let uri = String(decoding: octets, as: UTF8.self)
        let parts = uri.utf8.split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
        path = parts.first.map { String(decoding: $0, as: UTF8.self) } ?? "/"
        query = parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : ""
    }
}

/// The headers and the body of a FastCGI request. The body is read once and kept for this request.
private final class FastCGISource: RequestSource {
    private let request: FastCGIRequest
    private var read: Result<[UInt8], Failure>?

    init(_ request: FastCGIRequest) { self.request = request }

    func header(_ name: String) -> String? {
        // A header that is not UTF-8 is there all the same: one that was left out would lift its condition. With the
        // octets replaced it means nothing that a valid header can mean.
        request.parameterBytes(Self.parameter(name)).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func parameter(_ header: String) -> String {
        guard header != "content-type" else { return "CONTENT_TYPE" }
        let name = header.utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : upper($0) }
        return "HTTP_" + String(decoding: name, as: UTF8.self)
    }

    func readBody(limit: Int) throws(Failure) -> [UInt8] {
        if let read { return try read.get() }
        let result: Result<[UInt8], Failure>
        do throws(FastCGIError) {
            result = .success(try request.readBody(limit: limit))
        } catch {
            result = .failure(Self.failure(error))
        }
        read = result
        return try result.get()
    }

    private static func failure(_ error: FastCGIError) -> Failure {
        switch error {
        case .bodyTooLarge(let limit): .tooLarge(limit: limit)
        case .badContentLength: .invalid("Content-Length", "is not the length of the body")
        case .bodyTruncated(let expected, let received):
            .invalid("body", "ends after \(received) of \(expected) bytes")
        case .clientGone: .invalid("body", "was cut off")
        case .defect(let reason): .defect(reason)
        }
    }

    private static func upper(_ octet: UInt8) -> UInt8 {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= octet ? octet - 0x20 : octet
    }
}

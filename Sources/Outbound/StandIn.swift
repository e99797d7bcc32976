import Foundation

package enum URLProblem: Error {
    case bad
    package var reason: String { "is not a URL" }
}

package struct HTTPURL: Sendable, Equatable, Hashable {
    package enum Scheme: String, Sendable { case http, https }
    package let scheme: Scheme
    package let host: String
    package let port: Int
    package let path: String
    package let query: String?

    package init(_ text: String) throws(URLProblem) {
        guard let parts = URLComponents(string: text), let scheme = parts.scheme.flatMap(Scheme.init),
            let host = parts.host, !host.isEmpty, parts.user == nil
        else { throw .bad }
        self.scheme = scheme
        self.host = host
        port = parts.port ?? (scheme == .http ? 80 : 443)
        path = parts.percentEncodedPath
        query = parts.percentEncodedQuery
    }

    package var origin: String { "\(scheme.rawValue)://\(host):\(port)" }
    package var text: String { origin + path + (query.map { "?" + $0 } ?? "") }
}

package struct NetworkRange: Sendable {
    package init?(_ cidr: String) {}
}

package struct PortSet: Sendable {
    package static let any = PortSet()
}

package struct AddressPolicy: Sendable {
    package init(allowedNetworks: [NetworkRange], allowedPorts: PortSet) {}
}

package struct OutboundRequest: Sendable {
    package var method: String
    package var url: HTTPURL
    package var headers: [(String, String)]
    package var body: [UInt8]
    package var deadlineMilliseconds: Int
    package var connectMilliseconds: Int
    package var idleMilliseconds: Int
    package var maxBodyOctets: Int

    package init(
        method: String, url: HTTPURL, headers: [(String, String)], body: [UInt8], deadlineMilliseconds: Int,
        connectMilliseconds: Int, idleMilliseconds: Int, maxBodyOctets: Int
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.deadlineMilliseconds = deadlineMilliseconds
        self.connectMilliseconds = connectMilliseconds
        self.idleMilliseconds = idleMilliseconds
        self.maxBodyOctets = maxBodyOctets
    }
}

package struct OutboundResponse: Sendable {
    package let status: Int
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

package enum OutboundError: Error, Equatable, Sendable {
    case addressRefused(String), cannotResolve, cannotConnect, timedOut(String), tls(String), malformed(String)
    case tooLarge(String), closed, invalidRequest(String)
}

package final class HTTPClient: Sendable {
    package init(policy: AddressPolicy, authoritiesFile: String?) throws {}

    package func send(_ request: OutboundRequest) throws(OutboundError) -> OutboundResponse {
        if request.url.host.hasPrefix("169.254") { throw .addressRefused("link-local") }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(request.url.port).bigEndian
        inet_pton(AF_INET, request.url.host, &address.sin_addr)
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw .cannotConnect }
        var limit = timeval(
            tv_sec: request.deadlineMilliseconds / 1000, tv_usec: request.deadlineMilliseconds % 1000 * 1000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let target = (request.url.path.isEmpty ? "/" : request.url.path) + (request.url.query.map { "?" + $0 } ?? "")
        var head = "\(request.method) \(target) HTTP/1.1\r\nHost: \(request.url.host):\(request.url.port)\r\n"
        for (name, value) in request.headers { head += "\(name): \(value)\r\n" }
        if !request.body.isEmpty { head += "Content-Length: \(request.body.count)\r\n" }
        let bytes = Array((head + "Connection: close\r\n\r\n").utf8) + request.body
        _ = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        return try receive(descriptor)
    }

    private func receive(_ descriptor: Int32) throws(OutboundError) -> OutboundResponse {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0 { throw .timedOut("read") }
            if count == 0 { break }
            all += buffer[0..<count]
        }
        let text = String(decoding: all, as: UTF8.self)
        guard let split = text.range(of: "\r\n\r\n") else { throw .closed }
        let lines = text[..<split.lowerBound].components(separatedBy: "\r\n")
        let first = lines[0].split(separator: " ")
        guard first.count >= 2, let status = Int(first[1]) else { throw .malformed("status") }
        let headers = lines.dropFirst().map { line -> (name: String, value: String) in
            let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            return (parts[0], parts.count > 1 ? parts[1] : "")
        }
        let body = Array(text[split.upperBound...].utf8)
        let response = OutboundResponse(status: status, headers: headers, body: body)
        if let length = response.header("content-length").flatMap({ Int($0) }), length != body.count { throw .closed }
        return response
    }
}

import Foundation
import Outbound
import Synchronization
import XCTest

/// What the tests of the client share: servers that are stopped, requests with short limits, typed errors caught.
class ClientTestCase: XCTestCase {
    /// Starts a server that is stopped when the test ends.
    func serve(
        tls: ServerTLS? = nil, _ behaviour: @escaping @Sendable (ServerConnection) -> Void
    ) throws -> TestServer {
        let server = try TestServer(tls: tls, behaviour)
        addTeardownBlock { server.stop() }
        return server
    }

    /// Answers every request with the same octets.
    func serve(tls: ServerTLS? = nil, answer: String) throws -> TestServer {
        try serve(tls: tls) { connection in
            while connection.readRequest() != nil { connection.write(answer) }
        }
    }

    func loopbackPolicy() throws -> AddressPolicy {
        AddressPolicy(
            allowedNetworks: [try XCTUnwrap(NetworkRange("127.0.0.0/8"))],
            allowedPorts: try XCTUnwrap(PortSet("1024-65535")))
    }

    func client(
        authoritiesFile: String? = nil, poolLimits: PoolLimits = PoolLimits(), resolver: Resolver = .toLoopback
    ) throws -> HTTPClient {
        try HTTPClient(
            policy: loopbackPolicy(), authoritiesFile: authoritiesFile, poolLimits: poolLimits, resolver: resolver)
    }

    func request(
        _ url: String, method: String = "GET", headers: [(String, String)] = [], body: String = "",
        deadline: Int = 5_000, connect: Int = 3_000, idle: Int = 5_000
    ) throws -> OutboundRequest {
        OutboundRequest(
            method: method, url: try HTTPURL(url), headers: headers, body: Array(body.utf8),
            deadlineMilliseconds: deadline, connectMilliseconds: connect, idleMilliseconds: idle)
    }

    /// The error of a call that must fail, and how long it took.
    func failure(
        of request: OutboundRequest, with client: HTTPClient, file: StaticString = #filePath, line: UInt = #line
    ) -> (error: OutboundError?, milliseconds: Int) {
        let start = Date()
        var caught: OutboundError?
        do throws(OutboundError) {
            let response = try client.send(request)
            XCTFail("answered \(response.status) with \(response.body.count) octets", file: file, line: line)
        } catch {
            caught = error
        }
        return (caught, Int(Date().timeIntervalSince(start) * 1_000))
    }
}

extension Resolver {
    /// Every name is this machine.
    static let toLoopback = Resolver(limit: 4) { _ in [IPAddress("127.0.0.1")].compactMap { $0 } }
}

extension OutboundResponse {
    var text: String { String(decoding: body, as: UTF8.self) }
}

/// A number that several threads count.
final class Counter: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    /// The value after counting.
    @discardableResult
    func increment() -> Int {
        count.withLock { count in
            count += 1
            return count
        }
    }
}

/// Octets of memory that this process holds.
func residentOctets() throws -> Int {
    let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
    let pages = try XCTUnwrap(text.split(separator: " ").dropFirst().first.flatMap { Int($0) })
    return pages * sysconf(Int32(_SC_PAGESIZE))
}

import Glibc

/// An HTTP/1.1 client for calls to providers. Every call blocks its thread and ends within its deadline with an answer
/// or
/// a typed error, whatever the other side sends.
///
/// It follows no redirect, keeps no cookie, reads no proxy from the environment and asks for no compression.
/// **The process must ignore SIGPIPE**: OpenSSL writes with `write`, which raises it when the other side has gone. The
/// initialiser sets that where the signal still has its default effect; a program should do it first thing in `main`.
package final class HTTPClient: Sendable {
    private let policy: AddressPolicy
    private let context: TLSContext
    private let pool: ConnectionPool
    private let resolver: Resolver

    /// `authoritiesFile` is a PEM file of certificates trusted beside the system's. Throws `tls` when it cannot be
    /// read.
    package init(
        policy: AddressPolicy, authoritiesFile: String?, poolLimits: PoolLimits = PoolLimits(),
        resolver: Resolver = .system
    ) throws(OutboundError) {
        self.policy = policy
        self.resolver = resolver
        context = try TLSContext(authoritiesFile: authoritiesFile)
        pool = ConnectionPool(poolLimits)
        Self.ignoreSIGPIPE()
    }

    /// Sends the request and reads the whole answer. A status of 400 or more is an answer, not an error.
    package func send(_ request: OutboundRequest) throws(OutboundError) -> OutboundResponse {
        var body: [UInt8] = []
        let head = try perform(request) { _, piece in
            body += piece
            return true
        }
        return OutboundResponse(head, body: body)
    }

    /// As `send`, but the body of a 2xx answer goes to `onChunk` as it arrives, in pieces of any size, and the
    /// response's
    /// own body stays empty; false cancels: the connection is closed and the head returned. Any other answer is
    /// collected
    /// as `send` does and `onChunk` is not called. The limits hold all the same, `maxBodyOctets` included. An error may
    /// come after some chunks: what was delivered is then the beginning of an answer without its end.
    package func stream(
        _ request: OutboundRequest, _ onChunk: ([UInt8]) -> Bool
    ) throws(OutboundError) -> OutboundResponse {
        var body: [UInt8] = []
        let head = try perform(request) { head, piece in
            if (200..<300).contains(head.status) { return onChunk(Array(piece)) }
            body += piece
            return true
        }
        return OutboundResponse(head, body: body)
    }

    /// Why the URL would be refused without anything being contacted; nil when it may be called, or when its host is a
    /// name, which is judged by its addresses when it is called.
    package func refusal(of url: HTTPURL) -> AddressRefusal? {
        do throws(AddressRefusal) {
            try policy.check(url)
            return nil
        } catch {
            return error
        }
    }

    private typealias Delivery = (ResponseHead, ArraySlice<UInt8>) -> Bool

    private func perform(_ request: OutboundRequest, _ deliver: Delivery) throws(OutboundError) -> ResponseHead {
        let deadline = Moment.now.adding(milliseconds: request.deadlineMilliseconds)
        let octets = try RequestHead.octets(of: request)
        do throws(AddressRefusal) {
            try policy.check(request.url)
        } catch {
            throw .addressRefused(error.reason)
        }
        let key = ConnectionKey(origin: request.url.origin, verifiesCertificate: request.verifiesCertificate)
        // A kept connection needs no new look-up: its address was checked by the same policy when it was made.
        if let kept = pool.take(key) {
            var exchange = Exchange(on: kept, request, until: deadline)
            do throws(OutboundError) {
                return try finish(&exchange, octets, key, deliver)
            } catch {
                // The server may have closed the idle connection while the request was under way. Trying again is safe
                // only when no octet of an answer came and the method changes nothing; for a POST nobody can tell
                // whether it was carried out.
                guard error == .closed, !exchange.hasReceived, request.isSafe else { throw error }
            }
        }
        var exchange = Exchange(on: try connect(request, deadline), request, until: deadline)
        return try finish(&exchange, octets, key, deliver)
    }

    private func finish(
        _ exchange: inout Exchange, _ octets: [UInt8], _ key: ConnectionKey, _ deliver: Delivery
    ) throws(OutboundError) -> ResponseHead {
        let head = try exchange.run(octets, deliver)
        if exchange.leavesReusable { pool.give(exchange.connection, key) }
        return head
    }

    private func connect(_ request: OutboundRequest, _ deadline: Moment) throws(OutboundError) -> Connection {
        let limit = min(deadline, Moment.now.adding(milliseconds: request.connectMilliseconds))
        let addresses = try policy.resolve(request.url, until: limit, using: resolver)
        return try Connection(
            to: request.url, at: Array(addresses.prefix(Self.maximumAttempts)), context: context,
            verifies: request.verifiesCertificate, until: limit)
    }

    /// Addresses that are tried; all are checked.
    private static let maximumAttempts = 4

    private static func ignoreSIGPIPE() {
        var action = sigaction()
        guard sigaction(SIGPIPE, nil, &action) == 0, action.__sigaction_handler.sa_handler == nil else { return }
        signal(SIGPIPE, SIG_IGN)
    }
}

import Crypto
import Domain
import HTTP
import Store

extension Application {
    /// Runs a handler; a POST with an `Idempotency-Key` takes effect once, and its retry gets the kept answer.
    func once(
        _ request: inout Request, _ route: Route<Services>, _ services: Services
    ) throws(Failure) -> Response {
        guard route.method == .post, let header = request.header("idempotency-key") else {
            return try route.handler(request, services)
        }
        let key = try idempotencyKey(header, request)
        // An attempt that was taken over cannot commit any more, so the time only has to be long enough for most.
        switch try services.store.claim(key, lockSeconds: route.lane == .upstream ? 120 : 30) {
        case .answered(let answer): return replay(answer)
        case .mismatch: throw .idempotencyMismatch
        case .inProgress: throw .conflict("A request with this Idempotency-Key is still being processed")
        case .claimed: break
        }
        request.claim = key
        do throws(Failure) {
            return try route.handler(request, services)
        } catch {
            // Also after an unknown outcome: if the commit went through, the answer is there and nothing is given
            // back; if it still may, this waits for it. When the database is away the claim runs out by itself.
            if let failure = services.store.releasing(key) { services.installation.log.failure(failure, request) }
            throw error
        }
    }

    private func idempotencyKey(_ header: String, _ request: Request) throws(Failure) -> IdempotencyKey {
        // The draft of the IETF has a quoted string; most clients send it bare.
        let isQuoted = header.utf8.count >= 2 && header.hasPrefix("\"") && header.hasSuffix("\"")
        let text = isQuoted ? String(header.dropFirst().dropLast()) : header
        guard 1...255 ~= text.utf8.count, text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
            throw .invalid("Idempotency-Key", "must have 1 to 255 visible ASCII characters")
        }
        let caller = try request.authenticated()
        let content = Array("\(request.method.rawValue)\n\(request.path)\n".utf8) + (try request.body())
        return IdempotencyKey(
            caller: "\(caller.owner.key)\n\(caller.subject)", key: text, fingerprint: Digest.sha256(content),
            claim: .make(at: request.receivedAt))
    }

    private func replay(_ answer: StoredAnswer) -> Response {
        var response = Response.json(answer.body, status: answer.status, etag: answer.etag)
        response.headers.append(("Idempotency-Replayed", "true"))
        return response
    }
}

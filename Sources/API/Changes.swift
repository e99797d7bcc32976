import Domain
import HTTP
import JSON
import Store

extension Services {
    /// The one way to change something: `body`, its audit row and the answer for an `Idempotency-Key` are committed
    /// together or not at all.
    ///
    /// `body` gets the audit entry to fill in what it happened to.
    func change(
        _ request: Request, _ action: String,
        _ body: (Transaction, inout AuditEntry) throws(Failure) -> Response
    ) throws(Failure) -> Response {
        var entry = try entry(for: request, action)
        return try store.transaction { (transaction) throws(Failure) in
            let response = try body(transaction, &entry)
            if let key = request.claim {
                let answer = StoredAnswer(
                    status: response.status, etag: response.header("ETag"), body: response.body)
                try transaction.keep(answer, for: key)
            }
            try transaction.audit(entry, at: .now())
            return response
        }
    }

    /// Writes down an attempt that a provider refused or that failed, with what `body` has to account for it.
    /// The answer is not kept: a retry with the same `Idempotency-Key` tries again.
    func recordFailure(
        _ failure: Failure, of request: Request, _ action: String,
        _ body: (Transaction, inout AuditEntry) throws(Failure) -> Void
    ) throws(Failure) {
        var entry = try entry(for: request, action)
        entry.outcome = .failed
        if case .upstream(let upstream) = failure {
            entry.outcome = upstream.kind == .invalidCredential ? .refused : .failed
            entry.details = JSONWriter.text { $0.field("reason", upstream.kind.rawValue) }
        }
        try store.transaction { (transaction) throws(Failure) in
            try body(transaction, &entry)
            try transaction.audit(entry, at: .now())
        }
    }

    /// Writes down the use of a stored credential that changed nothing else, with what `body` finds out about it. The
    /// answer is not kept, and a claim of its key is given back: a retry asks the provider anew.
    func recordUse(
        of request: Request, _ action: String, _ body: (Transaction, inout AuditEntry) throws(Failure) -> Void
    ) throws(Failure) {
        var entry = try entry(for: request, action)
        try store.transaction { (transaction) throws(Failure) in
            try body(transaction, &entry)
            try transaction.audit(entry, at: .now())
        }
        if let claim = request.claim, let failure = store.releasing(claim) { throw failure }
    }

    private func entry(for request: Request, _ action: String) throws(Failure) -> AuditEntry {
        let caller = try request.authenticated()
        return AuditEntry(
            actor: caller.subject, owner: caller.owner.key, action: action,
            remoteAddress: request.remoteAddress, requestID: request.id)
    }
}

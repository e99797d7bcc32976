/// Whose key it is and for which request.
package struct IdempotencyKey: Sendable {
    package let caller: String
    package let key: String
    /// SHA-256 over method, path and body.
    package let fingerprint: [UInt8]
    /// Names this attempt: one that took over from it has another.
    package let claim: ID<IdempotencyKey>

    package init(caller: String, key: String, fingerprint: [UInt8], claim: ID<IdempotencyKey>) {
        self.caller = caller
        self.key = key
        self.fingerprint = fingerprint
        self.claim = claim
    }
}

/// An answer that is kept for the retry of its request.
package struct StoredAnswer: Sendable, Equatable {
    package let status: Int
    package let etag: String?
    package let body: [UInt8]

    package init(status: Int, etag: String?, body: [UInt8]) {
        self.status = status
        self.etag = etag
        self.body = body
    }
}

import CFastCGI

extension FastCGIRequest {
    /// The whole body, at most `limit` octets, at most once. Never waits: the request has arrived.
    ///
    /// `bodyTooLarge` when more is announced than `limit` or than the worker collects; `badContentLength`
    /// when the announcement is no number or less than what came; `bodyTruncated` when it is more.
    package func readBody(limit: Int) throws(FastCGIError) -> [UInt8] {
        guard !isBodyRead else { throw .defect("the body was read twice") }
        let expected = try contentLength()
        if expected > limit { throw .bodyTooLarge(limit: limit) }
        if incoming.exceedsLimit { throw .bodyTooLarge(limit: min(limit, incoming.limit)) }
        let arrived = incoming.scan.bodyOctets
        guard arrived <= expected else { throw .badContentLength }
        guard arrived == expected else { throw .bodyTruncated(expected: expected, received: arrived) }
        isBodyRead = true
        guard expected > 0 else { return [] }
        let body = read(expected)
        guard body.count == expected else { throw .bodyTruncated(expected: expected, received: body.count) }
        return body
    }

    /// Octets that the client announced; absent or empty is 0.
    private func contentLength() throws(FastCGIError) -> Int {
        guard let text = parameterBytes("CONTENT_LENGTH"), !text.isEmpty else { return 0 }
        // 18 digits cannot overflow.
        guard text.count <= 18 else { throw .badContentLength }
        var length = 0
        for octet in text {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet) else { throw .badContentLength }
            length = length * 10 + Int(octet - UInt8(ascii: "0"))
        }
        return length
    }

    private func read(_ count: Int) -> [UInt8] {
        guard let request = Int32(exactly: count) else { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            guard let start = buffer.baseAddress else { return }
            let received = reading { stream in
                FCGX_GetStr(UnsafeMutableRawPointer(start).assumingMemoryBound(to: CChar.self), request, stream)
            }
            initialized = max(0, min(count, Int(received ?? 0)))
        }
    }

    /// Reads what is left of the request, so that the next one on the connection starts at its start.
    ///
    /// Bounded and without waiting, because all of it has arrived. False when the connection cannot be used again.
    func drain() -> Bool {
        if incoming.exceedsLimit { return false }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 8_192) { scratch in
            reading { stream in
                while FCGX_GetStr(scratch.baseAddress, 8_192, stream) == 8_192 {}
                return FCGX_GetError(stream) == 0
            } ?? false
        }
    }
}

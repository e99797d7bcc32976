import CFastCGI

extension FastCGIRequest {
    /// Answers at once. What fits into libfcgi's buffer of 8 KiB leaves in one write when the request ends.
    package func send(status: Int, headers: [(String, String)], body: [UInt8]) throws(FastCGIError) {
        try begin(status: status, headers: headers, then: .done)
        try put(body)
    }

    /// Sends the head of an answer whose body follows by `write`.
    package func beginStream(status: Int, headers: [(String, String)]) throws(FastCGIError) {
        try begin(status: status, headers: headers, then: .streaming)
        try flush()
    }

    /// Sends one more piece of a streamed body; it has left this process when the call returns.
    package func write(_ chunk: [UInt8]) throws(FastCGIError) {
        if answer == .brokenOff { throw .clientGone }
        guard answer == .streaming else { throw .defect("write without beginStream") }
        try put(chunk)
        try flush()
    }

    /// Ends a streamed answer so that the client sees that it is not whole: the connection is cut.
    package func breakOff() {
        answer = .brokenOff
    }

    private func begin(
        status: Int, headers: [(String, String)], then next: Answer
    ) throws(FastCGIError) {
        if answer == .brokenOff { throw .clientGone }
        guard answer == .none else { throw .defect("the request was answered twice") }
        let head = try ResponseHead.octets(status: status, headers: headers)
        answer = next
        try put(head)
    }

    private func put(_ octets: [UInt8]) throws(FastCGIError) {
        guard !octets.isEmpty else { return }
        guard let count = Int32(exactly: octets.count) else { throw .defect("an answer of 2 GiB or more") }
        let written = octets.withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { FCGX_PutStr($0.baseAddress, count, handle.pointee.out) }
        }
        if written != count { try fail() }
    }

    private func flush() throws(FastCGIError) {
        if FCGX_FFlush(handle.pointee.out) != 0 { try fail() }
    }

    private func fail() throws(FastCGIError) {
        answer = .brokenOff
        throw .clientGone
    }
}

import CFastCGI
import Glibc

/// What can go wrong with a request's connection.
package enum FastCGIError: Error, Equatable, Sendable {
    case bodyTooLarge(limit: Int)
    case bodyTruncated(expected: Int, received: Int)
    /// CONTENT_LENGTH is not a number that a length can be.
    case badContentLength
    /// The other side has left, or does not take the answer in time.
    case clientGone
    /// A header of the answer has a line end or NUL in it: sent, it would be another answer.
    case badHeader(String)
}

/// One request as libfcgi parsed it. Used by one thread at a time.
package final class FastCGIRequest {
    private let raw: UnsafeMutablePointer<FCGX_Request>
    private let isWhole: Bool
    private var body: [UInt8]?
    private var bodyProblem: FastCGIError?
    private var inputFailed = false
    private var outputFailed = false

    /// libfcgi's own set-up, once in a process; without it every request fails.
    static let libraryIsReady = FCGX_Init() == 0

    /// Adopts a connection that was accepted elsewhere and lets libfcgi parse the request that waits in it. Nil when
    /// there is none; the connection is then closed. `isWhole` says that the body is there, too, so that reading it
    /// cannot wait.
    ///
    /// libfcgi accepts by itself only when `ipcFd` is negative. With a descriptor there and `keepConnection` set, it
    /// takes the request from that one; `detached` keeps it from waiting two seconds for the other side when it closes
    /// a connection on which it found nonsense. `FastCGITests` pins this for the version that is built with.
    init?(adopting descriptor: Int32, isWhole: Bool) {
        self.isWhole = isWhole
        raw = .allocate(capacity: 1)
        FCGX_InitRequest(raw, -1, Int32(FCGI_FAIL_ACCEPT_ON_INTR))
        raw.pointee.ipcFd = descriptor
        raw.pointee.keepConnection = 1
        raw.pointee.detached = 1
        guard FCGX_Accept_r(raw) == 0 else {
            // libfcgi has closed it, unless it never got that far.
            if raw.pointee.ipcFd >= 0 { close(raw.pointee.ipcFd) }
            raw.deallocate()
            return nil
        }
    }

    /// The connection, which is open until `finish`.
    var descriptor: Int32 { raw.pointee.ipcFd }

    deinit { raw.deallocate() }

    // MARK: - Parameters

    /// The value of a parameter; nil when it is absent or not UTF-8.
    package func parameter(_ name: String) -> String? {
        guard let value = FCGX_GetParam(name, raw.pointee.envp) else { return nil }
        return String(validatingCString: value)
    }

    /// The value's octets.
    package func parameterBytes(_ name: String) -> [UInt8]? {
        guard let value = FCGX_GetParam(name, raw.pointee.envp) else { return nil }
        return Array(UnsafeRawBufferPointer(start: value, count: strlen(value)))
    }

    /// Every parameter that is UTF-8, in the order in which they came.
    package func forEachParameter(_ body: (_ name: String, _ value: String) -> Void) {
        guard var next = raw.pointee.envp else { return }
        while let entry = next.pointee {
            if let text = String(validatingCString: entry), let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) {
                body(String(text[..<equals]), String(text[text.utf8.index(after: equals)...]))
            }
            next += 1
        }
    }

    // MARK: - Body

    /// The whole body, as often as it is asked for. Compares what came with CONTENT_LENGTH: a body that is cut short or
    /// goes on is an error, and so is one whose length is not said.
    package func readBody(limit: Int) throws(FastCGIError) -> [UInt8] {
        if let bodyProblem { throw bodyProblem }
        if let body {
            guard body.count <= limit else { throw .bodyTooLarge(limit: limit) }
            return body
        }
        let expected = try contentLength()
        guard expected <= limit else { throw .bodyTooLarge(limit: limit) }
        do throws(FastCGIError) {
            let body = try takeBody(expected)
            self.body = body
            return body
        } catch {
            inputFailed = true
            bodyProblem = error
            throw error
        }
    }

    /// Reads the body now, on the thread that may wait for it. What goes wrong is said by `readBody`.
    func prefetchBody(limit: Int) {
        do throws(FastCGIError) {
            _ = try readBody(limit: limit)
        } catch {
            // Kept in `bodyProblem`, or found again from CONTENT_LENGTH.
        }
    }

    private func takeBody(_ expected: Int) throws(FastCGIError) -> [UInt8] {
        var body = [UInt8](repeating: 0, count: expected)
        let received = body.withUnsafeMutableBytes { buffer in
            // A length fits into 32 bits here: the limit on bodies is far below.
            FCGX_GetStr(buffer.baseAddress, Int32(clamping: expected), raw.pointee.in)
        }
        guard Int(received) == expected else {
            throw .bodyTruncated(expected: expected, received: Int(received))
        }
        // The record that ends the body is taken as well: it would be read as the next request.
        guard FCGX_GetChar(raw.pointee.in) < 0 else { throw .badContentLength }
        return body
    }

    private func contentLength() throws(FastCGIError) -> Int {
        guard let text = parameter("CONTENT_LENGTH"), !text.isEmpty else { return 0 }
        guard let length = Int(text), length >= 0, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else {
            throw .badContentLength
        }
        return length
    }

    // MARK: - Answer

    /// Writes the whole answer.
    package func send(status: Int, headers: [(String, String)], body: [UInt8]) throws(FastCGIError) {
        var octets = try Self.head(status, headers)
        octets.append(contentsOf: body)
        try put(octets)
    }

    /// Writes the head of an answer whose body comes in pieces.
    package func beginStream(status: Int, headers: [(String, String)]) throws(FastCGIError) {
        try put(try Self.head(status, headers))
        try flush()
    }

    /// Writes a piece of the body and passes it on at once.
    package func write(_ chunk: [UInt8]) throws(FastCGIError) {
        try put(chunk)
        try flush()
    }

    /// Whether the other side has left. Cheap: asks the kernel, reads nothing.
    package var clientIsGone: Bool {
        let halfClosed = Int16(truncatingIfNeeded: EPOLLRDHUP.rawValue)  // POLLRDHUP has the same value.
        var poll = pollfd(fd: raw.pointee.ipcFd, events: halfClosed, revents: 0)
        return Glibc.poll(&poll, 1, 0) > 0 && poll.revents & (halfClosed | Int16(POLLHUP | POLLERR)) != 0
    }

    private func put(_ octets: [UInt8]) throws(FastCGIError) {
        // After an error libfcgi reports success for what it throws away.
        guard !outputFailed else { throw .clientGone }
        let written = octets.withUnsafeBytes { buffer -> Int32 in
            guard let start = buffer.baseAddress else { return 0 }
            return FCGX_PutStr(
                start.assumingMemoryBound(to: CChar.self), Int32(clamping: buffer.count), raw.pointee.out)
        }
        guard Int(written) == octets.count else {
            outputFailed = true
            throw .clientGone
        }
    }

    private func flush() throws(FastCGIError) {
        guard FCGX_FFlush(raw.pointee.out) == 0 else {
            outputFailed = true
            throw .clientGone
        }
    }

    private static func head(_ status: Int, _ headers: [(String, String)]) throws(FastCGIError) -> [UInt8] {
        var octets = Array("Status: \(status)\r\n".utf8)
        octets.reserveCapacity(512)
        for (name, value) in headers {
            guard isClean(name), isClean(value) else { throw .badHeader(name) }
            octets.append(contentsOf: name.utf8)
            octets.append(UInt8(ascii: ":"))
            octets.append(UInt8(ascii: " "))
            octets.append(contentsOf: value.utf8)
            octets.append(UInt8(ascii: "\r"))
            octets.append(UInt8(ascii: "\n"))
        }
        octets.append(UInt8(ascii: "\r"))
        octets.append(UInt8(ascii: "\n"))
        return octets
    }

    private static func isClean(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x09 }
    }

    // MARK: - End

    /// Ends the request. Returns the connection when it can take another one; otherwise it is closed.
    ///
    /// libfcgi's own closing waits up to two seconds for the other side: the streams are closed here and the descriptor
    /// is ours.
    func finish() -> Int32? {
        let descriptor = raw.pointee.ipcFd
        // Before the end of the answer is sent: after it the next request may come in behind the unread body.
        let isDrained = !inputFailed && (body != nil || isWhole && drain())
        var isKept = raw.pointee.keepConnection != 0 && isDrained && !outputFailed
        if !outputFailed {
            // Before FCGX_Free: its streams hold the error state.
            var errors = FCGX_FClose(raw.pointee.err)
            errors |= FCGX_FClose(raw.pointee.out)
            errors |= FCGX_GetError(raw.pointee.in)
            isKept = isKept && errors == 0
        }
        FCGX_Free(raw, 0)
        if isKept { return descriptor }
        close(descriptor)
        return nil
    }

    /// Takes an unread body, which would be read as the next request. It is there: a socket holds some 200,000 octets.
    private func drain() -> Bool {
        var rest = [UInt8](repeating: 0, count: 16_384)
        for _ in 0..<32 {
            let count = rest.withUnsafeMutableBytes { FCGX_GetStr($0.baseAddress, 16_384, raw.pointee.in) }
            if count < 16_384 { return true }
        }
        return false
    }
}

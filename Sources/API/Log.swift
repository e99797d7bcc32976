import Domain
import Foundation
import HTTP
import JSON

/// One line of JSON for each request and each thing that goes wrong. Never a header, a body or a query: they may
/// hold secrets.
package struct Log: Sendable {
    private let write: @Sendable ([UInt8]) -> Void

    /// `write` gets whole lines, each with its line end, to be written at once.
    package init(write: @escaping @Sendable ([UInt8]) -> Void) { self.write = write }

    /// To the standard error stream, one write a line, so that lines of several processes do not mix.
    package static let standardError = Log { line in
        line.withUnsafeBytes { octets in
            // A log that cannot be written must not stop the service; there is nowhere left to say so.
            _ = Foundation.write(STDERR_FILENO, octets.baseAddress, octets.count)
        }
    }

    package func event(_ level: String, _ message: String, _ more: (inout JSONWriter) -> Void = { _ in }) {
        let line = JSONWriter.object {
            $0.field("time", Timestamp.now().iso(.milliseconds))
            $0.field("level", level)
            $0.field("message", message)
            more(&$0)
        }
        write(Self.printable(line) + [0x0A])
    }

    /// The same JSON without the characters that JSON allows unescaped and that a terminal obeys or a reader takes for
    /// a line end: U+007F to U+009F, U+2028 and U+2029. Outside strings JSON has ASCII only, so that these octets
    /// stand inside of one, where an escape means the same.
    private static func printable(_ line: [UInt8]) -> [UInt8] {
        guard line.contains(where: { $0 >= 0x7F }) else { return line }
        var text = ""
        for scalar in String(decoding: line, as: UTF8.self).unicodeScalars {
            switch scalar.value {
            case 0x7F...0x9F, 0x2028, 0x2029:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return Array(text.utf8)
    }

    /// The line of a request: who, what, with which status, and where the time went, in microseconds.
    func access(
        _ request: Request, method: String, pattern: String?, status: Int, octets: Int, _ durations: Durations
    ) {
        event("info", "request") {
            $0.field("request_id", request.id)
            $0.field("method", String(method.prefix(16)))
            $0.field("path", String(request.path.prefix(512)))
            $0.field("route", pattern)
            $0.field("status", status)
            $0.field("subject", request.caller?.subject)
            $0.field("remote_address", request.remoteAddress)
            $0.field("bytes", octets)
            $0.field("total_us", durations.totalMicroseconds)
            $0.field("database_us", durations.databaseMicroseconds)
            $0.field("upstream_us", durations.upstreamMicroseconds)
        }
    }

    /// What an operator should look at. What is the caller's own mistake stands in the access line alone.
    func failure(_ failure: Failure, _ request: Request) {
        let level: String
        switch failure {
        case .defect: level = "error"
        case .unavailable, .upstream: level = "warning"
        default: return
        }
        event(level, failure.detail) {
            $0.field("request_id", request.id)
            $0.field("path", String(request.path.prefix(512)))
        }
    }
}

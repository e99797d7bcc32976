import CLibFuzzer
import Glibc
import Outbound

/// Any octets as the answer of a provider: they are an answer or a typed error, the same one however they are cut into
/// pieces, and within the limits. The first octet is the size of the pieces; its highest bit makes the request a HEAD.
@main
struct FuzzHTTPHead {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(
            LLVMFuzzerRunDriver(&count, &arguments) { start, count in
                FuzzHTTPHead.run(Array(UnsafeBufferPointer(start: start, count: count)))
                return 0
            })
    }

    private static let limits = AnswerLimits(headOctets: 2_000, headers: 20, bodyOctets: 4_000)

    private struct Outcome: Equatable {
        var error: OutboundError?
        var status: Int?
        var body: [UInt8] = []
        var canBeKept = false
    }

    private static func run(_ input: [UInt8]) {
        guard let choice = input.first else { return }
        let octets = input.dropFirst()
        let method = choice & 0x80 == 0 ? "GET" : "HEAD"
        let whole = decode(octets, method, pieces: max(1, octets.count))
        guard decode(octets, method, pieces: Int(choice & 0x7F) + 1) == whole else {
            fatalError("the answer depends on how it is cut")
        }
        guard method == "GET" || whole.body.isEmpty else { fatalError("an answer to HEAD has a body") }
        checkHead(octets)
        decodeChunks(octets)
    }

    private static func decode(_ octets: ArraySlice<UInt8>, _ method: String, pieces: Int) -> Outcome {
        var decoder = AnswerDecoder(method: method, limits: limits)
        var outcome = Outcome()
        do throws(OutboundError) {
            var rest = octets
            while !rest.isEmpty {
                let piece = rest.prefix(pieces)
                rest = rest.dropFirst(piece.count)
                try decoder.feed(piece) { _, part in
                    outcome.body += part
                    return true
                }
                guard outcome.body.count <= limits.bodyOctets else { fatalError("a body above the limit") }
            }
            try decoder.end()
        } catch {
            // How much of the body came before the error does depend on the pieces.
            return Outcome(error: error)
        }
        guard decoder.isComplete, let head = decoder.head else { fatalError("an answer without a head or an end") }
        outcome.status = head.status
        outcome.canBeKept = decoder.canBeKept
        check(head)
        return outcome
    }

    private static func check(_ head: ResponseHead) {
        guard 100...599 ~= head.status, 0...1 ~= head.minorVersion else { fatalError("a status line out of bounds") }
        for (name, value) in head.headers {
            let isClean = (name + value).utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
            guard isClean, !name.isEmpty else { fatalError("a header that could be another one") }
        }
    }

    /// A head that is accepted reads the same once more after it was written.
    private static func checkHead(_ octets: ArraySlice<UInt8>) {
        guard let head = try? ResponseHead.parse(octets, maxHeaders: limits.headers) else { return }
        check(head)
        let fields = head.headers.map { "\($0.name): \($0.value)\r\n" }.joined()
        let written = "HTTP/1.\(head.minorVersion) \(head.status)\r\n\(fields)\r\n"
        guard let again = try? ResponseHead.parse(Array(written.utf8)[...], maxHeaders: limits.headers),
            again.status == head.status, again.minorVersion == head.minorVersion,
            again.headers.elementsEqual(head.headers, by: { $0.name == $1.name && $0.value == $1.value })
        else { fatalError("what was read does not read back") }
    }

    private static func decodeChunks(_ octets: ArraySlice<UInt8>) {
        var decoder = ChunkDecoder()
        var rest = octets
        var data = 0
        do throws(OutboundError) {
            while let piece = try decoder.next(from: &rest) { data += piece.count }
        } catch {
            return
        }
        guard data <= octets.count, decoder.isComplete || rest.isEmpty else { fatalError("octets were left over") }
    }
}

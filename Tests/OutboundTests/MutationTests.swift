import Outbound
import XCTest

/// Random damage to valid answers: no crash, and the same outcome however the octets are cut into pieces.
final class MutationTests: XCTestCase {
    private static let corpus = [
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"ok\": true}\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nT: x\r\n\r\n",
        "HTTP/1.0 200 OK\r\nServer: x\r\n\r\nuntil the end",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nhi",
        "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 2\r\nContent-Encoding: identity\r\n\r\n{}",
        "HTTP/1.1 302 Found\r\nLocation: //%00/\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n00000a\r\n0123456789\r\n0;x=\"y\"\r\n\r\n",
    ]
    private static let fragments = [
        "\r\n", "\n", "\r", "\0", " ", ":", ";", "0", "ffffffffffffffff", "99999999999999999999", "-1", "chunked",
        "gzip",
        "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "HTTP/1.1 ", "\u{FFFD}", "\r\n\r\n", "0\r\n\r\n",
    ]

    private struct Outcome: Equatable {
        var error: OutboundError?
        var status: Int?
        var body: [UInt8]?
    }

    func testTenThousandMutationsEndInAnAnswerOrATypedError() throws {
        var random = SeededGenerator(state: 20)
        var answers = 0
        for round in 0..<10_000 {
            let octets = mutated(Array(Self.corpus[round % Self.corpus.count].utf8), &random)
            let whole = outcome(of: octets, pieces: [octets.count])
            let pieces = (0..<octets.count).map { _ in Int.random(in: 1...7, using: &random) }
            XCTAssertEqual(outcome(of: octets, pieces: pieces), whole, "\(octets)")
            if whole.error == nil { answers += 1 }
            let isHead = (try? ResponseHead.parse(octets[...], maxHeaders: 20)) != nil
            XCTAssertTrue(!isHead || octets.suffix(4) == [13, 10, 13, 10])
            decodeChunks(octets)
        }
        XCTAssertGreaterThan(answers, 500, "some damage is harmless, otherwise nothing behind the head was reached")
        XCTAssertLessThan(answers, 9_500)
    }

    func testRandomOctetsAreNeverAnAnswer() {
        var random = SeededGenerator(state: 21)
        for _ in 0..<2_000 {
            let octets = (0..<Int.random(in: 0...300, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            XCTAssertNotNil(outcome(of: octets, pieces: [octets.count]).error)
            decodeChunks(octets)
        }
    }

    private func outcome(of octets: [UInt8], pieces: [Int]) -> Outcome {
        var decoder = AnswerDecoder(
            method: "GET", limits: AnswerLimits(headOctets: 400, headers: 20, bodyOctets: 1_000))
        var body: [UInt8] = []
        do throws(OutboundError) {
            var rest = octets[...]
            for size in pieces where !rest.isEmpty {
                let piece = rest.prefix(size)
                rest = rest.dropFirst(piece.count)
                try decoder.feed(piece) { _, data in
                    body += data
                    return true
                }
            }
            if !decoder.isComplete { try decoder.end() }
            return Outcome(error: nil, status: decoder.head?.status, body: body)
        } catch {
            return Outcome(error: error, status: nil, body: nil)
        }
    }

    private func decodeChunks(_ octets: [UInt8]) {
        var decoder = ChunkDecoder()
        var input = octets[...]
        var taken = 0
        do throws(OutboundError) {
            while let piece = try decoder.next(from: &input) { taken += piece.count }
        } catch {
            XCTAssertFalse(decoder.isComplete)
        }
        XCTAssertLessThanOrEqual(taken, octets.count)
    }

    private func mutated(_ original: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var octets = original
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let index = Int.random(in: 0..<max(octets.count, 1), using: &random)
            guard index < octets.count else { return octets }
            switch Int.random(in: 0..<7, using: &random) {
            case 0: octets[index] = UInt8.random(in: 0...255, using: &random)
            case 1: octets[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 2: octets.remove(at: index)
            case 3: octets.insert(octets[index], at: index)
            case 4: octets.removeSubrange(index...)
            case 5: octets.insert(contentsOf: octets[index..<min(index + 20, octets.count)], at: index)
            default:
                let fragment = Self.fragments[Int.random(in: 0..<Self.fragments.count, using: &random)]
                octets.insert(contentsOf: fragment.utf8, at: index)
            }
        }
        return octets
    }
}

/// SplitMix64: the same numbers in every run.
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

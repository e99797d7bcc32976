import Outbound
import XCTest

final class ChunkDecoderTests: XCTestCase {
    /// The body, and what follows it; nil when the body is not complete.
    private func decode(_ text: String, pieceSize: Int = .max) throws -> (body: String, rest: String)? {
        var decoder = ChunkDecoder()
        var body: [UInt8] = []
        var input = Array(text.utf8)[...]
        while !input.isEmpty, !decoder.isComplete {
            let size = min(pieceSize, input.count)
            var piece = input.prefix(size)
            while let data = try decoder.next(from: &piece) { body += data }
            input = input.dropFirst(size - piece.count)
        }
        guard decoder.isComplete else { return nil }
        return (String(decoding: body, as: UTF8.self), String(decoding: input, as: UTF8.self))
    }

    func testValidBodiesAreDecodedInPiecesOfAnySize() throws {
        let bodies = [
            ("0\r\n\r\n", "", ""), ("3\r\nabc\r\n0\r\n\r\n", "abc", ""),
            ("003\r\nabc\r\n000\r\n\r\nrest", "abc", "rest"),
            ("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789", ""),
            ("1;x=y\r\na\r\n1;\r\nb\r\n1; a = \"q;\" ;b\r\nc\r\n0;last\r\n\r\n", "abc", ""),
            ("1\r\na\r\n0\r\nTrailer: x\r\nOther:\r\n\r\n", "a", ""), ("4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n", ""),
        ]
        for (text, body, rest) in bodies {
            for pieceSize in [1, 2, 3, 5, .max] {
                let result = try XCTUnwrap(try decode(text, pieceSize: pieceSize), text)
                XCTAssertEqual(result.body, body, text)
                XCTAssertEqual(result.rest, rest, text)
            }
        }
    }

    /// Also used against the client over a socket.
    static let malformed = [
        "\r\n", "\n", " 3\r\nabc\r\n0\r\n\r\n", "3 \r\nabc\r\n0\r\n\r\n", "3\nabc\r\n0\r\n\r\n", "3\r\nabc\n0\r\n\r\n",
        "3\r\nabcd\r\n0\r\n\r\n", "3\r\nab\r\n0\r\n\r\n", "0x3\r\nabc\r\n0\r\n\r\n", "-3\r\nabc\r\n0\r\n\r\n",
        "+3\r\nabc\r\n0\r\n\r\n", "g\r\nabc\r\n0\r\n\r\n", "3,3\r\nabc\r\n0\r\n\r\n", "3\r\rabc\r\n0\r\n\r\n",
        ";x\r\nabc\r\n0\r\n\r\n", "1000000000000000\r\nabc\r\n", "FFFFFFFFFFFFFFFF\r\nabc\r\n",
        "fffffffffffffffffffffffffffffff1\r\na\r\n", "0000000000000000\r\n\r\n", "3;\n\r\nabc\r\n0\r\n\r\n",
        "3;\0\r\nabc\r\n0\r\n\r\n", "3;a\rb\r\nabc\r\n0\r\n\r\n", "0\r\n\n", "0\n\r\n", "0\r\nNo colon\r\n\r\n",
        "0\r\n folded: x\r\n\r\n", "0\r\nA : x\r\n\r\n", "0\r\nA: \0\r\n\r\n", "0\r\nA: x\n\r\n", "0\r\nA: x\r\r\n\r\n",
        "3\r\nabc\r\n\r\n0\r\n\r\n", "3\r\nabc0\r\n\r\n", "٣\r\nabc\r\n0\r\n\r\n", "\0", "HTTP/1.1 200 OK\r\n\r\n",
    ]

    func testMalformedBodiesAreTypedErrors() {
        for text in Self.malformed {
            for pieceSize in [1, .max] {
                XCTAssertThrowsError(try decode(text, pieceSize: pieceSize), text.debugDescription) { error in
                    guard case .malformed? = error as? OutboundError else { return XCTFail("\(error)") }
                }
            }
        }
    }

    func testACutBodyIsNotComplete() throws {
        let octets = Array("5;x\r\nhello\r\n0\r\nA: b\r\n\r\n".utf8)
        for length in octets.indices {
            XCTAssertNil(try decode(String(decoding: octets[..<length], as: UTF8.self)), "\(length)")
        }
    }

    func testExtensionsAndTrailersAreBounded() {
        let long = String(repeating: "x", count: 20_000)
        let manyExtensions = String(repeating: "1;\(String(repeating: "x", count: 200))\r\na\r\n", count: 100)
        let manyTrailers = String(repeating: "A: b\r\n", count: 3_000)
        let rows: [(String, OutboundError)] = [
            ("1;\(long)\r\na\r\n0\r\n\r\n", .tooLarge(.chunkExtensions)), (manyExtensions, .tooLarge(.chunkExtensions)),
            ("0\r\nA: \(long)\r\n\r\n", .tooLarge(.trailers)), ("0\r\n\(manyTrailers)\r\n", .tooLarge(.trailers)),
        ]
        for (text, expected) in rows {
            XCTAssertThrowsError(try decode(text)) { XCTAssertEqual($0 as? OutboundError, expected) }
        }
    }
}

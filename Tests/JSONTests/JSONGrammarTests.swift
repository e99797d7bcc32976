import JSON
import XCTest

/// What RFC 8259 allows is read, what it does not allow is refused, and where RFC 8259 leaves it open the parser is
/// strict.
final class JSONGrammarTests: XCTestCase {
    /// Each is read, and written again as the text beside it.
    private static let accepted: [(text: String, written: String)] = [
        ("null", "null"), ("true", "true"), ("false", "false"), (" null ", "null"), ("\t\n\r true\t\n\r ", "true"),
        ("0", "0"), ("-0", "-0"), ("1", "1"), ("-1", "-1"), ("10", "10"), ("1234567890", "1234567890"),
        ("0.0", "0.0"), ("0.5", "0.5"), ("-0.5", "-0.5"), ("12.50", "12.50"), ("1e5", "1e5"), ("1E5", "1E5"),
        ("1e+5", "1e+5"), ("1e-5", "1e-5"), ("1.5e10", "1.5e10"), ("0e0", "0e0"), ("0E+1", "0E+1"),
        ("-0.0e-0", "-0.0e-0"),
        ("1e400", "1e400"), ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("0.1234567890123456789012345678901234567890", "0.1234567890123456789012345678901234567890"),
        ("\"\"", "\"\""), ("\"a\"", "\"a\""), ("\" \"", "\" \""), ("\"ä\"", "\"ä\""), ("\"€\"", "\"€\""),
        ("\"😀\"", "\"😀\""), ("\"\u{7F}\"", "\"\u{7F}\""), ("\"\u{2028}\u{2029}\"", "\"\u{2028}\u{2029}\""),
        ("\"\u{FFFE}\u{FFFF}\"", "\"\u{FFFE}\u{FFFF}\""), ("\"/\"", "\"/\""), (#""\/""#, "\"/\""), (#""\"""#, #""\"""#),
        (#""\\""#, #""\\""#), (#""\b\f\n\r\t""#, #""\u0008\u000c\n\r\t""#), (#""\u0041""#, "\"A\""),
        (#""\u00e4\u00E4""#, "\"ää\""), (#""\u20AC""#, "\"€\""), (#""\uD83D\uDE00""#, "\"😀\""),
        (#""\ud83d\ude00x""#, "\"😀x\""), (#""\uDBFF\uDFFF""#, "\"\u{10FFFF}\""), (#""\u001f""#, #""\u001f""#),
        (#""\uFFFF""#, "\"\u{FFFF}\""), (#""a\u0062c""#, "\"abc\""), (#""\\u0041""#, #""\\u0041""#),
        ("[]", "[]"), ("[ ]", "[]"), ("[1]", "[1]"), ("[1,2]", "[1,2]"), ("[ 1 , 2 ]", "[1,2]"), ("[[]]", "[[]]"),
        ("[[],[[]]]", "[[],[[]]]"), ("[null,true,\"x\",1.0]", "[null,true,\"x\",1.0]"), ("[\n1\n]", "[1]"),
        ("{}", "{}"), ("{ }", "{}"), ("{\"a\":1}", "{\"a\":1}"), ("{ \"a\" : 1 }", "{\"a\":1}"),
        ("{\"b\":1,\"a\":2}", "{\"b\":1,\"a\":2}"), ("{\"\":0}", "{\"\":0}"),
        ("{\"a\":{\"a\":{}}}", "{\"a\":{\"a\":{}}}"),
        ("{\"a\":[],\"b\":null}", "{\"a\":[],\"b\":null}"), (#"{"\u0061":1}"#, "{\"a\":1}"),
        ("{\"a b\":1}", "{\"a b\":1}"),
        ("{\"A\":1,\"a\":2}", "{\"A\":1,\"a\":2}"), ("[{\"a\":1},{\"a\":2}]", "[{\"a\":1},{\"a\":2}]"),
    ]

    func testWhatTheGrammarAllowsIsReadAndKeepsItsSpelling() throws {
        XCTAssertGreaterThanOrEqual(Self.accepted.count, 65)
        for (text, written) in Self.accepted {
            do {
                let value = try JSONParser.parse(text)
                XCTAssertEqual(String(decoding: JSONWriter.text(of: value), as: UTF8.self), written, text)
                XCTAssertEqual(try JSONParser.parse(written), value, text)
            } catch {
                XCTFail("\(text): \(error)")
            }
        }
    }

    /// Each is refused for this reason at this octet.
    private static let refused: [(text: String, reason: JSONError.Reason, position: Int)] = [
        ("", .empty, 0), ("  ", .empty, 2), ("\u{FEFF}1", .unexpectedCharacter, 0),
        ("\u{A0}1", .unexpectedCharacter, 0),
        ("\u{B}1", .unexpectedCharacter, 0), ("\u{C}1", .unexpectedCharacter, 0), ("\0", .nul, 0), ("[\0]", .nul, 1),
        ("1\0", .trailingData, 1), ("nul", .unexpectedEnd, 3), ("nulL", .unexpectedCharacter, 3),
        ("NULL", .unexpectedCharacter, 0), ("True", .unexpectedCharacter, 0), ("tru e", .unexpectedCharacter, 3),
        ("truex", .trailingData, 4), ("undefined", .unexpectedCharacter, 0), ("NaN", .unexpectedCharacter, 0),
        ("Infinity", .unexpectedCharacter, 0), ("-Infinity", .invalidNumber, 1), ("-", .unexpectedEnd, 1),
        ("--1", .invalidNumber, 1), ("+1", .unexpectedCharacter, 0), ("01", .trailingData, 1),
        ("-01", .trailingData, 2),
        ("00", .trailingData, 1), (".5", .unexpectedCharacter, 0), ("1.", .unexpectedEnd, 2),
        ("1.e5", .invalidNumber, 2),
        ("-.5", .invalidNumber, 1), ("1e", .unexpectedEnd, 2), ("1e+", .unexpectedEnd, 3), ("1e5.5", .trailingData, 3),
        ("1ee5", .invalidNumber, 2), ("0x10", .trailingData, 1), ("1_000", .trailingData, 1), ("1,5", .trailingData, 1),
        ("1 2", .trailingData, 2), ("１", .unexpectedCharacter, 0), ("[1.]", .invalidNumber, 3),
        ("[-]", .invalidNumber, 2),
        ("\"", .unexpectedEnd, 1), ("\"a", .unexpectedEnd, 2), ("\"\\", .unexpectedEnd, 2),
        ("\"\\\"", .unexpectedEnd, 3),
        ("'a'", .unexpectedCharacter, 0), ("\"a\"b\"", .trailingData, 3), ("\"\n\"", .controlCharacter, 1),
        ("\"a\tb\"", .controlCharacter, 2), ("\"\u{1F}\"", .controlCharacter, 1), ("\"\0\"", .nul, 1),
        ("\"\\n\u{1}\"", .controlCharacter, 3), ("\"\\n\0\"", .nul, 3), (#""\a""#, .invalidEscape, 1),
        (#""\'""#, .invalidEscape, 1), (#""\x41""#, .invalidEscape, 1), (#""\U0041""#, .invalidEscape, 1),
        (#""\u""#, .invalidEscape, 1), (#""\u12""#, .invalidEscape, 1), (#""\u12G4""#, .invalidEscape, 1),
        (#""\u-123""#, .invalidEscape, 1), (#""\u 041""#, .invalidEscape, 1), (#""x\u004"#, .unexpectedEnd, 7),
        (#""\u0000""#, .nul, 1), (#""a\u0000b""#, .nul, 2), (#""\uD83D""#, .loneSurrogate, 1),
        (#""\uDE00""#, .loneSurrogate, 1), (#""\uD83Dx""#, .loneSurrogate, 1), (#""\uD83D\n""#, .loneSurrogate, 1),
        (#""\uD83D\u0041""#, .loneSurrogate, 1), (#""\uD83D\uD83D""#, .loneSurrogate, 1),
        (#""\uDE00\uD83D""#, .loneSurrogate, 1), (#""\uD83D\u""#, .invalidEscape, 1), ("[", .unexpectedEnd, 1),
        ("]", .unexpectedCharacter, 0), ("[1", .unexpectedEnd, 2), ("[1,", .unexpectedEnd, 3),
        ("[1,]", .unexpectedCharacter, 3),
        ("[,1]", .unexpectedCharacter, 1), ("[,]", .unexpectedCharacter, 1), ("[1,,2]", .unexpectedCharacter, 3),
        ("[1 2]", .unexpectedCharacter, 3), ("[1}", .unexpectedCharacter, 2), ("[1:2]", .unexpectedCharacter, 2),
        ("[]]", .trailingData, 2), ("[] []", .trailingData, 3), ("[//c\n1]", .unexpectedCharacter, 1),
        ("[1/*c*/]", .unexpectedCharacter, 2), ("#c\n1", .unexpectedCharacter, 0), ("{", .unexpectedEnd, 1),
        ("}", .unexpectedCharacter, 0), ("{\"a\"", .unexpectedEnd, 4), ("{\"a\":", .unexpectedEnd, 5),
        ("{\"a\":1", .unexpectedEnd, 6), ("{\"a\":1,", .unexpectedEnd, 7), ("{\"a\":1,}", .unexpectedCharacter, 7),
        ("{,\"a\":1}", .unexpectedCharacter, 1), ("{\"a\" 1}", .unexpectedCharacter, 5),
        ("{\"a\"}", .unexpectedCharacter, 4),
        ("{\"a\":}", .unexpectedCharacter, 5), ("{\"a\"::1}", .unexpectedCharacter, 5),
        ("{a:1}", .unexpectedCharacter, 1),
        ("{'a':1}", .unexpectedCharacter, 1), ("{1:1}", .unexpectedCharacter, 1), ("{null:1}", .unexpectedCharacter, 1),
        ("{\"a\":1]", .unexpectedCharacter, 6), ("{\"a\",\"b\"}", .unexpectedCharacter, 4),
        ("{\"a\":1 \"b\":2}", .unexpectedCharacter, 7), ("{\"a\":1,,\"b\":2}", .unexpectedCharacter, 7),
        ("{}{}", .trailingData, 2), ("{\"a\":1,\"a\":1}", .duplicateName, 7),
        (#"{"a":1,"\u0061":2}"#, .duplicateName, 7),
        ("{\"\":1,\"\":2}", .duplicateName, 6), ("{\"a\":{\"b\":1,\"b\":2}}", .duplicateName, 12),
        ("{\"ä\":1,\"a\u{308}\":2}", .duplicateName, 8),
    ]

    func testWhatTheGrammarDoesNotAllowIsRefusedWhereItGoesWrong() {
        XCTAssertGreaterThanOrEqual(Self.refused.count, 110)
        for (text, reason, position) in Self.refused {
            XCTAssertThrowsError(try JSONParser.parse(text), text.debugDescription) { error in
                XCTAssertEqual((error as? JSONError)?.reason, reason, text.debugDescription)
                XCTAssertEqual((error as? JSONError)?.position, position, text.debugDescription)
            }
        }
    }

    func testOctetsThatAreNotUTF8AreRefusedAtTheFirstBadOne() {
        let cases: [(octets: [UInt8], position: Int)] = [
            ([0x80], 1), ([0xC3], 1), ([0x61, 0xC3, 0x28], 2), ([0x61, 0x62, 0xFF], 3), ([0xFE], 1),
            // Longer than needed, half of a surrogate pair, beyond U+10FFFF, cut short.
            ([0xC0, 0xAF], 1), ([0xE0, 0x80, 0xAF], 1), ([0xED, 0xA0, 0x80], 1), ([0xF4, 0x90, 0x80, 0x80], 1),
            ([0xC3, 0xA4, 0xE2, 0x82], 3), ([0x5C, 0x6E, 0x61, 0xFF], 4),
        ]
        for (octets, position) in cases {
            XCTAssertThrowsError(try JSONParser.parse([0x22] + octets + [0x22]), "\(octets)") { error in
                XCTAssertEqual((error as? JSONError)?.reason, .invalidUTF8, "\(octets)")
                XCTAssertEqual((error as? JSONError)?.position, position, "\(octets)")
            }
        }
        XCTAssertThrowsError(try JSONParser.parse([0xFF]))
        XCTAssertThrowsError(try JSONParser.parse([0xFF, 0xFE, 0x31, 0x00]))
    }
}

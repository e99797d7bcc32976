import Foundation
import JSON
import XCTest

final class JSONParserTests: XCTestCase {
    private func error(_ text: String, _ limits: JSONLimits = JSONLimits()) -> JSONError? {
        do throws(JSONError) {
            _ = try JSONParser.parse(text, limits: limits)
            return nil
        } catch { return error }
    }

    func testAnErrorNamesTheMemberThatWasBeingRead() {
        let cases = [
            ("x", ""), ("{\"a\":x}", "a"), ("{\"a\":{\"b\":x}}", "a.b"), ("[x]", "[0]"), ("[1,[2,x]]", "[1][1]"),
            ("{\"items\":[{\"a\":1},{\"b\":x}]}", "items[1].b"), ("{\"a\":1,\"b\":tru}", "b"), ("{\"a\":1,x}", ""),
            ("{\"a\":{\"b\":1,\"b\":2}}", "a.b"), ("{\"m\":{\"t\":1e}}", "m.t"), ("{\"m\":[\"\u{1}\"]}", "m[0]"),
            ("{\"a\":[1,2,3,", "a[3]"), ("{\"a\":1} x", ""),
        ]
        for (text, path) in cases { XCTAssertEqual(error(text)?.path, path, text) }
    }

    func testThePathOfAnErrorIsBounded() {
        let deep = String(repeating: "{\"" + String(repeating: "n", count: 1_000) + "\":", count: 20) + "x"
        XCTAssertEqual(
            error(deep)?.path, Array(repeating: String(repeating: "n", count: 64), count: 8).joined(separator: "."))
    }

    func testATextMayBeAsLongAsItsLimit() {
        XCTAssertNil(error("[1,2]", JSONLimits(octets: 5)))
        XCTAssertEqual(error("[1,2]", JSONLimits(octets: 4))?.reason, .tooLarge)
    }

    func testNestingMayBeAsDeepAsItsLimit() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        XCTAssertNil(error(nested(64)))
        XCTAssertEqual(error(nested(65))?.reason, .tooDeep)
        XCTAssertEqual(error(nested(65))?.position, 64)
        XCTAssertNil(error("[{},{}]", JSONLimits(depth: 2)))
        XCTAssertEqual(error("[{\"a\":[]}]", JSONLimits(depth: 2))?.reason, .tooDeep)
        // Siblings do not add up.
        XCTAssertNil(
            error("[" + Array(repeating: "[[]]", count: 500).joined(separator: ",") + "]", JSONLimits(depth: 3)))
        XCTAssertEqual(error(String(repeating: "[", count: 1_000_000))?.reason, .tooDeep)
    }

    func testThereMayBeAsManyValuesAsTheLimit() {
        XCTAssertNil(error("[1,{\"a\":2}]", JSONLimits(values: 4)))
        XCTAssertEqual(error("[1,{\"a\":2}]", JSONLimits(values: 3))?.reason, .tooManyValues)
    }

    func testANumberMayHaveAsManyCharactersAsTheLimit() {
        XCTAssertNil(error(String(repeating: "9", count: 64)))
        XCTAssertEqual(error(String(repeating: "9", count: 65))?.reason, .numberTooLong)
        XCTAssertEqual(error("[1," + String(repeating: "9", count: 65) + "]")?.position, 3)
    }

    func testTheDepthLimitFitsASmallStack() {
        let done = expectation(description: "parsed")
        let thread = Thread {
            let depth = JSONLimits().depth
            let text = String(repeating: "{\"a\":", count: depth) + "1" + String(repeating: "}", count: depth)
            let value = try? JSONParser.parse(text)
            XCTAssertEqual(value.map { JSONWriter.text(of: $0) }, Array(text.utf8))
            done.fulfill()
        }
        // Half of what the program gives to its threads; code that is not optimised needs about 4 KB a level.
        thread.stackSize = 1 << 19
        thread.start()
        wait(for: [done], timeout: 10)
    }

    func testNumbersKeepTheirTextAndAreIntegersOnlyWhenTheyAreWrittenSo() throws {
        let cases: [(String, Int?)] = [
            ("0", 0), ("-0", 0), ("42", 42), ("-7", -7), ("9223372036854775807", .max), ("-9223372036854775808", .min),
            ("9223372036854775808", nil), ("1.0", nil), ("1e2", nil), ("0.0", nil),
        ]
        for (text, int) in cases {
            let value = try JSONParser.parse(text)
            XCTAssertEqual(value.int, int, text)
            XCTAssertEqual(value.number?.text, text)
        }
    }

    func testOnlyNumbersOfTheGrammarAreNumbers() {
        for text in ["0", "-0", "1.5", "1e5", "-1.25E-3", String(repeating: "1", count: 500)] {
            XCTAssertEqual(JSONNumber(text)?.text, text)
            XCTAssertTrue(JSONParser.isNumber(Array(text.utf8)), text)
        }
        for text in ["", " 1", "1 ", "+1", "01", ".5", "1.", "1e", "0x1", "NaN", "12abc", "1,0", "1\0", "١"] {
            XCTAssertNil(JSONNumber(text), text)
            XCTAssertFalse(JSONParser.isNumber(Array(text.utf8)), text)
        }
    }

    func testMembersAreFoundByTheOctetsOfTheirNames() throws {
        let value = try JSONParser.parse("{\"K\":1,\"é\":2,\"list\":[10,{\"x\":\"y\"}],\"nothing\":null,\"yes\":true}")
        XCTAssertEqual(value["K"]?.int, 1)
        XCTAssertNil(value["\u{212A}"])
        XCTAssertNil(value["e\u{301}"])
        XCTAssertEqual(value["list"]?[0]?.int, 10)
        XCTAssertEqual(value["list"]?[1]?["x"]?.string, "y")
        XCTAssertNil(value["list"]?[2])
        XCTAssertNil(value["list"]?[-1])
        XCTAssertNil(value["list"]?["x"])
        XCTAssertNil(value[0])
        XCTAssertEqual(value["nothing"]?.isNull, true)
        XCTAssertNil(value["missing"])
        XCTAssertEqual(value["yes"]?.bool, true)
        XCTAssertNil(value["yes"]?.string)
        XCTAssertEqual(value.object?.members.map(\.name), ["K", "é", "list", "nothing", "yes"])
    }

    func testRandomOctetsNeverDoMoreThanFail() {
        var generator = SplitMix(state: 42)
        let alphabet = Array("{}[]\",:\\u0dDeE+-.1tfn ul\u{1}\u{0}ä😀/".utf8) + [0xFF, 0xC0]
        var accepted = 0
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0..<24, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator) ?? 0
            }
            do throws(JSONError) {
                let value = try JSONParser.parse(text)
                accepted += 1
                XCTAssertEqual(try? JSONParser.parse(JSONWriter.text(of: value)), value)
            } catch {
                XCTAssertLessThanOrEqual(error.position, text.count)
            }
        }
        XCTAssertGreaterThan(accepted, 20)
    }
}

/// The same numbers on every run.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

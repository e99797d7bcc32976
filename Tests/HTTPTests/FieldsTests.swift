import Domain
import HTTP
import JSON
import XCTest

final class FieldsTests: XCTestCase {
    private func fields(_ text: String, in prefix: String = "") throws -> Fields {
        Fields(try XCTUnwrap(try JSONParser.parse(text).object), in: prefix)
    }

    private func problem(_ body: () throws -> Void) -> FieldProblem? {
        do {
            try body()
            return nil
        } catch {
            guard case .invalid(let problems)? = error as? Failure else { return nil }
            return problems.first
        }
    }

    func testValuesOfTheRightTypeAreRead() throws {
        var fields = try fields(#"{"s":"x","b":true,"i":7,"d":0.70,"o":{}}"#)
        XCTAssertEqual(try fields.string("s"), "x")
        XCTAssertEqual(try fields.bool("b"), true)
        XCTAssertEqual(try fields.int("i", in: 1...9), 7)
        XCTAssertEqual(try fields.decimal("d", in: 0...1)?.text, "0.7")
        XCTAssertEqual(try fields.object("o"), JSONObject())
        XCTAssertNoThrow(try fields.finish())
    }

    func testAbsentMembersAreNilAndRequiredOnesAreNamed() throws {
        var fields = try fields("{}", in: "modelConfig")
        XCTAssertNil(try fields.string("model"))
        XCTAssertEqual(
            problem { _ = try fields.required("model", nil as String?) },
            FieldProblem("modelConfig.model", "is required"))
    }

    func testAWrongTypeIsNamedWithItsPath() throws {
        for (text, reason) in [
            (#"{"x":null}"#, "must be a string"), (#"{"x":5}"#, "must be a string"), (#"{"x":[]}"#, "must be a string"),
        ] {
            var fields = try fields(text, in: "a")
            XCTAssertEqual(problem { _ = try fields.string("x") }, FieldProblem("a.x", reason))
        }
        for text in [#"{"x":1.5}"#, #"{"x":"1"}"#, #"{"x":1e2}"#, #"{"x":99999999999999999999}"#, #"{"x":true}"#] {
            var fields = try fields(text)
            XCTAssertEqual(problem { _ = try fields.int("x", in: 1...9) }?.reason, "must be a whole number", text)
        }
    }

    func testRangesAreInclusive() throws {
        for (text, isGood) in [
            ("0", true), ("2", true), ("2.0000", true), ("2.0000000001", false), ("-0", true), ("-0.0000000001", false),
            ("3", false), ("1e0", true), ("5e-1", true), ("3e0", false), ("1e-11", false), ("1e99", false),
            ("0.12345678901", false),
        ] {
            var fields = try fields(#"{"x":\#(text)}"#)
            XCTAssertEqual(problem { _ = try fields.decimal("x", in: 0...2) } == nil, isGood, text)
        }
    }

    func testUnknownMembersAreAllNamed() throws {
        var fields = try fields(#"{"a":1,"b":2,"c":3}"#, in: "p")
        _ = try fields.int("b", in: 0...9)
        XCTAssertThrowsError(try fields.finish()) {
            XCTAssertEqual(
                $0 as? Failure,
                .invalid([FieldProblem("p.a", "is not a known field"), FieldProblem("p.c", "is not a known field")]))
        }
    }

    func testLengthsAreCountedInCharactersOfUnicode() throws {
        var fields = try fields(#"{"x":"äöü"}"#)
        XCTAssertEqual(try fields.string("x", length: 3...3), "äöü")
        XCTAssertNotNil(problem { _ = try fields.string("x", length: 1...2) })
    }
}

final class RequestBodyTests: XCTestCase {
    private struct Source: RequestSource {
        let contentType: String?
        let content: [UInt8]

        func header(_ name: String) -> String? { name == "content-type" ? contentType : nil }

        func readBody(limit: Int) throws(Failure) -> [UInt8] {
            guard content.count <= limit else { throw .tooLarge(limit: limit) }
            return content
        }
    }

    private func fields(_ text: String, _ contentType: String? = "application/json", orEmpty: Bool = false) throws {
        let request = Request(
            method: .post, path: "/", query: .empty, id: "r", remoteAddress: "", receivedAt: .now(), bodyLimit: 20,
            source: Source(contentType: contentType, content: Array(text.utf8)))
        try request.fields(orEmpty: orEmpty).finish()
    }

    func testOnlyJSONIsRead() {
        for type in [
            "application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\"",
            "application/json;",
        ] {
            XCTAssertNoThrow(try fields("{}", type), type)
        }
        for type in [
            nil, "", "text/json", "application/json; charset=latin1", "application/json; q=1", "application/jsonp",
        ] {
            XCTAssertThrowsError(try fields("{}", type)) { XCTAssertEqual($0 as? Failure, .unsupportedMediaType) }
        }
    }

    func testASyntaxErrorSaysWhere() {
        XCTAssertThrowsError(try fields(#"{"a":{"b":1,}}"#)) {
            XCTAssertEqual(
                $0 as? Failure, .invalid("a", "is not valid JSON: unexpected character at byte 12"))
        }
        XCTAssertThrowsError(try fields("[]")) {
            XCTAssertEqual($0 as? Failure, .invalid("body", "must be a JSON object"))
        }
    }

    func testNoBodyIsAnEmptyObjectOnlyWhereTheRouteSaysSo() {
        XCTAssertNoThrow(try fields("", nil, orEmpty: true))
        XCTAssertThrowsError(try fields(""))
    }

    func testTheLimitHolds() {
        XCTAssertThrowsError(try fields("{" + String(repeating: " ", count: 20) + "}")) {
            XCTAssertEqual($0 as? Failure, .tooLarge(limit: 20))
        }
    }
}

import JSON
import XCTest

final class JSONWriterTests: XCTestCase {
    private func text(_ members: (inout JSONWriter) -> Void) -> String {
        String(decoding: JSONWriter.object(members), as: UTF8.self)
    }

    private struct Point: JSONWritable {
        let x: Int

        func write(to json: inout JSONWriter) { json.object { $0.field("x", x) } }
    }

    func testMembersAreWrittenInTheOrderOfTheCalls() {
        XCTAssertEqual(
            text {
                $0.field("b", 1)
                $0.field("a", "x")
                $0.field("yes", true)
                $0.field("no", false)
                $0.field("price", JSONNumber("12.50"))
                $0.field("none", String?.none)
                $0.fieldIfPresent("left out", Int?.none)
                $0.fieldIfPresent("kept", Int?.some(2))
                $0.field("object") { $0.field("in", 3) }
                $0.field("empty") { _ in }
                $0.field("list", array: [1, 2])
                $0.field("points", array: [Point(x: 1), Point(x: 2)])
                $0.field("nothing", array: [Int]())
                $0.field("last", Point(x: 9))
            },
            #"{"b":1,"a":"x","yes":true,"no":false,"price":12.50,"none":null,"kept":2,"object":{"in":3},"empty":{},"#
                + #""list":[1,2],"points":[{"x":1},{"x":2}],"nothing":[],"last":{"x":9}}"#)
    }

    func testNamesFromDataAreEscaped() {
        XCTAssertEqual(
            text {
                $0.key(escaping: "a\"b\\\n")
                $0.value(1)
                $0.key("plain")
                $0.null()
            }, #"{"a\"b\\\n":1,"plain":null}"#)
    }

    func testStringsAreEscapedWhereTheyMustBeAndNowhereElse() {
        let cases = [
            ("", #""""#), ("plain", #""plain""#), ("a/b", #""a/b""#), ("\"", #""\"""#), ("\\", #""\\""#),
            ("\n\r\t", #""\n\r\t""#), ("\u{8}\u{c}\u{1}\u{1f}", #""\u0008\u000c\u0001\u001f""#), ("\0", #""\u0000""#),
            ("\u{7f}", "\"\u{7f}\""), ("ä€😀", "\"ä€😀\""), ("ä\"€", #""ä\"€""#), ("</script>", #""</script>""#),
            ("\u{2028}", "\"\u{2028}\""), ("\r\n", #""\r\n""#),
        ]
        for (string, written) in cases {
            XCTAssertEqual(String(decoding: JSONWriter.text(of: string), as: UTF8.self), written)
        }
    }

    func testCommasStandBetweenElementsOfEveryKind() {
        var json = JSONWriter()
        json.array([0, 1, 2]) { json, number in
            switch number {
            case 0: json.raw("{\"stored\":1}")
            case 1: json.raw(Array("[1]".utf8))
            default: json.array([[1], []]) { $0.array($1) }
            }
        }
        XCTAssertEqual(String(decoding: json.bytes, as: UTF8.self), #"[{"stored":1},[1],[[1],[]]]"#)
    }

    func testNumbersAreExact() {
        for text in ["0.10", "-0", "1e400", "123456789012345678901234567890.123"] {
            XCTAssertEqual(JSONNumber(text).map { String(decoding: JSONWriter.text(of: $0), as: UTF8.self) }, text)
        }
        XCTAssertEqual(String(decoding: JSONWriter.text(of: Int.min), as: UTF8.self), "-9223372036854775808")
        XCTAssertEqual(JSONNumber(7).text, "7")
    }
}

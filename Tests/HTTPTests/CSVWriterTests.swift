import HTTP
import XCTest

final class CSVWriterTests: XCTestCase {
    private func written(_ body: (inout CSVWriter) -> Void) -> String {
        var csv = CSVWriter()
        body(&csv)
        return String(decoding: csv.take(), as: UTF8.self)
    }

    private func cell(_ value: String?) -> String { written { $0.text(value) } }

    func testCellsArePartedByCommasAndLinesEndWithCarriageReturnAndLineFeed() {
        let text = written {
            $0.text("a")
            $0.number(1)
            $0.bool(true)
            $0.endLine()
            $0.text(nil)
            $0.number(String?.none)
            $0.bool(false)
            $0.endLine()
        }
        XCTAssertEqual(text, "a,1,true\r\n,,false\r\n")
    }

    func testTextThatWouldPartCellsOrLinesIsQuoted() {
        XCTAssertEqual(cell("a,b"), "\"a,b\"")
        XCTAssertEqual(cell("say \"hi\""), "\"say \"\"hi\"\"\"")
        XCTAssertEqual(cell("one\ntwo"), "\"one\ntwo\"")
        XCTAssertEqual(cell("one\r\ntwo\r"), "\"one\r\ntwo\r\"")
        XCTAssertEqual(cell("\""), "\"\"\"\"")
        XCTAssertEqual(cell("plain text; with 'this' | and 日本"), "plain text; with 'this' | and 日本")
    }

    func testWhatASpreadsheetWouldComputeIsText() {
        for trigger in ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"] {
            XCTAssertEqual(cell(trigger + "1+1"), "\"'" + trigger + "1+1\"")
            XCTAssertEqual(cell("a" + trigger).filter { $0 == "'" }, "", "only the beginning counts")
        }
        XCTAssertEqual(cell("=A1&\"x\",1"), "\"'=A1&\"\"x\"\",1\"")
        XCTAssertEqual(cell("\u{FF1E}wide"), "\u{FF1E}wide")
    }

    func testNumbersStayNumbers() {
        XCTAssertEqual(written { $0.number("-0.0500000001") }, "-0.0500000001")
        XCTAssertEqual(written { $0.number(-7) }, "-7")
    }

    func testWhatWasTakenIsGoneAndTheLineGoesOn() {
        var csv = CSVWriter()
        csv.text("a")
        XCTAssertEqual(csv.count, 1)
        XCTAssertEqual(csv.take(), Array("a".utf8))
        XCTAssertEqual(csv.count, 0)
        csv.text("b")
        XCTAssertEqual(csv.take(), Array(",b".utf8))
    }
}

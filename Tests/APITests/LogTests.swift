import Foundation
import JSON
import Synchronization
import XCTest

@testable import API

final class LogTests: XCTestCase {
    private static let nasty = [
        "\n", "\r\n", "\r", "\u{0}", "\u{1B}[2J", "\u{7F}", "\u{85}", "\u{9B}31m", "\u{2028}", "\u{2029}",
        "\"}\n{\"level\":\"info\"", "\\", "\\u000a", "\t", "\u{8}\u{8}\u{8}", "\u{B}\u{C}", "\u{202E}",
        "\u{FFFD}\u{10FFFF}",
        "e\u{301}\u{200D}👨‍👩‍👧",
    ]

    func testEveryEventIsOneLineOfJSONWhateverItHolds() throws {
        XCTAssertEqual(Self.nasty.count, 19)
        let sink = Sink()
        for text in Self.nasty { sink.log.event("info", text) { $0.field("path", text) } }
        XCTAssertEqual(sink.lines.count, Self.nasty.count)
        for (line, text) in zip(sink.lines, Self.nasty) {
            // Another parser than ours, which refuses U+0000.
            let object = try XCTUnwrap(try JSONSerialization.jsonObject(with: Data(line)) as? [String: String])
            XCTAssertEqual(Set(object.keys), ["time", "level", "message", "path"])
            XCTAssertEqual(object["level"], "info")
            XCTAssertEqual(object["message"].map { Array($0.utf8) }, Array(text.utf8))
            XCTAssertEqual(object["path"].map { Array($0.utf8) }, Array(text.utf8))
        }
    }

    func testNothingThatATerminalObeysOrThatEndsALineIsWrittenAsItIs() {
        let sink = Sink()
        for text in Self.nasty { sink.log.event("info", text) }
        let whole = String(decoding: sink.lines.joined(), as: UTF8.self).unicodeScalars
        XCTAssertEqual(whole.count { $0 == "\n" }, Self.nasty.count)
        let forbidden = whole.filter {
            $0 != "\n" && ($0.value < 0x20 || 0x7F...0x9F ~= $0.value || 0x2028...0x2029 ~= $0.value)
        }
        XCTAssertEqual(Array(forbidden), [])
    }

    func testALineHasTheTimeFirst() throws {
        let sink = Sink()
        sink.log.event("warning", "x")
        let line = String(decoding: try XCTUnwrap(sink.lines.first), as: UTF8.self)
        XCTAssertTrue(line.hasPrefix("{\"time\":\"20"), line)
        XCTAssertTrue(line.hasSuffix("Z\",\"level\":\"warning\",\"message\":\"x\"}\n"), line)
    }
}

/// Keeps the lines of a log.
final class Sink: Sendable {
    private let written = Mutex<[[UInt8]]>([])

    var log: Log { Log { line in self.written.withLock { $0.append(line) } } }

    var lines: [[UInt8]] { written.withLock { $0 } }
}

import XCTest

@testable import FastCGI

final class RecordScanTests: XCTestCase {
    private func verdict(_ octets: [UInt8], piece: Int = .max) -> RecordScan.Verdict {
        var scan = RecordScan()
        return verdict(octets, piece: piece, &scan)
    }

    private func verdict(_ octets: [UInt8], piece: Int = .max, _ scan: inout RecordScan) -> RecordScan.Verdict {
        var rest = octets[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(piece))
            rest = rest.dropFirst(part.count)
            switch part.withUnsafeBytes({ scan.feed($0) }) {
            case .incomplete: continue
            case .complete(let extra): return .complete(extra: extra + rest.count)
            case .broken(let flaw): return .broken(flaw)
            }
        }
        return .incomplete
    }

    private let request = Records.request([("A", "1"), ("LONG", String(repeating: "x", count: 300))], body: [1, 2, 3])

    func testAWholeRequestIsCompleteInPiecesOfAnySize() {
        for piece in [1, 2, 3, 7, 8, 9, 64, 1_000] {
            var scan = RecordScan()
            XCTAssertEqual(verdict(request, piece: piece, &scan), .complete(extra: 0), "pieces of \(piece)")
            XCTAssertEqual(scan.bodyOctets, 3)
            XCTAssertEqual(scan.octets, request.count)
            XCTAssertTrue(scan.suspects.isEmpty)
        }
    }

    func testEveryProperStartOfARequestIsIncomplete() {
        for count in 0..<request.count {
            XCTAssertEqual(verdict(Array(request.prefix(count))), .incomplete, "\(count) octets")
        }
    }

    func testOctetsAfterTheRequestAreCounted() {
        XCTAssertEqual(verdict(request + [1, 5, 0]), .complete(extra: 3))
    }

    func testPaddingOfStreamRecordsIsSkipped() {
        let padded =
            Records.begin() + Records.stream(4, Records.pair("A", "1"), chunk: 2, padding: 6)
            + Records.stream(5, [1, 2, 3], chunk: 2, padding: 255)
        XCTAssertEqual(verdict(padded), .complete(extra: 0))
        XCTAssertEqual(verdict(padded, piece: 1), .complete(extra: 0))
    }

    func testPaddingThatLibfcgiDoesNotSkipIsRefused() {
        let begin = Records.record(1, [0, 1, 0, 0, 0, 0, 0, 0], padding: 8)
        XCTAssertEqual(verdict(begin), .broken(.padding))
        XCTAssertEqual(verdict(Records.begin() + Records.record(4, [], padding: 8)), .broken(.padding))
    }

    func testOtherProtocolsAndVersionsAreBroken() {
        XCTAssertEqual(verdict(Array("GET / HTTP/1.1\r\n".utf8)), .broken(.version))
        XCTAssertEqual(verdict(Records.record(1, [0, 1, 0, 0, 0, 0, 0, 0], version: 2)), .broken(.version))
    }

    func testRecordsOutOfOrderAreBroken() {
        XCTAssertEqual(verdict(Records.stream(4, [])), .broken(.order))
        XCTAssertEqual(verdict(Records.begin() + Records.begin()), .broken(.order))
        XCTAssertEqual(verdict(Records.begin() + Records.stream(5, [])), .broken(.order))
        XCTAssertEqual(verdict(Records.begin() + Records.stream(4, []) + Records.stream(4, [])), .broken(.order))
        XCTAssertEqual(verdict(Records.record(1, [0, 1])), .broken(.order))
    }

    func testOnlyRespondersAndOneRequestAtATimeAreServed() {
        XCTAssertEqual(verdict(Records.begin(role: 2)), .broken(.role))
        XCTAssertEqual(verdict(Records.begin(role: 3)), .broken(.role))
        XCTAssertEqual(verdict(Records.begin(id: 0)), .broken(.requestID))
        XCTAssertEqual(verdict(Records.begin() + Records.record(4, [], id: 2)), .broken(.requestID))
    }

    func testManagementAbortDataAndUnknownRecordsAreBroken() {
        for type: UInt8 in [0, 2, 3, 6, 7, 8, 9, 10, 11, 255] {
            XCTAssertEqual(verdict(Records.record(type, [])), .broken(.recordType), "type \(type)")
            XCTAssertEqual(verdict(Records.begin() + Records.record(type, [])), .broken(.recordType), "type \(type)")
        }
    }

    func testParameterLengthsThatDoNotAddUpAreBroken() {
        let absurd: [[UInt8]] = [
            [0xff, 0xff, 0xff, 0xff, 0x01, 65], [0x01, 0xff, 0xff, 0xff, 0xff, 65], [0x80, 0x01, 0x00, 0x01, 0x00],
        ]
        for octets in absurd {
            XCTAssertEqual(verdict(Records.begin() + Records.stream(4, octets)), .broken(.parameters), "\(octets)")
        }
        for cut: [UInt8] in [[5], [5, 1], [1, 5, 65, 66], [0x80], [0x80, 0, 0]] {
            XCTAssertEqual(verdict(Records.begin() + Records.stream(4, cut)), .broken(.parameters), "\(cut)")
        }
        let large = Records.pair("A", String(repeating: "x", count: 60_000))
        XCTAssertEqual(verdict(Records.begin() + Records.stream(4, large)), .incomplete)
        XCTAssertEqual(verdict(Records.begin() + Records.stream(4, large + large)), .broken(.parameters))
    }

    func testParametersThatCouldPassForOthersAreNoted() {
        let pairs: [[UInt8]] = [
            Records.pair("GOOD", "a=b"), Records.pair("A=B", "c"), Records.pair("", "x"), Records.pair("N\0", "x"),
            Records.pair("V", "x\0y"), Records.pair("EMPTY", ""),
        ]
        for piece in [1, 5, 1_000] {
            var scan = RecordScan()
            let octets = Records.begin() + Records.stream(4, Array(pairs.joined())) + Records.stream(5, [])
            XCTAssertEqual(verdict(octets, piece: piece, &scan), .complete(extra: 0))
            XCTAssertEqual(scan.suspects, [1, 2, 3, 4])
        }
    }
}

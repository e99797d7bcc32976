import Domain
import Foundation
import XCTest

@testable import Sandbox

final class SampleTrafficTests: XCTestCase {
    /// 2026-03-05 12:00:00 UTC.
    private let noon = Timestamp(seconds: 1_772_712_000)

    private func offers() throws -> [Offer] {
        let rate = try XCTUnwrap(Rate("0.05"))
        let old = PriceVersion(
            id: 1, effectiveFrom: Timestamp(seconds: 0), currency: "USD", input: nil, output: nil,
            units: [UnitPrice(quantity: 2, resolution: "1024x1024", rate: rate)])
        let tokens = PriceVersion(
            id: 2, effectiveFrom: Timestamp(seconds: 0), currency: "USD", input: Rate("0.25"), output: Rate("2"),
            units: [])
        return [
            Offer(providerID: "A", slug: "fal_ai", isMedia: true, model: "flux", kind: "image", versions: [old]),
            Offer(providerID: "B", slug: "openai", isMedia: false, model: "gpt", kind: "chat", versions: [tokens]),
        ]
    }

    private func rows(requests: Int = 3_000, seed: UInt64 = 7, piece: Int = 1_000) throws -> [[String]] {
        let plan = SamplePlan(days: 14, requests: requests, seed: seed, end: noon)
        var traffic = try XCTUnwrap(SampleTraffic(plan, offers: offers()))
        var text: [UInt8] = []
        while let piece = traffic.piece(rows: piece) { text += piece.requests }
        return String(decoding: text, as: UTF8.self).split(separator: "\n")
            .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
    }

    func testThereAreExactlyAsManyRequestsAsWereAskedFor() throws {
        for count in [1, 10, 2_999, 3_000] { XCTAssertEqual(try rows(requests: count).count, count) }
    }

    func testTheSameSeedMakesTheSameTrafficInPiecesOfEverySize() throws {
        XCTAssertEqual(try rows(), try rows(piece: 77))
        XCTAssertNotEqual(try rows(), try rows(seed: 8))
    }

    func testEveryRowHasAllColumnsAndRequestsAreInOrderWithinThePeriod() throws {
        let rows = try rows()
        let columns = SampleTraffic.columns.split(separator: ",").count
        XCTAssertEqual(Set(rows.map(\.count)), [columns])
        XCTAssertEqual(Set(rows.map { $0[0] }).count, rows.count)
        XCTAssertEqual(rows.map { $0[8] }, rows.map { $0[8] }.sorted())
        XCTAssertLessThan(try XCTUnwrap(rows.last)[8], noon.iso(.milliseconds))
        // The ID's time is the row's.
        let first = try XCTUnwrap(rows.first)
        let milliseconds = try XCTUnwrap(Int64(first[0].prefix(13).filter { $0 != "-" }, radix: 16))
        XCTAssertEqual(Timestamp(microseconds: milliseconds * 1_000).iso(.milliseconds), first[8])
    }

    func testStatusesAreMostlyCompletedAndOnlyTheLastOnesAreUnderWay() throws {
        let rows = try rows()
        let completed = rows.filter { $0[7] == "completed" }.count
        XCTAssertTrue((2_820...2_960).contains(completed), "\(completed)")
        let waiting = rows.indices.filter { ["pending", "processing"].contains(rows[$0][7]) }
        XCTAssertFalse(waiting.isEmpty)
        XCTAssertTrue(waiting.allSatisfy { $0 > 2_950 }, "\(waiting)")
        XCTAssertTrue(rows.allSatisfy { ($0[7] == "failed") == ($0[16] != "\\N") })
    }

    func testCompletedCallsCostWhatTheirPriceSaysAndOthersNothing() throws {
        for row in try rows() {
            guard row[7] == "completed" else {
                XCTAssertEqual(row[13], "\\N")
                continue
            }
            if row[1] == "A" {
                XCTAssertEqual(row[13], "0.1")
            } else {
                let (prompt, completion) = (
                    try XCTUnwrap(Decimal(string: row[11])), try XCTUnwrap(Decimal(string: row[12]))
                )
                let expected = (prompt * Decimal(25) / 100 + completion * 2) / 1_000_000
                XCTAssertEqual(Decimal(string: row[13]), expected)
            }
        }
    }

    func testNightsAreQuieterThanDays() throws {
        let hours = try rows().map { $0[8].dropFirst(11).prefix(2) }
        let (night, day) = (hours.filter { $0 == "03" }.count, hours.filter { $0 == "15" }.count)
        XCTAssertGreaterThan(day, 3 * night)
    }

    func testWithoutOffersThereIsNoTraffic() {
        XCTAssertNil(SampleTraffic(SamplePlan(days: 1, requests: 10, seed: 1, end: noon), offers: []))
    }

    func testChecksComeEveryFiveMinutesUntilTheEndAndRememberWhatWasBefore() {
        let plan = SamplePlan(days: 2, requests: 0, seed: 3, end: noon)
        var checks = SampleChecks(plan, providerID: "A", slug: "fal_ai", until: noon)
        var text: [UInt8] = []
        while let piece = checks.piece(rows: 100) { text += piece }
        let rows = String(decoding: text, as: UTF8.self).split(separator: "\n").map { $0.split(separator: "\t") }
        XCTAssertEqual(rows.count, 2 * 288)
        XCTAssertEqual(rows.first.map { $0[7] }, "\\N")
        for (before, after) in zip(rows, rows.dropFirst()) { XCTAssertEqual(before[2], after[7]) }
        XCTAssertTrue(rows.allSatisfy { ($0[2] == "down") == ($0[4] != "\\N") })
    }
}

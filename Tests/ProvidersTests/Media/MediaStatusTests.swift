import Domain
import JSON
import XCTest

@testable import Providers

/// Every status means the same at every vendor where the vendor's own words do not say better, and nothing but JSON can
/// blame a key, a model or a request.
final class MediaStatusTests: XCTestCase {
    private typealias Kind = UpstreamFailure.Kind

    /// With JSON, and with anything else.
    private let kinds: [(status: Int, json: Kind, other: Kind)] = [
        (400, .badRequest, .malformed), (401, .invalidCredential, .malformed), (402, .outOfMoney, .outOfMoney),
        (403, .forbidden, .forbidden), (404, .gone, .malformed), (405, .badRequest, .malformed),
        (408, .timedOut, .timedOut), (409, .badRequest, .malformed), (410, .gone, .malformed),
        (422, .badRequest, .malformed), (429, .rateLimited, .rateLimited), (500, .overloaded, .overloaded),
        (502, .overloaded, .overloaded), (503, .overloaded, .overloaded), (504, .overloaded, .overloaded),
        (520, .overloaded, .overloaded), (301, .malformed, .malformed), (307, .malformed, .malformed),
    ]
    private let others = ["", "<!DOCTYPE html><html><body>Sign in</body></html>", #"{"detail":"cut"#, "\u{0}\u{1}"]

    func testEveryStatusHasItsClass() throws {
        for vendor in MediaVendor.all {
            for (status, json, other) in kinds {
                let plain = try vendor.submit([.answer(status, "{}")]).0.upstream
                XCTAssertEqual(plain?.kind, json, "\(vendor.slug) \(status)")
                XCTAssertEqual(plain?.status, status, vendor.slug)
                for body in others {
                    let kind = try vendor.submit([.answer(status, body)]).0.upstream?.kind
                    XCTAssertEqual(kind, other, "\(vendor.slug) \(status) \(body.prefix(10))")
                    // A key is neither proved nor refused by a page.
                    XCTAssertEqual(try vendor.validate([.answer(status, body)]).0.upstream?.kind, other, vendor.slug)
                }
            }
        }
    }

    func testTheTimeToWaitIsASecondToADayHoweverItIsWritten() throws {
        for vendor in MediaVendor.all {
            for (text, seconds) in [
                ("7", 7), ("0", 1), ("86400000", 86_400), ("99999999999999999999999", 86_400), ("1.5", 2),
                ("Sun, 06 Nov 1994 08:49:37 GMT", 1), ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400), ("soon", nil),
                ("-5", nil),
            ] as [(String, Int?)] {
                for status in [429, 503] {
                    let step = MediaVendor.Step.answer(status, "{}", headers: [("Retry-After", text)])
                    XCTAssertEqual(
                        try vendor.submit([step]).0.upstream?.retryAfter, seconds, "\(vendor.slug) \(status) \(text)")
                }
            }
            let paid = MediaVendor.Step.answer(402, "{}", headers: [("Retry-After", "7")])
            XCTAssertNil(try vendor.submit([paid]).0.upstream?.retryAfter, "money does not come back by waiting")
        }
    }

    func testAnAnswerIsReadToTenMegabytes() throws {
        for vendor in [MediaVendor.replicate, .blackForestLabs] {
            let filling = String(repeating: "a", count: VendorCall.maxAnswerOctets)
            let body = #"{"id":"x","status":"starting","filling":"\#(filling)"}"#
            XCTAssertEqual(try vendor.submit([.answer(200, body)]).0.upstream?.kind, .malformed, vendor.slug)
        }
    }

    func testADeadlineIsForTheWholeCallHoweverManyRequestsItTakes() throws {
        let page = #"{"next":"ORIGIN/v1/models?cursor=2","results":[{"owner":"o","name":"n"}]}"#
        let start = Deadline.clock()
        let (result, asked) = try MediaVendor.replicate.models([.answer(200, page), .silence], milliseconds: 400)
        XCTAssertEqual(result.upstream?.kind, .timedOut)
        XCTAssertEqual(asked.count, 2)
        XCTAssertLessThan(Deadline.clock() - start, 2_000_000_000)
    }
}

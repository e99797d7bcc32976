import Domain
import JSON
import Outbound
import XCTest

@testable import Providers

/// What every media adapter must do, run over all of them against a server on loopback.
final class MediaContractTests: XCTestCase {
    func testEveryAdapterHasFixtures() {
        XCTAssertEqual(MediaVendor.all.map(\.slug), Adapters.media.map(\.slug))
        for slug in (Adapters.media as [any ProviderAdapter] + Adapters.language).map(\.slug) {
            XCTAssertEqual(Adapters.provider(slug)?.slug, slug)
        }
        XCTAssertNil(Adapters.provider("Fal"))
    }

    func testValidationIsOneFreeCallWithTheKeyInItsHeader() throws {
        for vendor in MediaVendor.all {
            let (result, asked) = try vendor.validate([.answer(200, vendor.validationAnswer)])
            XCTAssertNoThrow(try result.get(), vendor.slug)
            XCTAssertEqual(asked.lines, [vendor.validation], vendor.slug)
            for request in asked {
                for (name, value) in vendor.headers { XCTAssertEqual(request.headers[name], value, vendor.slug) }
                XCTAssertFalse(request.target.contains(Vendor.key), vendor.slug)
            }
        }
    }

    func testOnlyTheVendorsOwnSuccessShapeProvesAKey() throws {
        for vendor in MediaVendor.all {
            let others = MediaVendor.all.filter { $0.slug != vendor.slug }.map(\.validationAnswer)
            for body in ["<html></html>", "{}", "[]", "null", "", "{\"data\":", #"{"data":[]}"#] + others {
                let failure = try vendor.validate([.answer(200, body)]).0.upstream
                XCTAssertEqual(failure?.kind, .malformed, "\(vendor.slug) \(body)")
            }
        }
    }

    func testASubmissionIsPutInTheVendorsWords() throws {
        for vendor in MediaVendor.all {
            let (result, asked) = try vendor.submit([.answer(200, vendor.submissionAnswer)])
            let job = try result.get()
            XCTAssertEqual(job.providerRequestID, MediaVendor.id, vendor.slug)
            XCTAssertEqual(asked.lines, ["POST " + vendor.submissionTarget], vendor.slug)
            let request = try XCTUnwrap(asked.first)
            XCTAssertEqual(
                try JSONParser.parse(request.body), try JSONParser.parse(vendor.submissionBody), vendor.slug)
            for (name, value) in vendor.headers { XCTAssertEqual(request.headers[name], value, vendor.slug) }
            XCTAssertFalse(job.reference.contains(Vendor.key), vendor.slug)
            XCTAssertEqual(try JobReference(job).job, job, "the reference is read back")
        }
    }

    func testOnlyTheVendorsOwnSuccessShapeIsAJob() throws {
        for vendor in MediaVendor.all {
            let bodies = ["<html></html>", "{}", "[]", "", #"{"id":"","status":"x"}"#, #"{"id":"../x","status":"x"}"#]
            for body in bodies {
                let failure = try vendor.submit([.answer(200, body)]).0.upstream
                XCTAssertEqual(failure?.kind, .malformed, "\(vendor.slug) \(body)")
            }
        }
    }

    func testASubmissionIsNeverSentTwice() throws {
        for vendor in MediaVendor.all {
            for step in [vendor.rateLimited, .answer(503, "{}"), .raw(""), .answer(500, "{}")] {
                let (result, asked) = try vendor.submit([step, .answer(200, vendor.submissionAnswer)])
                XCTAssertNotNil(result.upstream, vendor.slug)
                XCTAssertEqual(asked.count, 1, vendor.slug)
            }
        }
    }

    func testEveryStateIsReadFromWhatTheVendorAnswers() throws {
        for vendor in MediaVendor.all {
            for (index, poll) in vendor.polls.enumerated() {
                let (result, asked) = try vendor.poll(poll.script)
                XCTAssertEqual(result, .success(poll.result), "\(vendor.slug) \(index)")
                XCTAssertEqual(asked.lines, poll.asked, "\(vendor.slug) \(index)")
                for (name, value) in vendor.headers { XCTAssertEqual(asked.last?.headers[name], value, vendor.slug) }
            }
        }
    }

    func testAStateThatNobodyDocumentsIsMalformed() throws {
        for vendor in MediaVendor.all {
            for body in ["{}", "[]", "", "<html></html>", #"{"status":"SLEEPING"}"#, #"{"status":3}"#] {
                let failure = try vendor.poll([.answer(200, body)]).0.upstream
                XCTAssertEqual(failure?.kind, .malformed, "\(vendor.slug) \(body)")
            }
        }
    }

    func testAnUnknownJobIsGone() throws {
        for vendor in MediaVendor.all {
            let failure = try vendor.poll([vendor.unknownJob]).0.upstream
            XCTAssertEqual(failure?.kind, .gone, vendor.slug)
            XCTAssertTrue(failure?.message.hasSuffix("does not know this job") == true, vendor.slug)
        }
    }

    func testCancellingSaysWhatBecameOfIt() throws {
        for vendor in MediaVendor.all {
            for (index, cancel) in vendor.cancels.enumerated() {
                let (result, asked) = try vendor.cancel(cancel.script)
                XCTAssertEqual(result, .success(cancel.result), "\(vendor.slug) \(index)")
                XCTAssertEqual(asked.lines, cancel.asked, "\(vendor.slug) \(index)")
            }
        }
    }

    func testARefusedKeyIsToldFromEverythingElse() throws {
        for vendor in MediaVendor.all {
            let name = try vendor.adapter().displayName
            for (index, step) in vendor.badKey.enumerated() {
                let failures = [
                    try vendor.validate([step]).0.upstream, try vendor.submit([step]).0.upstream,
                    try vendor.poll([step]).0.upstream,
                ]
                for failure in failures {
                    XCTAssertEqual(failure?.kind, .invalidCredential, "\(vendor.slug) \(index)")
                    XCTAssertEqual(failure?.message, "\(name) refused the API key")
                }
            }
        }
    }

    func testForbiddenIsNotARefusedKey() throws {
        for vendor in MediaVendor.all {
            XCTAssertEqual(try vendor.validate([vendor.forbidden]).0.upstream?.kind, .forbidden, vendor.slug)
            XCTAssertEqual(try vendor.submit([vendor.forbidden]).0.upstream?.kind, .forbidden, vendor.slug)
        }
    }

    func testHavingNoMoneyIsSaidWhateverTheStatus() throws {
        for vendor in MediaVendor.all {
            for (index, step) in vendor.outOfMoney.enumerated() {
                let failure = try vendor.submit([step]).0.upstream
                XCTAssertEqual(failure?.kind, .outOfMoney, "\(vendor.slug) \(index)")
                XCTAssertNil(failure?.retryAfter, vendor.slug)
                XCTAssertEqual(try vendor.validate([step]).0.upstream?.kind, .outOfMoney, vendor.slug)
            }
        }
    }

    func testTheTimeToWaitIsRead() throws {
        for vendor in MediaVendor.all {
            let failure = try vendor.submit([vendor.rateLimited]).0.upstream
            XCTAssertEqual(failure?.kind, .rateLimited, vendor.slug)
            XCTAssertEqual(failure?.retryAfter, 9, vendor.slug)
        }
    }

    func testAFailureOfTheProviderNeverLooksLikeABadKey() throws {
        for vendor in MediaVendor.all {
            for step in [.answer(500, "oops"), .answer(502, "<html></html>"), .answer(504, "{}")] as [MediaVendor.Step]
            {
                XCTAssertEqual(try vendor.validate([step]).0.upstream?.kind, .overloaded, vendor.slug)
                XCTAssertEqual(try vendor.poll([step]).0.upstream?.kind, .overloaded, vendor.slug)
            }
        }
    }

    func testARedirectIsNotFollowed() throws {
        for vendor in MediaVendor.all {
            let answer = MediaVendor.Step.answer(302, "{}", headers: [("Location", "http://127.0.0.1:1/")])
            let (result, asked) = try vendor.validate([answer])
            XCTAssertEqual(result.upstream?.kind, .malformed, vendor.slug)
            XCTAssertEqual(asked.count, 1, vendor.slug)
        }
    }

    func testTheDeadlineHolds() throws {
        for vendor in MediaVendor.all {
            let start = Deadline.clock()
            XCTAssertEqual(
                try vendor.submit([.silence], milliseconds: 200).0.upstream?.kind, .timedOut, vendor.slug)
            XCTAssertLessThan(Deadline.clock() - start, 2_000_000_000, vendor.slug)
        }
    }

    func testModelsAndIDsThatWouldChangeThePathAreRefusedUnasked() throws {
        for vendor in MediaVendor.all {
            for model in ["", "..", "a/../b", "a b", "a?b", "a%2Fb", "a//b", "/a", "a/"] {
                let (result, asked) = try vendor.submit([], model: model)
                guard case .failure(.invalid(let problems)) = result else {
                    return XCTFail("\(vendor.slug) took \(model)")
                }
                XCTAssertEqual(problems.map(\.field), ["model"])
                XCTAssertEqual(asked, [], vendor.slug)
            }
            for id in ["", "..", "a/b", "a?b", "a b", String(repeating: "a", count: 201)] {
                XCTAssertThrowsError(try vendor.adapter().job(model: vendor.model, providerRequestID: id), id)
            }
        }
    }

    func testAReferenceThatNoAdapterMadeIsADefect() throws {
        for vendor in MediaVendor.all {
            for text in ["", "{}", #"{"id":"a/b","model":"m"}"#, #"{"id":"a"}"#] {
                let (result, asked) = try vendor.poll([], GenerationJob(reference: text, providerRequestID: "a"))
                guard case .failure(.defect) = result else { return XCTFail("\(vendor.slug) took \(text)") }
                XCTAssertEqual(asked, [])
            }
        }
    }

    func testNothingThatTheProviderWroteAndNoSecretIsInAnyMessage() throws {
        for vendor in MediaVendor.all {
            let echo = "EchoedText \(Vendor.key)"
            let bodies = [
                #"{"detail":"\#(echo)"}"#, #"{"error":"\#(echo)"}"#, #"{"error":{"message":"\#(echo)"}}"#, echo,
                #"{"base_resp":{"status_code":2013,"status_msg":"\#(echo)"}}"#,
                #"{"status":"COMPLETED","error":"\#(echo)","failure":"\#(echo)"}"#,
                #"{"status":"failed","error":"\#(echo)"}"#, #"{"status":"FAILED","failure":"\#(echo)"}"#,
            ]
            for status in [200, 400, 403, 422, 500] {
                for body in bodies {
                    let results =
                        "\(try vendor.submit([.answer(status, body)]).0)"
                        + "\(try vendor.poll([.answer(status, body)]).0)"
                    XCTAssertFalse(
                        results.contains("EchoedText") || results.contains(Vendor.key), "\(vendor.slug) \(status)")
                }
            }
        }
    }

    func testACredentialOfTheWrongKindIsADefect() throws {
        let url = try HTTPURL("http://127.0.0.1:1")
        let endpoint = ProviderEndpoint(url: url, timeoutMilliseconds: 500)
        for vendor in MediaVendor.all {
            XCTAssertThrowsError(try vendor.adapter().validate(.baseURL(url), at: endpoint, with: Vendor.client())) {
                guard case .defect? = $0 as? Failure else { return XCTFail("\($0)") }
            }
        }
    }
}

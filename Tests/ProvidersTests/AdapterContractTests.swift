import Domain
import JSON
import Outbound
import Providers
import XCTest

/// What every adapter must do, run over all of them against a server on loopback.
final class AdapterContractTests: XCTestCase {
    func testEveryAdapterHasFixtures() {
        XCTAssertEqual(Vendor.all.map(\.slug), Adapters.language.map(\.slug))
    }

    func testValidationIsTheCheapestCallWithTheKeyInItsHeader() throws {
        for vendor in Vendor.all {
            let (failure, asked) = try vendor.validate(vendor.validationAnswers.map { .answer(200, $0) })
            XCTAssertNil(failure, vendor.slug)
            XCTAssertEqual(asked.map { "\($0.method) \($0.target)" }, vendor.validation, vendor.slug)
            for request in asked {
                XCTAssertEqual(request.headers["accept"], "application/json", vendor.slug)
                for (name, value) in vendor.headers { XCTAssertEqual(request.headers[name], value, vendor.slug) }
                XCTAssertFalse(request.target.contains(Vendor.key), vendor.slug)
            }
        }
    }

    func testAQuestionIsPutInTheVendorsWords() throws {
        for vendor in Vendor.all {
            let (result, asked) = try vendor.chat([.answer(200, vendor.chatAnswer)])
            XCTAssertEqual(try? result.get(), vendor.reply, vendor.slug)
            let request = try XCTUnwrap(asked.first)
            XCTAssertEqual(asked.count, 1, vendor.slug)
            XCTAssertEqual(request.method, "POST", vendor.slug)
            XCTAssertEqual(request.target, vendor.chatTarget, vendor.slug)
            XCTAssertEqual(request.headers["content-type"], "application/json", vendor.slug)
            XCTAssertEqual(try JSONParser.parse(request.body), try JSONParser.parse(vendor.chatBody), vendor.slug)
            for (name, value) in vendor.headers { XCTAssertEqual(request.headers[name], value, vendor.slug) }
        }
    }

    func testOnlyTheVendorsOwnSuccessShapeProvesAKey() throws {
        for vendor in Vendor.all {
            let others = Vendor.all.filter { $0.slug != vendor.slug }.compactMap(\.validationAnswers.first)
            for body in ["<html><title>Welcome to nginx!</title></html>", "{}", "[]", "null", "", "{\"data\":"] + others
            {
                let failure = try vendor.validate([.answer(200, body), .answer(200, body)]).failure?.upstream
                XCTAssertEqual(failure?.kind, .malformed, "\(vendor.slug) \(body)")
                XCTAssertEqual(failure?.status, 200, vendor.slug)
            }
        }
    }

    func testOnlyTheVendorsOwnSuccessShapeIsAReply() throws {
        for vendor in Vendor.all {
            let others = Vendor.all.filter { $0.slug != vendor.slug }.map(\.chatAnswer)
            for body in ["<html></html>", "{}", "[]", "", "{\"choices\":[]}"] + others {
                let failure = try vendor.chat([.answer(200, body)]).result.upstream
                XCTAssertEqual(failure?.kind, .malformed, "\(vendor.slug) \(body)")
            }
        }
    }

    func testARefusedKeyIsToldFromEverythingElse() throws {
        for vendor in Vendor.all {
            guard let badKey = vendor.badKey else { continue }
            let name = try vendor.adapter().displayName
            for failure in [try vendor.validate([badKey]).failure?.upstream, try vendor.chat([badKey]).result.upstream]
            {
                XCTAssertEqual(failure?.kind, .invalidCredential, vendor.slug)
                XCTAssertEqual(failure?.message, "\(name) refused the API key")
            }
        }
    }

    func testForbiddenIsNotARefusedKey() throws {
        for vendor in Vendor.all {
            XCTAssertEqual(try vendor.validate([vendor.forbidden]).failure?.upstream?.kind, .forbidden, vendor.slug)
            XCTAssertEqual(try vendor.chat([vendor.forbidden]).result.upstream?.kind, .forbidden, vendor.slug)
        }
    }

    func testHavingNoMoneyIsSaidWhateverTheStatus() throws {
        for vendor in Vendor.all {
            for (index, step) in vendor.outOfMoney.enumerated() {
                let failure = try vendor.chat([step]).result.upstream
                XCTAssertEqual(failure?.kind, .outOfMoney, "\(vendor.slug) \(index)")
                XCTAssertTrue(failure?.message.hasSuffix("is out of credit for this key") == true, vendor.slug)
                XCTAssertNil(failure?.retryAfter, "\(vendor.slug) \(index)")
            }
        }
    }

    func testTheTimeToWaitIsReadInEveryForm() throws {
        let forms: [([(String, String)], ClosedRange<Int>?)] = [
            ([], nil), ([("Retry-After", "20")], 20...20), ([("Retry-After", "0")], 1...1),
            ([("retry-after-ms", "1500"), ("retry-after", "9")], 2...2),
            ([("Retry-After", "99999999999999999999")], 86_400...86_400), ([("Retry-After", "soon")], nil),
            ([("Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT")], 1...1),
            ([("Retry-After", "Fri, 31 Dec 2999 23:59:59 GMT")], 86_400...86_400),
        ]
        for vendor in Vendor.all {
            for (headers, expected) in forms {
                let failure = try vendor.chat([.answer(429, vendor.rateLimitBody, headers: headers)]).result.upstream
                XCTAssertEqual(failure?.kind, .rateLimited, vendor.slug)
                XCTAssertEqual(failure?.status, 429, vendor.slug)
                XCTAssertEqual(failure?.retryAfter, expected?.lowerBound, "\(vendor.slug) \(headers)")
            }
        }
    }

    func testAFailureOfTheProviderNeverLooksLikeABadKey() throws {
        for vendor in Vendor.all {
            for step in [vendor.overloaded, .answer(500, "oops"), .answer(502, "<html></html>"), .answer(504, "{}")] {
                let failure = try vendor.validate([step]).failure?.upstream
                XCTAssertEqual(failure?.kind, .overloaded, vendor.slug)
            }
        }
    }

    func testAnUnknownModelIsGoneAndAForeignPageIsNot() throws {
        for vendor in Vendor.all {
            let gone = try vendor.chat([.answer(404, #"{"error":{"message":"no"},"message":"no"}"#)]).result.upstream
            XCTAssertEqual(gone?.kind, .gone, vendor.slug)
            let page = try vendor.chat([.answer(404, "404 page not found")]).result.upstream
            XCTAssertEqual(page?.kind, .malformed, vendor.slug)
        }
    }

    func testARedirectIsNotFollowed() throws {
        for vendor in Vendor.all {
            let answer = ScriptedServer.Step.answer(302, "{}", headers: [("Location", "http://127.0.0.1:1/")])
            let (failure, asked) = try vendor.validate([answer])
            XCTAssertEqual(failure?.upstream?.kind, .malformed, vendor.slug)
            XCTAssertTrue(failure?.upstream?.message.hasSuffix("answered with a redirect") == true, vendor.slug)
            XCTAssertEqual(asked.count, 1, vendor.slug)
        }
    }

    func testAnAnswerThatIsCutIsNotBelieved() throws {
        for vendor in Vendor.all {
            let cut = "HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n" + vendor.chatAnswer
            for raw in ["", "HTTP/1.1 200 OK\r\nCont", cut] {
                let failure = try vendor.chat([.raw(raw)]).result.upstream
                XCTAssertTrue([.unreachable, .malformed].contains(failure?.kind), "\(vendor.slug) \(raw)")
            }
        }
    }

    func testTheDeadlineHolds() throws {
        for vendor in Vendor.all {
            let start = Deadline.clock()
            let failure = try vendor.chat([.silence], milliseconds: 200).result.upstream
            XCTAssertEqual(failure?.kind, .timedOut, vendor.slug)
            XCTAssertLessThan(Deadline.clock() - start, 2_000_000_000, vendor.slug)
        }
    }

    func testOneDeadlineCoversEveryRequestOfAnOperation() throws {
        let unsupported = try XCTUnwrap(Vendor.openAI.unsupported)
        let (result, asked) = try Vendor.openAI.chat([unsupported, .silence], milliseconds: 300)
        XCTAssertEqual(result.upstream?.kind, .timedOut)
        XCTAssertEqual(asked.count, 2)
    }

    func testAProviderThatIsDownIsUnreachable() throws {
        for vendor in Vendor.all {
            let server = try ScriptedServer([])
            server.stop()
            let adapter = try vendor.adapter()
            let endpoint = ProviderEndpoint(url: try HTTPURL(server.origin), timeoutMilliseconds: 2_000)
            XCTAssertThrowsError(
                try adapter.validate(vendor.credential(server.origin), at: endpoint, with: Vendor.client())
            ) { error in
                let failure = (error as? Failure)?.upstream
                XCTAssertEqual(failure?.kind, .unreachable, vendor.slug)
                XCTAssertEqual(failure?.message, "\(adapter.displayName) could not be reached")
                XCTAssertNil(failure?.status)
            }
        }
    }

    func testAnAddressThatIsNotAllowedIsNotCalled() throws {
        for vendor in Vendor.all {
            let metadata = "http://169.254.169.254"
            let endpoint = ProviderEndpoint(url: try HTTPURL(metadata), timeoutMilliseconds: 2_000)
            XCTAssertThrowsError(
                try vendor.adapter().validate(vendor.credential(metadata), at: endpoint, with: Vendor.client())
            ) { XCTAssertEqual(($0 as? Failure)?.upstream?.kind, .addressRefused, vendor.slug) }
        }
    }

    func testParametersKnownAsUnsupportedAreNotSent() throws {
        let all: Set = ["temperature", "topP", "frequencyPenalty", "presencePenalty", "maxTokens"]
        for vendor in Vendor.all {
            let (with, without) = (
                try vendor.question(Vendor.settings, unsupported: all),
                try vendor.question(ChatSettings(model: Vendor.settings.model))
            )
            XCTAssertEqual(with, without, vendor.slug)
        }
    }

    func testAParameterThatIsRefusedIsLeftOutAndTheQuestionAskedAgain() throws {
        for vendor in Vendor.all {
            let step = try XCTUnwrap(vendor.unsupported)
            let settings = ChatSettings(model: "m", temperature: JSONNumber("0.7"), maxTokens: 9)
            let (result, asked) = try vendor.chat([step, .answer(200, vendor.chatAnswer)], settings)
            XCTAssertEqual(try? result.get().content, "Hello!", vendor.slug)
            XCTAssertEqual(asked.map { $0.body.contains("temperature") }, [true, false], vendor.slug)
            XCTAssertTrue(asked.allSatisfy { $0.body.contains("9") }, vendor.slug)
        }
    }

    func testARefusalOfWhatWasNotSentIsNotAskedAgain() throws {
        for vendor in Vendor.all {
            let step = try XCTUnwrap(vendor.unsupported)
            let (result, asked) = try vendor.chat([step], ChatSettings(model: "m"))
            XCTAssertEqual(result.upstream?.kind, .badRequest, vendor.slug)
            XCTAssertEqual(asked.count, 1, vendor.slug)
        }
    }

    func testNothingThatTheProviderWroteAndNoSecretIsInAnyMessage() throws {
        for vendor in Vendor.all {
            let echo = "EchoedText \(Vendor.key)"
            let bodies = [
                Vendor.openAIError(echo, echo, echo), Vendor.claudeError(echo, echo),
                Vendor.geminiError(400, echo, echo), #"{"message":"\#(echo)"}"#, #"{"error":"\#(echo)"}"#, echo,
            ]
            for status in [200, 400, 401, 402, 403, 404, 418, 429, 500, 529, 302] {
                for body in bodies {
                    let failure = try vendor.chat([.answer(status, body)]).result
                    let text = "\(failure) \(String(reflecting: failure))"
                    XCTAssertNotNil(failure.upstream, "\(vendor.slug) \(status) \(body)")
                    XCTAssertFalse(text.contains("EchoedText") || text.contains(Vendor.key), "\(vendor.slug) \(status)")
                }
            }
        }
    }

    func testACredentialOfTheWrongKindIsADefect() throws {
        for vendor in Vendor.all {
            let url = try HTTPURL("http://127.0.0.1:1")
            let wrong: Credentials = vendor.slug == "ollama" ? .apiKey(Secret(Vendor.key)) : .baseURL(url)
            let endpoint = ProviderEndpoint(url: url, timeoutMilliseconds: 500)
            XCTAssertThrowsError(try vendor.adapter().validate(wrong, at: endpoint, with: Vendor.client())) {
                guard case .defect? = $0 as? Failure else { return XCTFail("\($0)") }
            }
        }
    }
}

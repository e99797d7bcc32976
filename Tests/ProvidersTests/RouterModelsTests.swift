import Domain
import JSON
import Outbound
import XCTest

@testable import Providers

/// The public lists of the routers, and how their prices of one token become ours of a million.
final class RouterModelsTests: XCTestCase {
    private func list(
        _ slug: String, _ step: ScriptedServer.Step, milliseconds: Int = 5_000
    ) throws -> (Result<ModelList, Failure>, asked: [ScriptedServer.Asked]) {
        let server = try ScriptedServer([step])
        defer { server.stop() }
        let endpoint = ProviderEndpoint(url: try HTTPURL(server.origin + "/base"), timeoutMilliseconds: milliseconds)
        let adapter = try XCTUnwrap(Adapters.listing(slug))
        XCTAssertFalse(adapter.listNeedsKey)
        let client = try Vendor.client()
        let result = Result { () throws(Failure) in try adapter.models(nil, at: endpoint, with: client) }
        return (result, server.asked)
    }

    private func openRouter(_ pricing: String, _ more: String = "") throws -> ListedModel {
        let body = #"{"data":[{"id":"v/m","name":"M","pricing":\#(pricing)\#(more)}]}"#
        return try XCTUnwrap(try list("openrouter", .answer(200, body)).0.get().models.first)
    }

    private func requesty(_ members: String) throws -> ListedModel {
        let body = #"{"object":"list","data":[{"id":"v/m@eu",\#(members)}]}"#
        return try XCTUnwrap(try list("requesty", .answer(200, body)).0.get().models.first)
    }

    private func amount(_ text: String) throws -> Amount { try XCTUnwrap(Amount(text)) }

    func testAListIsPublicAndAskedForWithoutAKey() throws {
        for (slug, body, target) in [
            ("openrouter", #"{"data":[{"id":"v/m"}]}"#, "/base/models?output_modalities=all"),
            ("requesty", #"{"object":"list","data":[{"id":"v/m"}]}"#, "/base/models"),
        ] {
            let (result, asked) = try list(slug, .answer(200, body))
            XCTAssertEqual(try result.get().models.map(\.id), ["v/m"])
            XCTAssertEqual(asked.map { "\($0.method) \($0.target)" }, ["GET " + target])
            XCTAssertNil(asked.first?.headers["authorization"])
        }
    }

    func testPricesOfATokenBecomeExactPricesOfAMillion() throws {
        for (text, expected) in [
            ("0.0000003", "0.3"), ("0.00003", "30"), ("3e-7", "0.3"), ("0.000000000375", "0.000375"), ("0", "0"),
            ("1.5E-5", "15"), ("0.0000025000", "2.5"), ("1", "1000000"),
        ] {
            for model in [
                try openRouter(#"{"prompt":"\#(text)","completion":"\#(text)"}"#),
                try requesty(#""input_price":\#(text),"output_price":\#(text)"#),
            ] {
                XCTAssertEqual(model.rates?.input, try amount(expected), text)
                XCTAssertEqual(model.rates?.output, try amount(expected), text)
            }
        }
    }

    func testAPriceThatVariesOrIsNoneIsUnknownAndNotFree() throws {
        for text in ["-1", "-0.0000003", "", "free", "1e30", "0.00000000000000000001", " 1", "NaN"] {
            XCTAssertNil(try openRouter(#"{"prompt":"\#(text)","completion":"0.1"}"#).rates, text)
            XCTAssertNil(try openRouter(#"{"prompt":"0.1","completion":"\#(text)"}"#).rates, text)
        }
        for pricing in [
            "null", "[]", "{}", #"{"prompt":"1"}"#, #"{"prompt":true,"completion":"1"}"#,
            // A price of each request, and thoughts at a price of their own.
            #"{"prompt":"0.1","completion":"0.1","request":"0.005"}"#,
            #"{"prompt":"0.1","completion":"0.1","internal_reasoning":"0.2"}"#,
            #"{"prompt":"0.1","completion":"0.1","discount":0.5}"#,
        ] {
            XCTAssertNil(try openRouter(pricing).rates, pricing)
        }
        XCTAssertNil(try requesty(#""input_price":-1,"output_price":1"#).rates)
        XCTAssertNil(try requesty(#""output_price":1"#).rates)
        let free = try openRouter(
            #"{"prompt":"0","completion":"0","request":"0","internal_reasoning":"0","discount":0}"#)
        XCTAssertEqual(free.rates, TokenRates(input: try amount("0"), output: try amount("0")))
    }

    func testPricesOfTheCacheAreTakenAndZeroIsNone() throws {
        let cached = try openRouter(
            #"{"prompt":"0.000001","completion":"0.000002","input_cache_read":"0.0000001","input_cache_write":"0"}"#)
        XCTAssertEqual(cached.rates?.cachedInput, try amount("0.1"))
        XCTAssertNil(cached.rates?.cacheWrite)
        let other = try requesty(#""input_price":1e-6,"output_price":2e-6,"cached_price":1e-7,"caching_price":1.25e-6"#)
        XCTAssertEqual(other.rates?.cachedInput, try amount("0.1"))
        XCTAssertEqual(other.rates?.cacheWrite, try amount("1.25"))
    }

    func testOnePriceForLongPromptsIsTakenAndMoreAreNotSayable() throws {
        let base = #""prompt":"0.000001","completion":"0.000002""#
        let one = try openRouter(
            #"{\#(base),"overrides":[{"min_prompt_tokens":200000.0,"prompt":"0.000002","completion":"0.000003"}]}"#)
        XCTAssertEqual(
            one.rates?.longContext,
            LongContextPrice(aboveTokens: 200_000, input: try amount("2"), output: try amount("3")))
        for overrides in [
            #"[{"prompt":"0.1"}]"#, #"[{"min_prompt_tokens":0,"prompt":"0.1"}]"#,
            #"[{"min_prompt_tokens":100,"utc_start":100,"utc_end":400,"prompt":"0.1"}]"#,
            #"[{"utc_days":["sunday"],"prompt":"0.1"}]"#,
            #"[{"min_prompt_tokens":100,"prompt":"0.1"},{"min_prompt_tokens":200,"prompt":"0.2"}]"#,
            #"[{"min_prompt_tokens":100,"prompt":"-1"}]"#, #"["x"]"#,
        ] {
            XCTAssertNil(try openRouter(#"{\#(base),"overrides":\#(overrides)}"#).rates, overrides)
        }
        let rates = #""input_price":1e-6,"output_price":2e-6,"#
        let long = try requesty(
            rates + #""pricing":[{"prompt_tokens_threshold":0,"input_price":1e-6},"#
                + #"{"prompt_tokens_threshold":200000,"input_price":2e-6}]"#)
        XCTAssertEqual(
            long.rates?.longContext,
            LongContextPrice(aboveTokens: 200_000, input: try amount("2"), output: try amount("2")))
        XCTAssertNil(
            try requesty(rates + #""pricing":[{"prompt_tokens_threshold":1},{"prompt_tokens_threshold":2}]"#).rates)
    }

    func testWhatAModelMakesIsRead() throws {
        for (made, kind) in [
            (#"["text"]"#, ModelKind.chat), (#"["image","text"]"#, .image), (#"["text","image"]"#, .image),
            (#"["text","audio"]"#, .chat), (#"["audio"]"#, .audio), (#"["video"]"#, .video),
            (#"["embeddings"]"#, .embedding), (#"["speech"]"#, .audio), ("[]", nil), (#"["rerank"]"#, nil),
        ] as [(String, ModelKind?)] {
            let model = try openRouter("{}", #","architecture":{"output_modalities":\#(made)}"#)
            XCTAssertEqual(model.listing?.kind, kind, made)
        }
        for (members, kind) in [
            (#""api":"chat""#, ModelKind.chat), (#""api":"chat","supports_image_generation":true"#, .image),
            (#""api":"embedding""#, .embedding), (#""owned_by":"system""#, .chat), (#""api":"smell""#, nil),
        ] as [(String, ModelKind?)] {
            XCTAssertEqual(try requesty(members).listing?.kind, kind, members)
        }
        XCTAssertEqual(try openRouter("{}", #","context_length":131072"#).listing?.contextTokens, 131_072)
        for text in ["0", "-1", "1e30", "null", #""x""#] {
            XCTAssertNil(try openRouter("{}", #","context_length":\#(text)"#).listing?.contextTokens, text)
        }
    }

    func testOnlyAWholeListIsComplete() throws {
        for (rest, isComplete) in [
            ("", true), (#","total_count":2,"links":{"next":null}"#, true), (#","total_count":3"#, false),
            (#","links":{"next":"/api/v1/models?offset=500"}"#, false),
        ] {
            let list = try list("openrouter", .answer(200, #"{"data":[{"id":"v/m"},{"id":"v/m"}]\#(rest)}"#)).0.get()
            XCTAssertEqual(list.models.count, 1, "each name once")
            XCTAssertEqual(list.isComplete, isComplete, rest)
        }
    }

    func testABrokenListIsNoList() throws {
        for slug in ["openrouter", "requesty"] {
            for body in [
                "", "{}", "[]", "<html></html>", #"{"object":"list","data":[]}"#, #"{"object":"list","data":{}}"#,
                #"{"object":"list","data":[{"name":"x"}]}"#, #"{"object":"list","data":[{"id":7}]}"#,
                #"{"object":"list","data":[{"id":"v/m"}"#,
            ] {
                XCTAssertEqual(try list(slug, .answer(200, body)).0.upstream?.kind, .malformed, "\(slug) \(body)")
            }
            XCTAssertEqual(try list(slug, .answer(500, "{}")).0.upstream?.kind, .overloaded)
            XCTAssertEqual(try list(slug, .answer(429, "{}")).0.upstream?.kind, .rateLimited)
            XCTAssertEqual(try list(slug, .silence, milliseconds: 200).0.upstream?.kind, .timedOut)
        }
        let huge =
            #"{"data":[{"id":"v/m","description":""# + String(repeating: "a", count: 11 * 1_024 * 1_024) + #""}]}"#
        XCTAssertEqual(try list("openrouter", .answer(200, huge)).0.upstream?.kind, .malformed)
    }
}

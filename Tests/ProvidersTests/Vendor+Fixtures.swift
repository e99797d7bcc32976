import Providers

// Bodies are those of the vendors' SDK models and documentation, shortened.
extension Vendor {
    static let openAI = Vendor(
        slug: "openai", basePath: "/v1", headers: ["authorization": "Bearer \(key)"],
        validation: ["GET /v1/models"],
        validationAnswers: [
            #"{"object":"list","data":[{"id":"gpt-4o","object":"model","created":1,"owned_by":"openai"}]}"#
        ],
        chatTarget: "/v1/chat/completions",
        chatBody: #"""
            {"model":"some-model:1","messages":[{"role":"user","content":"Say \"hello\"\n"}],
            "max_completion_tokens":50,"temperature":0.70,"top_p":0.5,"frequency_penalty":-0.5,"presence_penalty":1.5}
            """#,
        chatAnswer: #"""
            {"id":"c","object":"chat.completion","created":1,"model":"some-model:1-2024-08-06","choices":[{"index":0,
            "message":{"role":"assistant","content":"Hello!","refusal":null},"finish_reason":"stop"}],"usage":
            {"prompt_tokens":12,"completion_tokens":15,"total_tokens":27,"prompt_tokens_details":{"cached_tokens":8,
            "cache_write_tokens":1,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":3}}}
            """#,
        reply: ChatReply(
            content: "Hello!", model: "some-model:1-2024-08-06",
            usage: TokenUsage(promptTokens: 12, cachedPromptTokens: 8, cacheWriteTokens: 1, completionTokens: 15)),
        badKey: .answer(401, openAIError("invalid_request_error", "invalid_api_key", "Incorrect API key: \(key)")),
        forbidden: .answer(403, openAIError("invalid_request_error", nil, "Country not supported")),
        outOfMoney: [
            .answer(429, openAIError("insufficient_quota", "insufficient_quota", "You exceeded your current quota")),
            .answer(429, openAIError("insufficient_quota", "credit_balance_exhausted", "No credit")),
            .answer(429, openAIError("rate_limit_error", "project_spend_limit_exceeded", "Cap")),
            .answer(402, "{}"),
        ],
        rateLimitBody: openAIError("requests", "rate_limit_exceeded", "see your billing plan"),
        overloaded: .answer(503, openAIError("service_unavailable_error", "server_is_overloaded", "Busy")),
        unsupported: .answer(
            400,
            #"""
            {"error":{"message":"Unsupported value: 'temperature' does not support 0.7 with this model.",
            "type":"invalid_request_error","param":"temperature","code":"unsupported_value"}}
            """#))

    static let claude = Vendor(
        slug: "claude", headers: ["x-api-key": key, "anthropic-version": "2023-06-01"],
        validation: ["GET /v1/models?limit=1"],
        validationAnswers: [
            #"{"data":[{"id":"claude-x","type":"model","display_name":"X","created_at":"2026-01-01T00:00:00Z"}],"#
                + #""has_more":true,"first_id":"claude-x","last_id":"claude-x"}"#
        ],
        chatTarget: "/v1/messages",
        chatBody: #"""
            {"model":"some-model:1","max_tokens":50,"messages":[{"role":"user","content":"Say \"hello\"\n"}],
            "temperature":0.70}
            """#,
        chatAnswer: #"""
            {"id":"m","type":"message","role":"assistant","model":"some-model:1-20241022","content":[
            {"type":"thinking","thinking":"Hm","signature":"s"},{"type":"text","text":"Hel"},{"type":"text","text":"lo!"}],
            "stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":30,
            "cache_read_input_tokens":200,"output_tokens":5}}
            """#,
        reply: ChatReply(
            content: "Hello!", model: "some-model:1-20241022",
            usage: TokenUsage(promptTokens: 240, cachedPromptTokens: 200, cacheWriteTokens: 30, completionTokens: 5)),
        badKey: .answer(401, claudeError("authentication_error", "invalid x-api-key \(key)")),
        forbidden: .answer(403, claudeError("permission_error", "no")),
        outOfMoney: [
            .answer(400, claudeError("invalid_request_error", "Your credit balance is too low to access the API.")),
            .answer(400, claudeError("invalid_request_error", "You have reached your specified API usage limits.")),
            .answer(402, claudeError("billing_error", "Billing")),
            .answer(
                429,
                #"{"type":"error","error":{"type":"rate_limit_error","message":"cap","#
                    + #""details":{"error_code":"enforced_spend_limit_reached"}}}"#),
        ],
        rateLimitBody: claudeError("rate_limit_error", "Number of requests exceeded your rate limit"),
        overloaded: .answer(529, claudeError("overloaded_error", "Overloaded")),
        unsupported: .answer(
            400, claudeError("invalid_request_error", "`temperature` is deprecated for this model.")))

    static let gemini = Vendor(
        slug: "gemini", headers: ["x-goog-api-key": key], validation: ["GET /v1beta/models?pageSize=1"],
        validationAnswers: [
            #"{"models":[{"name":"models/gemini-x","version":"1","displayName":"X"}],"nextPageToken":"t"}"#
        ],
        chatTarget: "/v1beta/models/some-model%3A1:generateContent",
        chatBody: #"""
            {"contents":[{"role":"user","parts":[{"text":"Say \"hello\"\n"}]}],"generationConfig":{"temperature":0.70,
            "topP":0.5,"maxOutputTokens":50,"frequencyPenalty":-0.5,"presencePenalty":1.5}}
            """#,
        chatAnswer: #"""
            {"candidates":[{"content":{"role":"model","parts":[{"text":"Hm","thought":true},{"text":"Hel"},
            {"text":"lo!"}]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":10,
            "candidatesTokenCount":5,"thoughtsTokenCount":7,"cachedContentTokenCount":4,"totalTokenCount":22},
            "modelVersion":"models/some-model-001","responseId":"r"}
            """#,
        reply: ChatReply(
            content: "Hello!", model: "some-model-001",
            usage: TokenUsage(promptTokens: 10, cachedPromptTokens: 4, completionTokens: 12)),
        badKey: .answer(
            400,
            #"""
            [{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":
            "INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":
            "API_KEY_INVALID","domain":"googleapis.com"}]}}]
            """#),
        forbidden: .answer(403, geminiError(403, "PERMISSION_DENIED", "no")),
        outOfMoney: [
            .answer(402, geminiError(402, "RESOURCE_EXHAUSTED", "Pay")),
            .answer(429, geminiError(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted.")),
        ],
        rateLimitBody: geminiError(
            429, "RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan and billing details."),
        overloaded: .answer(503, geminiError(503, "UNAVAILABLE", "The model is overloaded.")),
        unsupported: .answer(400, geminiError(400, "INVALID_ARGUMENT", "temperature is not supported by this model")))

    static let cohere = Vendor(
        slug: "cohere", headers: ["authorization": "Bearer \(key)"], validation: ["POST /v1/check-api-key"],
        validationAnswers: [#"{"valid":true,"organization_id":"o","owner_id":"w"}"#],
        chatTarget: "/v2/chat",
        chatBody: #"""
            {"model":"some-model:1","messages":[{"role":"user","content":"Say \"hello\"\n"}],"stream":false,
            "max_tokens":50,"temperature":0.70,"p":0.5,"presence_penalty":1}
            """#,
        chatAnswer: #"""
            {"id":"c","finish_reason":"COMPLETE","message":{"role":"assistant","content":[{"type":"text",
            "text":"Hello!"}]},"usage":{"billed_units":{"input_tokens":12.0,"output_tokens":1.5e1},
            "tokens":{"input_tokens":78.0,"output_tokens":27.0},"cached_tokens":2.0}}
            """#,
        reply: ChatReply(
            content: "Hello!", model: "some-model:1",
            usage: TokenUsage(promptTokens: 12, cachedPromptTokens: 2, completionTokens: 15)),
        badKey: .answer(401, #"{"message":"invalid api token \#(key)"}"#),
        forbidden: .answer(403, #"{"message":"forbidden"}"#),
        outOfMoney: [
            .answer(402, #"{"message":"Please add or update your payment method"}"#),
            .answer(429, #"{"message":"You are using a Trial key, which is limited to 1000 API calls / month."}"#),
        ],
        rateLimitBody: #"{"message":"You are using a Trial key, which is limited to 20 API calls / minute."}"#,
        overloaded: .answer(503, #"{"message":"unavailable"}"#),
        unsupported: .answer(400, #"{"message":"invalid request: temperature is not supported by this model"}"#))

    static let ollama = Vendor(
        slug: "ollama", headers: [:], validation: ["GET /api/version", "GET /api/tags"],
        validationAnswers: [
            #"{"version":"0.12.0"}"#, #"{"models":[{"name":"llama2:latest","model":"llama2:latest","size":1}]}"#,
        ],
        chatTarget: "/api/chat",
        chatBody: #"""
            {"model":"some-model:1","messages":[{"role":"user","content":"Say \"hello\"\n"}],"stream":false,"options":
            {"temperature":0.70,"top_p":0.5,"num_predict":50,"frequency_penalty":-0.5,"presence_penalty":1.5}}
            """#,
        chatAnswer: #"""
            {"model":"some-model:1","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant",
            "content":"Hello!"},"done":true,"done_reason":"stop","total_duration":5,"eval_count":15,"eval_duration":3}
            """#,
        reply: ChatReply(
            content: "Hello!", model: "some-model:1",
            usage: TokenUsage(promptTokens: 0, completionTokens: 15)),
        forbidden: .answer(401, #"{"error":"unauthorized","signin_url":"https://ollama.com/connect"}"#),
        rateLimitBody: #"{"error":"too many requests"}"#,
        overloaded: .answer(503, #"{"error":"server busy, please try again. maximum pending requests exceeded"}"#),
        unsupported: .answer(400, #"{"error":"option temperature is not supported"}"#))

    static func openAIError(_ type: String, _ code: String?, _ message: String) -> String {
        let code = code.map { "\"\($0)\"" } ?? "null"
        return #"{"error":{"message":"\#(message)","type":"\#(type)","param":null,"code":\#(code)}}"#
    }

    static func claudeError(_ type: String, _ message: String) -> String {
        #"{"type":"error","error":{"type":"\#(type)","message":"\#(message)"},"request_id":"req_1"}"#
    }

    static func geminiError(_ code: Int, _ status: String, _ message: String, details: String = "[]") -> String {
        #"{"error":{"code":\#(code),"message":"\#(message)","status":"\#(status)","details":\#(details)}}"#
    }
}

import Domain
import JSON

/// The Anthropic API, `https://api.anthropic.com`.
struct Claude: Vendor {
    let slug = "claude"
    let displayName = "Anthropic"
    let models = ClaudeModels.all

    /// The versions that the API still answers; the newer one has no sampling parameters.
    static let versions = ["2023-06-01", newestVersion]
    static let newestVersion = "2026-10-21"

    var routes: [Route] {
        [
            .get("/v1/models", .models, .key, listModels),
            .get("/v1/models/{model}", .models, .key, showModel),
            .post("/v1/messages", .chat, .key, createMessage),
            .post("/v1/messages/count_tokens", .tokens, .key, countTokens),
        ]
    }

    /// When both are sent, `x-api-key` counts.
    func key(of request: SimRequest) -> String? {
        guard let key = request.header("x-api-key"), !key.isEmpty else { return request.bearerToken }
        return key
    }

    func check(_ request: SimRequest) throws(Problem) {
        guard let version = request.header("anthropic-version") else {
            throw Self.invalid("anthropic-version: header is required")
        }
        guard Self.versions.contains(version) else {
            throw Self.invalid("anthropic-version: \"\(version)\" is not a valid version")
        }
    }

    static func invalid(_ message: String) -> Problem {
        .invalid(Refusal(message: message, parameter: nil, code: nil))
    }

    static func usesNewestVersion(_ call: Call) -> Bool { call.request.header("anthropic-version") == newestVersion }

    /// What every good answer carries beside its body.
    static func headers(_ call: Call) -> [SimHeader] {
        let reset = call.now.iso(.seconds)
        return [
            SimHeader("request-id", call.id("req_")),
            SimHeader("anthropic-organization-id", "00000000-0000-4000-8000-000000000001"),
            SimHeader("anthropic-ratelimit-requests-limit", "1000"),
            SimHeader("anthropic-ratelimit-requests-remaining", "999"),
            SimHeader("anthropic-ratelimit-requests-reset", reset),
            SimHeader("anthropic-ratelimit-tokens-limit", "400000"),
            SimHeader("anthropic-ratelimit-tokens-remaining", "399000"),
            SimHeader("anthropic-ratelimit-tokens-reset", reset),
        ]
    }
}

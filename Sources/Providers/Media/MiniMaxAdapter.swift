import Domain
import JSON
import Outbound

/// MiniMax: two generations of video, and pictures and music that are answered at once. Shapes are those of the
/// vendor's documentation and command-line client of 2026.
struct MiniMaxAdapter: MediaWire {
    let slug = "minimax"
    let displayName = "MiniMax"
    let vendorEndpoint: String? = "https://api.minimax.io"

    func headers(_ key: Secret) -> [(String, String)] { [("Authorization", "Bearer " + key.exposeText())] }

    func prove(_ call: VendorCall) throws(Failure) { _ = try models(call) }

    /// The vendor's list may have language models only.
    func models(_ call: VendorCall) throws(Failure) -> ModelList {
        try call.succeed(.get("/v1/models")) { answer throws(AnswerProblem) in
            guard answer["object"]?.string == "list" else { throw .unexpectedShape }
            var models: [ListedModel] = []
            for model in try answer.require("data", \.array) {
                let id = try model.require("id", \.string)
                models.append(ListedModel(id: id, name: id))
            }
            return ModelList(models, isComplete: true)
        }
    }

    /// What a model is asked through.
    enum API { case video, newVideo, picture, music }

    /// MiniMax-H3 began the new generation; MiniMax-Hailuo is the old one.
    static func api(of model: String) -> API {
        let number = model.hasPrefix("MiniMax-H") ? model.dropFirst(9).first : nil
        if number?.isWholeNumber == true { return .newVideo }
        if model.hasPrefix("image-") { return .picture }
        return model.hasPrefix("music-") ? .music : .video
    }

    /// 1004 and 2049 are about the key. A plan's limit (2056) ends with time, money (1008) does not come back by itself.
    func vendorError(in answer: ProviderAnswer) -> VendorError {
        guard let code = Self.code(in: answer.json), code != 0 else {
            let error = answer.json?["error"]
            return VendorError(
                kind: error?["type"]?.string.flatMap { Self.types[$0] },
                isModeration: VendorMessage(error?["message"]).contains("(1026)", "(1027)"))
        }
        return VendorError(
            kind: Self.kinds[code] ?? (1_000..<2_000 ~= code ? .overloaded : .badRequest),
            isModeration: Self.isModeration(code))
    }

    /// The code of version 1, which comes with status 200. Zero is success; nil: the answer has none.
    static func code(in json: JSONValue?) -> Int? { json?["base_resp"]?["status_code"]?.int }

    static func isModeration(_ code: Int?) -> Bool { code == 1_026 || code == 1_027 }

    func isSuccess(_ answer: ProviderAnswer) -> Bool { answer.isSuccess && Self.code(in: answer.json) ?? 0 == 0 }

    private static let kinds: [Int: UpstreamFailure.Kind] = [
        1_000: .overloaded, 1_001: .timedOut, 1_002: .rateLimited, 1_004: .invalidCredential, 1_008: .outOfMoney,
        1_026: .badRequest, 1_027: .badRequest, 2_013: .badRequest, 2_038: .forbidden, 2_049: .invalidCredential,
        2_056: .rateLimited, 2_061: .forbidden,
    ]

    private static let types: [String: UpstreamFailure.Kind] = [
        "authorized_error": .invalidCredential, "insufficient_balance_error": .outOfMoney,
        "rate_limit_error": .rateLimited, "server_error": .overloaded,
    ]
}

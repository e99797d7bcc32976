import Domain
import JSON
import Outbound

/// fal.ai: jobs on the queue's host, everything else on the platform's. Shapes are those of the vendor's SDK 1.0.3 and
/// its platform documentation.
struct FalAdapter: MediaWire {
    let slug = "fal_ai"
    let displayName = "Fal.ai"
    let vendorEndpoint: String? = "https://fal.run"

    func headers(_ key: Secret) -> [(String, String)] { [("Authorization", "Key " + key.exposeText())] }

    /// The vendor has a host for each of its two APIs; anybody else has both below one base URL.
    func access(_ credential: Credentials, _ endpoint: ProviderEndpoint) throws(Failure) -> VendorAccess {
        let isVendor = ["fal.run", "queue.fal.run"].contains(endpoint.url.host)
        let base = isVendor ? try Self.url("https://queue.fal.run") : endpoint.url
        let jobs = ProviderEndpoint(
            url: base, timeoutMilliseconds: endpoint.timeoutMilliseconds, authType: endpoint.authType)
        return try access(withKey: credential, jobs) { headers($0) }
    }

    private static func url(_ text: String) throws(Failure) -> HTTPURL {
        guard let url = try? HTTPURL(text) else { throw .defect("\(text) is not a URL") }
        return url
    }

    private func platform(_ request: WireRequest, _ call: VendorCall) throws(Failure) -> WireRequest {
        let isVendor = call.base.host == "queue.fal.run"
        return request.below(isVendor ? try Self.url("https://api.fal.ai/v1") : call.base.appending(path: "v1"))
    }

    /// The list of models needs no key, so it would prove nothing; the prices need one and cost nothing.
    func prove(_ call: VendorCall) throws(Failure) {
        _ = try call.succeed(
            platform(.get("/models/pricing?endpoint_id=fal-ai/flux/schnell"), call), Self.prices)
    }

    /// Only an ADMIN key may see the balance. A key of the other kind is refused here though it is good.
    func balance(_ call: VendorCall) throws(Failure) -> ReportedBalance? {
        let answer = try call.send(platform(.get("/account/billing?expand=credits"), call))
        guard ![401, 403].contains(answer.status) else { return nil }
        guard answer.isSuccess else { throw call.failure(answer) }
        return try call.read(answer) { json throws(AnswerProblem) in
            let credits = try json.require("credits", \.objectItself)
            return ReportedBalance(
                amount: try credits.require("current_balance") { $0.decimal() },
                currency: try credits.require("currency", \.string))
        }
    }

    /// One page asks for so many models, because as many may be in one question for prices.
    private static let pageSize = 50
    /// 1,000 models; the vendor had about as many in 2026.
    private static let maxPages = 20

    func models(_ call: VendorCall) throws(Failure) -> ModelList {
        var models: [ListedModel] = []
        var cursor: String?
        for _ in 0..<Self.maxPages {
            let target = "/models?status=active&limit=\(Self.pageSize)"
            let next = cursor.map { "&cursor=" + PathWord.escaped($0) } ?? ""
            let page = try call.succeed(platform(.get(target + next), call), Self.page)
            models += try priced(page.models, call)
            guard let following = page.next, following != cursor else {
                return ModelList(models, isComplete: page.next == nil)
            }
            cursor = following
        }
        return ModelList(models, isComplete: false)
    }

    private static func page(_ json: JSONValue) throws(AnswerProblem) -> (models: [ListedModel], next: String?) {
        var models: [ListedModel] = []
        for model in try json.require("models", \.array) {
            let id = try model.require("endpoint_id", \.string)
            let metadata = model["metadata"]
            models.append(
                ListedModel(
                    id: id, name: metadata?["display_name"]?.string ?? id, kind: metadata?["category"]?.string))
        }
        return (models, json["has_more"]?.bool == true ? json["next_cursor"]?.string : nil)
    }

    private func priced(_ models: [ListedModel], _ call: VendorCall) throws(Failure) -> [ListedModel] {
        let ids = models.filter { $0.id.split(separator: "/").allSatisfy { PathWord.isPlain(String($0)) } }
            .map { "endpoint_id=" + $0.id }
        guard !ids.isEmpty else { return models }
        let target = "/models/pricing?" + ids.joined(separator: "&")
        let prices = try call.succeed(platform(.get(target), call), Self.prices)
        return models.map { model in
            guard let price = prices[model.id] else { return model }
            var model = model
            (model.unitPrice, model.unit, model.currency) = (price.unitPrice, price.unit, price.currency)
            return model
        }
    }

    private static func prices(_ json: JSONValue) throws(AnswerProblem) -> [String: ListedModel] {
        var prices: [String: ListedModel] = [:]
        for price in try json.require("prices", \.array) {
            let id = try price.require("endpoint_id", \.string)
            prices[id] = ListedModel(
                id: id, name: id, unitPrice: try price.require("unit_price") { $0.decimal() },
                unit: price["unit"]?.string, currency: price["currency"]?.string)
        }
        return prices
    }

    /// Being out of credit is a 403, which is otherwise a lack of rights; only the text tells them apart.
    func vendorError(in answer: ProviderAnswer) -> VendorError {
        let detail = answer.json?["detail"]
        let message = VendorMessage(detail ?? answer.json?["error"]?["message"])
        let isAboutMoney = 400..<500 ~= answer.status && message.isAboutMoney
        return VendorError(
            kind: isAboutMoney ? .outOfMoney : nil, isModeration: Self.isModeration(answer.json ?? .null))
    }

    /// The vendor says to go by the type and never by the text.
    static func isModeration(_ json: JSONValue) -> Bool {
        let types = (json["detail"]?.array ?? []).compactMap { $0["type"]?.string }
        return (types + [json["error_type"]?.string].compactMap(\.self)).contains("content_policy_violation")
    }
}

import Domain
import HTTP

extension Surface {
    /// Contract 2: the administration of third-party APIs.
    static let administration = Surface(
        name: "administration", prefixes: ["/api/admin/third-party-apis"],
        routes: health + ledger + prices + configuration + usage + requests + alerts + routing + audit,
        render: renderErrorCode)

    private static let base = "/api/admin/third-party-apis"
    private static let provider = base + "/providers/:provider"
    private static let period: Set<String> = ["startDate", "endDate", "tz"]
    private static let page: Set<String> = ["limit", "offset", "format"]
    private static let cursored: Set<String> = ["limit", "offset", "cursor", "format"]

    /// How providers are.
    private static let health: [Route<Services>] = []

    /// What is left to spend.
    private static let ledger: [Route<Services>] = []

    /// What models cost.
    private static let prices: [Route<Services>] = [
        .get(provider + "/models", .admin(.aiRead), listModels, query: page.union(["activeOnly"])),
        .post(provider + "/models/bulk-pricing-update", .admin(.aiManage), updatePrices),
        .get(provider + "/models/:modelId", .admin(.aiRead), showModel),
        .put(provider + "/models/:modelId/pricing", .admin(.aiManage), updatePrice),
        .get(provider + "/models/:modelId/pricing/history", .admin(.aiRead), listPrices, query: page),
        .get(
            provider + "/models/:modelId/pricing/explain", .admin(.aiRead), explainPrice,
            query: ["quantity", "resolution", "promptTokens", "cachedTokens", "completionTokens", "at"]),
    ]

    /// How providers are called.
    private static let configuration: [Route<Services>] = []

    /// What was used.
    private static let usage: [Route<Services>] = []

    /// Single calls.
    private static let requests: [Route<Services>] = []

    /// What somebody should look at.
    private static let alerts: [Route<Services>] = []

    /// Which providers answer for a model.
    private static let routing: [Route<Services>] = [
        .get(base + "/providers/routing", .admin(.aiRead), showRouting, query: ["format"]),
        .put(base + "/providers/routing", .admin(.aiManage), replaceRouting),
    ]

    /// Who did what.
    private static let audit: [Route<Services>] = []
}

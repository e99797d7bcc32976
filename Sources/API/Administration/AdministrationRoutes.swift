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
    private static let health: [Route<Services>] = [
        .get(base + "/providers", .admin(.aiRead), listHealth, query: ["format"]),
        .get(provider + "/status", .admin(.aiRead), showHealth),
        .post(provider + "/health-check", .admin(.aiManage), checkHealth, lane: .upstream),
        .post(provider + "/test-connection", .admin(.aiManage), testProviderConnection, lane: .upstream),
    ]

    /// What is left to spend.
    private static let ledger: [Route<Services>] = [
        .get(base + "/providers/balances", .admin(.aiRead), listBalances, query: ["format"]),
        .get(provider + "/balance", .admin(.aiRead), showBalance),
        .get(
            provider + "/transactions", .admin(.aiRead), listTransactions,
            query: cursored.union(period).union(["type"])),
        .post(provider + "/credits/add", .admin(.aiManage), addCredits),
    ]

    /// What models cost.
    private static let prices: [Route<Services>] = [
        .get(provider + "/models", .admin(.aiRead), listModels, query: page.union(["activeOnly"])),
        .post(provider + "/models/bulk-pricing-update", .admin(.aiManage), updatePrices),
        .get(provider + "/models/:modelId", .admin(.aiRead), showModel),
        .put(provider + "/models/:modelId/pricing", .admin(.aiManage), updatePrice),
        .get(provider + "/models/:modelId/pricing/history", .admin(.aiRead), listPrices, query: page),
        .get(
            provider + "/models/:modelId/pricing/explain", .admin(.aiRead), explainPrice,
            query: [
                "quantity", "resolution", "promptTokens", "cachedTokens", "cacheWriteTokens", "completionTokens", "at",
            ]),
    ]

    /// How providers are called.
    private static let configuration: [Route<Services>] = [
        .get(provider + "/config", .admin(.aiRead), showConfiguration),
        .put(provider + "/config", .admin(.aiManage), updateConfiguration),
        .put(provider + "/api-key", .admin(.aiManage), replaceAPIKey, lane: .upstream),
    ]

    /// What was used.
    private static let usage: [Route<Services>] = [
        .get(base + "/providers/usage/summary", .admin(.aiRead), showUsageSummary, query: period.union(["format"])),
        .get(provider + "/usage", .admin(.aiRead), showUsage, query: period.union(["groupBy", "format"])),
        .get(provider + "/usage/by-model", .admin(.aiRead), showUsageByModel, query: period.union(["format"])),
    ]

    /// Single calls.
    private static let requests: [Route<Services>] = [
        .get(
            provider + "/requests", .admin(.aiRead), listRequests,
            query: cursored.union(period).union(["status", "model", "userId"])),
        .post(provider + "/requests", .admin(.aiManage), recordRequests),
        .get(provider + "/requests/:requestId", .admin(.aiRead), showRequest),
        .put(provider + "/requests/:requestId", .admin(.aiManage), updateRequest),
        .post(
            provider + "/requests/:requestId/cancel", .admin(.aiManage), cancelRequest, lane: .upstream),
    ]

    /// What somebody should look at.
    private static let alerts: [Route<Services>] = [
        .get(
            provider + "/alerts", .admin(.aiRead), listAlerts,
            query: cursored.union(["severity", "resolved", "type"])),
        .post(provider + "/alerts", .admin(.aiManage), addAlert),
        .post(provider + "/alerts/:alertId/resolve", .admin(.aiManage), resolveAlert),
    ]

    /// Which providers answer for a model.
    private static let routing: [Route<Services>] = [
        .get(base + "/providers/routing", .admin(.aiRead), showRouting, query: ["format"]),
        .put(base + "/providers/routing", .admin(.aiManage), replaceRouting),
    ]

    /// Who did what.
    private static let audit: [Route<Services>] = [
        .get(
            base + "/audit", .admin(.aiRead), listAudit,
            query: cursored.union(period).union(["actor", "action", "provider", "outcome"]))
    ]
}

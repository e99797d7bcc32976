import Domain
import HTTP

extension Surface {
    /// Contract 3: providers, their credentials, health and models.
    static let integration = Surface(
        name: "integration", prefixes: ["/api/providers", "/api/models"],
        routes: profiles + credentials + health + models, render: renderStatusError)

    private static let base = "/api/providers"
    private static let provider = base + "/:provider"
    private static let page: Set<String> = ["limit", "offset"]

    private static let profiles: [Route<Services>] = [
        .get(base, .admin(.aiRead), listProfiles, query: page.union(["q", "capability", "enabled"])),
        .get(provider, .admin(.aiRead), showProfile),
        .put(provider, .admin(.aiManage), updateProfile),
        .post(provider + "/toggle", .admin(.aiManage), toggleProfile),
    ]

    /// What is stored can be tried before, so adding and changing may call the provider.
    private static let credentials: [Route<Services>] = [
        .get(
            provider + "/credentials", .admin(.aiRead), listCredentials,
            query: page.union(["q", "environment", "is_active", "owner"])),
        .post(provider + "/credentials", .admin(.aiManage), addCredential, lane: .upstream),
        .put(provider + "/credentials/:id", .admin(.aiManage), updateCredential, lane: .upstream),
        .delete(provider + "/credentials/:id", .admin(.aiManage), deleteCredential),
    ]

    /// `refresh` calls the provider: with it, a request runs in the upstream lane (`Application.lane`).
    private static let health: [Route<Services>] = [
        .post(provider + "/test", .admin(.aiManage), testProvider, lane: .upstream),
        .get(provider + "/health", .admin(.aiRead), showProviderHealth, query: ["refresh"]),
        .post(base + "/health-check", .admin(.aiManage), startHealthRun),
        .get(base + "/health-check/:job", .admin(.aiRead), showHealthRun),
        .delete(base + "/health-check/:job", .admin(.aiManage), cancelHealthRun),
    ]

    private static let models: [Route<Services>] = [
        .get(
            provider + "/models", .admin(.aiRead), listProviderModels,
            query: page.union(["q", "capability", "available", "refresh"])),
        .get(
            "/api/models", .admin(.aiRead), listAllModels,
            query: page.union(["q", "capability", "available", "provider"])),
        .get(
            "/api/models/selection", .admin(.aiRead), explainSelection,
            query: ["capability", "model", "environment"]),
    ]
}

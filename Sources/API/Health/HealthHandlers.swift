import Domain
import HTTP
import JSON
import Store

/// How the media providers are, in the contract's order, and every other one that is switched on.
@Sendable
func listHealth(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let providers = try services.store.health(at: request.receivedAt)
    if let format = try request.export() {
        return try services.export(format, of: ProviderHealth.self, file: ["providers"], in: .array) {
            (each) throws(Failure) in
            for provider in providers { try each(provider) }
        }
    }
    return .json(JSONWriter.object { $0.field("data", array: providers) })
}

@Sendable
func showHealth(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let slug = try request.provider()
    let health = try services.store.health(of: slug, at: request.receivedAt)
    let problems = try services.store.healthProblems(of: slug, limit: 10, at: request.receivedAt)
    let message = try services.store.healthMessage(of: slug)
    return .data {
        $0.health(health)
        $0.field("errorMessage", message)
        $0.field("recentErrors", array: problems)
    }
}

/// Asks the provider now, with the installation's own key. Without one nothing is asked and nothing is known.
@Sendable
func checkHealth(_ request: Request, _ services: Services) throws(Failure) -> Response {
    try request.fields(orEmpty: true).finish()
    let check = try services.check(try request.provider(), .manual)
    return try services.change(request, "provider.check") { (transaction, entry) throws(Failure) in
        try transaction.store(check)
        entry.describe(check)
        return .data {
            $0.field("provider", check.provider.slug)
            $0.status(check.finding?.status)
            $0.field("responseTime", check.finding?.responseMilliseconds)
            $0.field("timestamp", check.at.iso(.seconds))
        }
    }
}

/// As a health check, for somebody who wants to know whether the key works: a refusal is an answer, not an error.
@Sendable
func testProviderConnection(_ request: Request, _ services: Services) throws(Failure) -> Response {
    try request.fields(orEmpty: true).finish()
    let check = try services.check(try request.provider(), .connection)
    return try services.change(request, "provider.test") { (transaction, entry) throws(Failure) in
        try transaction.store(check)
        entry.describe(check)
        entry.judge(check.finding)
        return .data {
            $0.field("success", check.finding?.succeeded ?? false)
            $0.status(check.finding?.status)
            $0.field("responseTime", check.finding?.responseMilliseconds)
            $0.field("message", check.message)
        }
    }
}

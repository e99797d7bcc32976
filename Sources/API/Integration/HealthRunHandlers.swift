import Domain
import HTTP
import JSON
import Store

private let address = "/api/providers/health-check/"

/// Asks for a check of all providers that are switched on, or of those that the body names. Who makes it is the role
/// `jobs`; here it is only written down, so that no restart loses it.
@Sendable
func startHealthRun(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let named = try request.providersToCheck()
    let known = try services.store.providers()
    let slugs: [ProviderSlug]
    if let named {
        slugs = try choose(named, among: known)
    } else {
        slugs = try enabled(known)
    }
    guard !slugs.isEmpty else { throw .conflict("No provider is enabled") }
    let actor = try request.authenticated().subject
    return try services.change(request, "health_check.start") { (transaction, entry) throws(Failure) in
        let run = try transaction.startHealthRun(of: slugs, by: actor, at: request.receivedAt)
        entry.subject = run.id.text
        entry.details = JSONWriter.text { $0.field("providers", array: slugs.map(\.text)) }
        return .run(run, "Health check started", status: 202)
    }
}

@Sendable
func showHealthRun(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let id: ID<HealthRun> = try request.id("job", of: "Health check")
    let run = try services.store.healthRun(id)
    return .run(run, "Health check \(run.status.rawValue)")
}

@Sendable
func cancelHealthRun(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let id: ID<HealthRun> = try request.id("job", of: "Health check")
    return try services.change(request, "health_check.cancel") { (transaction, entry) throws(Failure) in
        let (before, run) = try transaction.cancelHealthRun(id, at: .now())
        entry.subject = id.text
        entry.details = JSONWriter.text {
            $0.field("before", object: { $0.field("status", before.rawValue) })
            $0.field("after", object: { $0.field("status", run.status.rawValue) })
        }
        return .run(run, "Health check cancelled")
    }
}

extension Request {
    /// The slugs that the body names with their places; nil for all.
    fileprivate func providersToCheck() throws(Failure) -> [String]? {
        var fields = try fields(orEmpty: true)
        let value = fields.value("providers")
        try fields.finish()
        guard let value else { return nil }
        guard let elements = value.array, 1...100 ~= elements.count else {
            throw .invalid("providers", "must be a list of 1 to 100 providers")
        }
        var slugs: [String] = []
        for (index, element) in elements.enumerated() {
            guard let slug = element.string else { throw .invalid("providers[\(index)]", "must be a string") }
            guard !slugs.contains(slug) else { throw .invalid("providers[\(index)]", "stands twice in the list") }
            slugs.append(slug)
        }
        return slugs
    }
}

private func enabled(_ known: [ProviderRecord]) throws(Failure) -> [ProviderSlug] {
    var slugs: [ProviderSlug] = []
    for provider in known where provider.enabled { slugs.append(try ProviderSlug(provider.slug)) }
    return slugs
}

private func choose(_ named: [String], among known: [ProviderRecord]) throws(Failure) -> [ProviderSlug] {
    var slugs: [ProviderSlug] = []
    for (index, name) in named.enumerated() {
        guard let provider = known.first(where: { $0.slug == name }) else {
            let slugs = known.map(\.slug).joined(separator: ", ")
            throw .invalid("providers[\(index)]", "must be one of \(slugs)")
        }
        guard provider.enabled else { throw .inactive("The provider \(provider.displayName)") }
        slugs.append(try ProviderSlug(name))
    }
    return slugs
}

extension Response {
    fileprivate static func run(_ run: HealthRun, _ message: String, status: Int = 200) -> Response {
        .success(message, status: status, meta: { $0.field("progress_url", address + run.id.text) }, run)
    }
}

extension HealthRun: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.field("id", id.text)
            $0.field("status", status.rawValue)
            $0.field("total", total)
            $0.field("done", done)
            $0.field("results", array: items)
            $0.field("created_at", createdAt.iso(.seconds))
            $0.field("finished_at", finishedAt?.iso(.seconds))
        }
    }
}

extension HealthRunItem: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.field("provider", provider)
            $0.field("state", state.rawValue)
            $0.status(result.status)
            $0.field("response_time", result.responseMilliseconds)
            $0.error(result.errorKind, result.errorMessage)
            $0.field("checked_at", checkedAt?.iso(.seconds))
        }
    }
}

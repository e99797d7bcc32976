import Domain
import HTTP
import JSON
import Store

/// Every provider, in the order in which they are preferred.
@Sendable
func listProfiles(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let page = try request.page(of: "providers")
    let filter = ProviderFilter(
        text: try request.queryText("q"), capability: try request.queryChoice("capability", Capability.self)?.rawValue,
        enabled: try request.queryBool("enabled"))
    return .success("Providers retrieved successfully", try services.store.profiles(filter, page), page)
}

@Sendable
func showProfile(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let profile = try services.store.profile(of: try request.provider())
    return .success("Provider retrieved successfully", etag: profile.tag, profile)
}

/// Changes what the body names. An empty object changes nothing.
@Sendable
func updateProfile(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let slug = try request.provider()
    let change = try ProviderProfileChange(request)
    let versions = try EntityTag.versions(ifMatch: request.header("if-match"))
    guard !change.isEmpty else {
        let current = try services.store.profile(of: slug)
        if let versions, !versions.contains(current.version) { throw .preconditionFailed }
        return .success("Provider updated successfully", etag: current.tag, current)
    }
    return try services.change(request, "provider.update") { (transaction, entry) throws(Failure) in
        let (before, after) = try transaction.changeProfile(
            of: slug, ifVersions: versions, at: request.receivedAt
        ) { _ in change }
        try transaction.reviewAlerts(of: slug, at: request.receivedAt)
        entry.tell(slug) { $0.change(before, after) }
        return .success("Provider updated successfully", etag: after.tag, after)
    }
}

/// Switches a provider on or off: to what the body says or, without one, to what it is not.
@Sendable
func toggleProfile(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let slug = try request.provider()
    var fields = try request.fields(orEmpty: true)
    let wanted = try fields.bool("enabled")
    try fields.finish()
    let versions = try EntityTag.versions(ifMatch: request.header("if-match"))
    return try services.change(request, "provider.toggle") { (transaction, entry) throws(Failure) in
        let (before, after) = try transaction.changeProfile(
            of: slug, ifVersions: versions, at: request.receivedAt
        ) { current in
            var change = ProviderProfileChange()
            let enabled = wanted ?? !current.enabled
            if enabled != current.enabled { change.enabled = enabled }
            return change
        }
        try transaction.reviewAlerts(of: slug, at: request.receivedAt)
        entry.tell(slug) { $0.change(before, after) }
        let message = after.enabled ? "Provider enabled successfully" : "Provider disabled successfully"
        return .success(message, etag: after.tag, after)
    }
}

extension JSONWriter {
    fileprivate mutating func change(_ before: ProviderProfile, _ after: ProviderProfile) {
        field("before", object: { $0.settings(of: before) })
        field("after", object: { $0.settings(of: after) })
    }
}

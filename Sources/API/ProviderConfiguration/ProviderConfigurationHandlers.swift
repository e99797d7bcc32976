import Domain
import HTTP
import JSON
import Store

@Sendable
func showConfiguration(_ request: Request, _ services: Services) throws(Failure) -> Response {
    .configuration(try services.store.configuration(of: try request.provider()))
}

/// Changes what the body names and answers with the whole configuration. An empty object changes nothing.
@Sendable
func updateConfiguration(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let slug = try request.provider()
    let change = try ProviderConfigurationChange(request)
    let versions = try EntityTag.versions(ifMatch: request.header("if-match"))
    guard !change.isEmpty else {
        let current = try services.store.configuration(of: slug)
        if let versions, !versions.contains(current.version) { throw .preconditionFailed }
        return .configuration(current)
    }
    return try services.change(request, "provider.configure") { (transaction, entry) throws(Failure) in
        let (before, after) = try transaction.configure(slug, change, ifVersions: versions, at: request.receivedAt)
        // Its threshold may be another one, or it may be switched off.
        try transaction.reviewAlerts(of: slug, at: request.receivedAt)
        entry.subject = slug.text
        entry.provider = slug.text
        entry.details = JSONWriter.text {
            $0.field("before", object: { $0.audited(before) })
            $0.field("after", object: { $0.audited(after) })
        }
        return .configuration(after)
    }
}

extension Response {
    fileprivate static func configuration(_ configuration: ProviderConfiguration) -> Response {
        .data(etag: configuration.tag.text) { $0.configuration(configuration) }
    }
}

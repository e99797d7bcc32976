import Domain
import HTTP
import JSON
import Providers
import Store

/// The credentials of a provider, masked, the newest first. Those of owners are there too, so that an administrator
/// can switch a leaked one off; what they are for is their owners' business.
@Sendable
func listCredentials(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let slug = try request.provider()
    let page = try request.page(of: "credentials")
    var environment: EnvironmentName?
    if let text = request.query["environment"] { environment = try EnvironmentName(text) }
    let records = try services.store.credentialRecords(
        of: slug, environment: environment, isActive: try request.queryBool("is_active"),
        owner: try request.queryText("owner", length: 1...300), text: try request.queryText("q"), page)
    return .success("Credentials retrieved successfully", records, page)
}

/// Stores one more credential, on demand only after the provider has accepted it.
@Sendable
func addCredential(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let slug = try request.provider()
    let provider = try services.store.provider(slug)
    let body = try CredentialBody(request, for: slug, isNew: true)
    guard let credentials = body.credentials else { throw .invalid("credentials", "is required") }
    try services.installation.providers.check(credentials, for: slug.text)
    var finding: HealthFinding?
    if body.test { finding = try services.accept(credentials, by: provider, request, "credential.add") }
    return try services.change(request, "credential.add") { (transaction, entry) throws(Failure) in
        let now = Timestamp.now()
        let record = try transaction.addCredential(
            NewCredential(credentials, for: slug), to: slug, body.change, proved: finding != nil, at: now)
        if let finding { try transaction.recordHealth(of: slug, finding, at: now) }
        try transaction.reviewAlerts(of: slug, at: now)
        entry.tell(slug, subject: record.id.text) { $0.field("after", object: { $0.audited(record) }) }
        return .success("Credential added successfully", status: 201, etag: record.tag, record)
    }
}

/// Changes what the body names. An empty object changes nothing.
@Sendable
func updateCredential(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let slug = try request.provider()
    let provider = try services.store.provider(slug)
    let id: ID<Credential> = try request.id("id", of: "Credential")
    let current = try services.store.credentialRecord(id, of: slug)
    let body = try CredentialBody(request, for: slug, isNew: false)
    let versions = try EntityTag.versions(ifMatch: request.header("if-match"))
    if let versions, !versions.contains(current.version) { throw .preconditionFailed }
    guard !body.isEmpty || body.test else {
        return .success("Credential updated successfully", etag: current.tag, current)
    }
    if body.test, body.credentials == nil {
        throw .invalid("test", "can only be true together with credentials; the test route tries stored ones")
    }
    // Before a provider is asked about what will not be stored.
    if let owner = current.owner, body.credentials != nil { throw .notTheInstallations(owner) }
    var finding: HealthFinding?
    if let credentials = body.credentials { try services.installation.providers.check(credentials, for: slug.text) }
    if body.test, let credentials = body.credentials {
        finding = try services.accept(credentials, by: provider, request, "credential.update", id.text)
    }
    return try services.change(request, "credential.update") { (transaction, entry) throws(Failure) in
        let now = Timestamp.now()
        let (before, after) = try transaction.changeCredential(
            id, of: slug, body.change, secret: body.credentials.map { NewCredential($0, for: slug) },
            proved: finding != nil,
            ifVersions: versions, at: now)
        if let finding { try transaction.recordHealth(of: slug, finding, at: now) }
        try transaction.reviewAlerts(of: slug, at: now)
        entry.tell(slug, subject: id.text) {
            $0.field("before", object: { $0.audited(before) })
            $0.field("after", object: { $0.audited(after) })
            $0.field("newSecret", body.credentials != nil)
        }
        return .success("Credential updated successfully", etag: after.tag, after)
    }
}

@Sendable
func deleteCredential(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let slug = try request.provider()
    let id: ID<Credential> = try request.id("id", of: "Credential")
    let versions = try EntityTag.versions(ifMatch: request.header("if-match"))
    return try services.change(request, "credential.delete") { (transaction, entry) throws(Failure) in
        let record = try transaction.deleteCredential(id, of: slug, ifVersions: versions)
        try transaction.reviewAlerts(of: slug, at: .now())
        entry.tell(slug, subject: id.text) { $0.field("before", object: { $0.audited(record) }) }
        return .success("Credential deleted successfully", DeletedCredential(id: id))
    }
}

private struct DeletedCredential: JSONWritable {
    let id: ID<Credential>

    func write(to json: inout JSONWriter) {
        json.object {
            $0.field("id", id.text)
            $0.field("deleted", true)
        }
    }
}

extension Services {
    /// Asks the provider about a credential that is not stored yet; throws unless it accepts it.
    fileprivate func accept(
        _ credentials: Credentials, by provider: ProviderRecord, _ request: Request, _ action: String,
        _ subject: String? = nil
    ) throws(Failure) -> HealthFinding {
        guard try store.mayBeAsked(provider) else { throw .inactive("The provider \(provider.displayName)") }
        guard Adapters.canCall(provider.slug) else {
            throw .conflict("\(provider.displayName) cannot be called by this version")
        }
        let (failure, milliseconds) = try upstream { (client) throws(Failure) in
            try HealthProbe.attempt(client, provider.limited(toMilliseconds: testMilliseconds), credentials)
        }
        if let failure {
            try recordFailure(.upstream(failure), of: request, action) { (_, entry) throws(Failure) in
                entry.subject = subject ?? provider.slug
                entry.provider = provider.slug
            }
            guard failure.kind == .invalidCredential else { throw .upstream(failure) }
            throw .invalid("credentials", "was refused by \(provider.displayName)")
        }
        return HealthFinding(nil, of: provider.displayName, after: milliseconds, reason: .key)
    }
}

extension NewCredential {
    /// What may be shown of a configuration stands beside it, as contract 5 stores it.
    fileprivate init(_ credentials: Credentials, for slug: ProviderSlug) {
        self.init(
            secret: credentials.serialized(), type: credentials.type, hint: credentials.hint,
            metadata: credentials.shown(for: slug.text))
    }
}

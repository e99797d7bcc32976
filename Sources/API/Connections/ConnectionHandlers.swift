import Domain
import HTTP
import JSON
import Providers
import Store

@Sendable
func listConnections(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let connections = try services.store.connections(of: try request.authenticated().owner)
    return .json(
        JSONWriter.object {
            $0.field("success", true)
            $0.field("data", array: connections)
            $0.field("count", connections.count)
        })
}

@Sendable
func showConnection(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let owner = try request.authenticated().owner
    return .connection(try services.store.connection(try request.id("id", of: "AI provider"), of: owner))
}

/// Proves the credential with a real call, then stores it. Makes the owner's connection (201) or changes it (200).
@Sendable
func createConnection(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let body = try CreateConnectionBody(request)
    let owner = try request.authenticated().owner
    let slug = try ProviderSlug(body.adapter.slug)
    let provider = try services.store.provider(slug)
    try services.prove(body.credentials, provider, request, "connection.configure")
    return try services.change(request, "connection.configure") { (transaction, entry) throws(Failure) in
        let former = try transaction.formerConnection(to: slug, of: owner)
        let (connection, isNew) = try transaction.configure(
            slug, for: owner, with: NewCredential(body.credentials), settings: body.settings,
            defaultModel: provider.defaultModel ?? "", at: request.receivedAt)
        entry.describe(connection, after: former, slug, newCredential: true)
        return isNew
            ? .connection(connection, status: 201, message: "AI provider configured successfully")
            : .connection(connection, message: "AI provider updated successfully")
    }
}

/// Changes what the body names; new credentials are proved first. An empty object changes nothing.
@Sendable
func updateConnection(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let body = try UpdateConnectionBody(request)
    let owner = try request.authenticated().owner
    let id: ID<Connection> = try request.id("id", of: "AI provider")
    let versions = try EntityTag.versions(ifMatch: request.header("if-match"))
    // Before anything is spent: the connection is there and is the one that the caller has seen.
    let current = try services.store.connection(id, of: owner)
    if let versions, !versions.contains(current.version) { throw .preconditionFailed }
    guard !body.isEmpty else { return .connection(current, message: "AI provider updated successfully") }
    let slug = try ProviderSlug(try Adapters.named(current.providerName).slug)
    var credential: NewCredential?
    if let object = body.credentials {
        let credentials = try Credentials.parse(slug.text, object)
        try services.prove(credentials, try services.store.provider(slug), request, "connection.update", id.text)
        credential = NewCredential(credentials)
    }
    return try services.change(request, "connection.update") { (transaction, entry) throws(Failure) in
        let former = try transaction.formerConnection(id, of: owner)
        let connection = try transaction.update(
            id, of: owner, ifVersions: versions, credential: credential, settings: body.settings,
            isActive: body.isActive, at: request.receivedAt)
        entry.describe(connection, after: former, slug, newCredential: credential != nil)
        return .connection(connection, message: "AI provider updated successfully")
    }
}

@Sendable
func deleteConnection(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let owner = try request.authenticated().owner
    let id: ID<Connection> = try request.id("id", of: "AI provider")
    let versions = try EntityTag.versions(ifMatch: request.header("if-match"))
    return try services.change(request, "connection.delete") { (transaction, entry) throws(Failure) in
        let former = try transaction.formerConnection(id, of: owner)
        let slug = try transaction.deleteConnection(id, of: owner, ifVersions: versions)
        entry.describe(nil, after: former, slug)
        return .json(
            JSONWriter.object {
                $0.field("success", true)
                $0.field("message", "AI provider deleted successfully")
            })
    }
}

extension Services {
    /// Asks the provider whether it accepts the credential. A refusal is written to the audit log and thrown;
    /// proving a key is not usage.
    fileprivate func prove(
        _ credentials: Credentials, _ provider: ProviderRecord, _ request: Request, _ action: String,
        _ subject: String = ""
    ) throws(Failure) {
        guard provider.enabled else { throw .inactive("The provider \(provider.displayName)") }
        do throws(Failure) {
            try upstream { (client) throws(Failure) in
                try client.validate(
                    credentials, slug: provider.slug, endpoint: provider.endpointURL,
                    authType: provider.authType, timeoutMilliseconds: provider.timeoutMilliseconds)
            }
        } catch {
            try recordFailure(error, of: request, action) { (_, entry) throws(Failure) in
                entry.subject = subject
                entry.provider = provider.slug
            }
            throw error
        }
    }
}

extension NewCredential {
    init(_ credentials: Credentials) {
        self.init(secret: credentials.serialized(), type: credentials.type, hint: credentials.hint)
    }
}

extension AuditEntry {
    /// What the connection was and is, nil where there was none or is none any more; its credential excepted.
    fileprivate mutating func describe(
        _ connection: Connection?, after former: Connection?, _ slug: ProviderSlug, newCredential: Bool = false
    ) {
        subject = (connection ?? former)?.id.text ?? ""
        provider = slug.text
        details = JSONWriter.text {
            $0.field("before", former.map(AuditedConnection.init))
            $0.field("after", connection.map(AuditedConnection.init))
            $0.field("newCredential", newCredential)
        }
    }
}

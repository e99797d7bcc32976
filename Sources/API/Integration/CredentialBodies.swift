import Domain
import HTTP
import JSON
import Providers

/// `POST` and `PUT` below `/api/providers/:provider/credentials`
struct CredentialBody {
    /// Nil where the body has none, which only `PUT` allows.
    let credentials: Credentials?
    let change: CredentialChange
    /// Whether the provider has to accept the credential before it is stored.
    let test: Bool

    init(_ request: Request, for slug: ProviderSlug, isNew: Bool) throws(Failure) {
        var fields = try request.fields()
        let object = try fields.object("credentials")
        if isNew { _ = try fields.required("credentials", object) }
        let type = try fields.string("credential_type", length: 1...50)
        test = try fields.bool("test") ?? false
        change = try CredentialChange(&fields, after: request.receivedAt)
        try fields.finish()
        if let object { credentials = try Credentials.parse(slug.text, object) } else { credentials = nil }
        if change.metadata != nil, Adapters.compute(slug.text) != nil {
            throw .invalid("metadata", "is what may be shown of the configuration and cannot be given")
        }
        guard let type else { return }
        guard let credentials else { throw .invalid("credential_type", "can only be given together with credentials") }
        guard type == credentials.type else {
            throw .invalid("credential_type", "must be \(credentials.type), which is what this provider takes")
        }
    }

    var isEmpty: Bool { credentials == nil && change.isEmpty }
}

extension CredentialChange {
    fileprivate init(_ fields: inout Fields, after now: Timestamp) throws(Failure) {
        self.init()
        name = try fields.optional("name") { (fields) throws(Failure) in try fields.string("name", length: 1...100) }
        if let text = try fields.string("environment", length: 1...50) {
            environment = try EnvironmentName(text).text
        }
        metadata = try fields.jsonObject("metadata")
        uiMetadata = try fields.jsonObject("ui_metadata")
        expiresAt = try fields.optional("expires_at") { (fields) throws(Failure) in try fields.expiry(after: now) }
        isActive = try fields.bool("is_active")
    }
}

extension Fields {
    /// A member that null takes away.
    fileprivate mutating func optional<Value>(
        _ name: String, _ read: (inout Fields) throws(Failure) -> Value?
    ) throws(Failure) -> OptionalChange<Value> {
        guard let value = value(name) else { return .keep }
        guard !value.isNull else { return .remove }
        return try read(&self).map { .set($0) } ?? .keep
    }

    /// A day means its beginning in UTC.
    fileprivate mutating func expiry(after now: Timestamp) throws(Failure) -> Timestamp? {
        guard let text = try string("expires_at", length: 1...40) else { return nil }
        guard let moment = ISODate(text)?.beginning else {
            throw .invalid(path("expires_at"), "must be a time such as 2027-11-26T17:00:00Z")
        }
        guard moment > now else { throw .invalid(path("expires_at"), "must be in the future") }
        return moment
    }
}

extension CredentialRecord: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.field("id", id.text)
            $0.field("provider", provider)
            $0.field("name", name)
            $0.field("credential_type", type)
            // Which fields there are follows from the type; what is in them is never told.
            $0.field("credentials") {
                $0.key(escaping: ["api_key": "apiKey", "base_url": "baseUrl"][type] ?? type)
                $0.string(Secret.mask)
            }
            $0.field("hint", hint)
            $0.field("owner", owner)
            $0.properties(of: self)
            $0.field("last_used_at", lastUsedAt?.iso(.seconds))
            $0.field("created_at", createdAt.iso(.seconds))
            $0.field("updated_at", updatedAt.iso(.seconds))
        }
    }

    var tag: EntityTag { EntityTag(version: version, of: self) }
}

extension JSONWriter {
    fileprivate mutating func properties(of record: CredentialRecord) {
        field("environment", record.environment)
        key("metadata")
        raw(record.metadata)
        key("ui_metadata")
        raw(record.uiMetadata)
        field("state", record.state.rawValue)
        field("is_active", record.isActive)
        field("expires_at", record.expiresAt?.iso(.seconds))
    }

    /// What an audit row says about a credential: which one it is, by what does not tell it.
    mutating func audited(_ record: CredentialRecord) {
        field("name", record.name)
        field("type", record.type)
        field("hint", record.hint)
        properties(of: record)
        field("version", record.version)
    }
}

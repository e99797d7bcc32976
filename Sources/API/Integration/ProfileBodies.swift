import Domain
import HTTP
import JSON

/// How large an object of a panel may be, in octets of JSON.
private let objectOctets = 8_192

extension ProviderProfileChange {
    /// `PUT /api/providers/:provider`: what is left out stays as it is. The endpoint is not among it: whoever could
    /// change it through HTTP could have every stored key sent to an address of his own.
    init(_ request: Request) throws(Failure) {
        self.init()
        var fields = try request.fields()
        enabled = try fields.bool("enabled")
        priority = try fields.int("priority", in: 1...Int(Int32.max))
        timeoutMilliseconds = try fields.int("timeout", in: 100...600_000)
        defaultModel = try fields.string("default_model", length: 1...200)
        capabilities = try fields.capabilities()
        preferences = try fields.jsonObject("ui_preferences")
        try fields.finish()
    }
}

extension Fields {
    /// An object that is kept as it is, as its text.
    mutating func jsonObject(_ name: String) throws(Failure) -> String? {
        guard let object = try object(name) else { return nil }
        let text = JSONWriter.text(of: object)
        guard text.count <= objectOctets else {
            throw .invalid(path(name), "must not be larger than \(objectOctets) bytes")
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// In the order of the vocabulary, whatever the order of the list.
    fileprivate mutating func capabilities() throws(Failure) -> [String]? {
        guard let value = value("capabilities") else { return nil }
        let known = Capability.allCases.map(\.rawValue)
        guard let elements = value.array, elements.count <= known.count else {
            throw .invalid(path("capabilities"), "must be a list of capabilities")
        }
        var named: Set<String> = []
        for (index, element) in elements.enumerated() {
            let place = path("capabilities[\(index)]")
            guard let word = element.string, known.contains(word) else {
                throw .invalid(place, "must be one of " + known.joined(separator: ", "))
            }
            guard named.insert(word).inserted else { throw .invalid(place, "stands twice in the list") }
        }
        return known.filter(named.contains)
    }
}

extension ProviderProfile: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.field("id", id)
            $0.field("provider", slug)
            $0.field("display_name", displayName)
            $0.field("kind", kind)
            $0.field("auth_type", authType)
            // One word for a panel: what keeps it from being called, or how it answers.
            $0.field("status", enabled ? health?.rawValue ?? "unknown" : "disabled")
            $0.settings(of: self)
            $0.field("usage_count", usageCount)
            $0.field("last_health_check", lastHealthCheck?.iso(.seconds))
            $0.field("health_status", health?.rawValue ?? "unknown")
            $0.field("credentials_count", credentials)
            $0.field("has_credentials", usableCredentials > 0)
            $0.field("models_count", models)
            $0.field("created_at", createdAt.iso(.seconds))
            $0.field("updated_at", updatedAt.iso(.seconds))
        }
    }

    var tag: EntityTag { EntityTag(version: version, of: self) }
}

extension JSONWriter {
    /// The part that administrators change, for the audit log too.
    mutating func settings(of profile: ProviderProfile) {
        field("enabled", profile.enabled)
        field("priority", profile.priority)
        field("timeout", profile.timeoutMilliseconds)
        field("default_model", profile.defaultModel)
        field("capabilities", array: profile.capabilities)
        key("ui_preferences")
        raw(profile.preferences)
    }
}

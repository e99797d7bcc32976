import Domain
import HTTP
import JSON
import Providers

/// `POST /api/v1/ai/providers`
struct CreateConnectionBody {
    let adapter: any LanguageAdapter
    let credentials: Credentials
    let settings: ModelSettingsChange

    init(_ request: Request) throws(Failure) {
        var fields = try request.fields()
        let name = try fields.required("provider", fields.string("provider", length: 1...100))
        let adapter = try Adapters.named(name)
        let credentials = try fields.required("credentials", fields.object("credentials"))
        settings = try ModelSettingsChange(fields.object("modelConfig"))
        try fields.finish()
        self.adapter = adapter
        self.credentials = try Credentials.parse(adapter.slug, credentials)
    }
}

/// `PUT /api/v1/ai/providers/:id`: what is left out stays as it is.
struct UpdateConnectionBody {
    /// Still unparsed: which fields it must have depends on the connection's provider.
    let credentials: JSONObject?
    let settings: ModelSettingsChange
    let isActive: Bool?

    init(_ request: Request) throws(Failure) {
        var fields = try request.fields()
        credentials = try fields.object("credentials")
        settings = try ModelSettingsChange(fields.object("modelConfig"))
        isActive = try fields.bool("isActive")
        try fields.finish()
    }

    var isEmpty: Bool { credentials == nil && settings.isEmpty && isActive == nil }
}

/// `POST /api/v1/ai/providers/:id/test`
struct TestConnectionBody {
    let message: String
    let maxTokens: Int

    init(_ request: Request) throws(Failure) {
        var fields = try request.fields(orEmpty: true)
        message = try fields.string("message", length: 1...32_768) ?? "Hello, this is a test message."
        maxTokens = try fields.int("maxTokens", in: 1...1_000_000) ?? 50
        try fields.finish()
    }
}

extension ModelSettingsChange {
    /// Contract 1's `modelConfig`.
    init(_ object: JSONObject?) throws(Failure) {
        self.init()
        guard let object else { return }
        var fields = Fields(object, in: "modelConfig")
        if let name = try fields.string("model", length: 1...200) {
            model = try ModelName(name, field: fields.path("model")).text
        }
        temperature = try fields.decimal("temperature", in: 0...2)
        maxTokens = try fields.int("maxTokens", in: 1...1_000_000)
        topP = try fields.decimal("topP", in: 0...1)
        frequencyPenalty = try fields.decimal("frequencyPenalty", in: -2...2)
        presencePenalty = try fields.decimal("presencePenalty", in: -2...2)
        try fields.finish()
    }
}

extension Connection: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.field("id", id.text)
            $0.field("provider", providerName)
            $0.field("isActive", isActive)
            $0.field("modelConfig", object: { $0.modelConfig(settings) })
            $0.field("usageCount", usageCount)
            $0.field("totalTokens", totalTokens)
            $0.field("totalCost", number: totalCost.text)
            $0.field("lastUsedAt", lastUsedAt, .milliseconds)
            $0.field("createdAt", createdAt, .milliseconds)
            $0.field("updatedAt", updatedAt, .milliseconds)
        }
    }

    /// Changes with everything that the representation shows; its first part with the configuration only.
    var tag: EntityTag { EntityTag(version: version, rest: "\(usageCount)\(isActive ? "" : "x")") }
}

/// A connection as the audit log shows it: what an owner decides, without what its use counts.
struct AuditedConnection: JSONWritable {
    let connection: Connection

    func write(to json: inout JSONWriter) {
        json.object {
            $0.field("isActive", connection.isActive)
            $0.field("modelConfig", object: { $0.modelConfig(connection.settings) })
            $0.field("version", connection.version)
        }
    }
}

extension JSONWriter {
    /// The settings that are set, in the contract's order.
    fileprivate mutating func modelConfig(_ settings: ModelSettings) {
        field("model", settings.model)
        if let temperature = settings.temperature { field("temperature", number: temperature.text) }
        if let maxTokens = settings.maxTokens { field("maxTokens", maxTokens) }
        if let topP = settings.topP { field("topP", number: topP.text) }
        if let penalty = settings.frequencyPenalty { field("frequencyPenalty", number: penalty.text) }
        if let penalty = settings.presencePenalty { field("presencePenalty", number: penalty.text) }
    }
}

extension Response {
    /// Contract 1's envelope around one connection.
    static func connection(_ connection: Connection, status: Int = 200, message: String? = nil) -> Response {
        let body = JSONWriter.object {
            $0.field("success", true)
            $0.fieldIfPresent("message", message)
            $0.field("data", connection)
        }
        return .json(body, status: status, etag: connection.tag.text)
    }
}

import Crypto
import Domain
import HTTP
import JSON
import Providers

/// The largest number that a column of type `integer` holds.
private let largestInteger = Int(Int32.max)

extension ProviderConfigurationChange {
    /// `PUT …/config`: what is left out stays as it is.
    init(_ request: Request) throws(Failure) {
        self.init()
        var fields = try request.fields()
        enabled = try fields.bool("enabled")
        priority = try fields.int("priority", in: 1...largestInteger)
        try readLimits(fields.object("rateLimit"))
        timeoutMilliseconds = try fields.int("timeout", in: 100...600_000)
        try readRetries(fields.object("retryPolicy"))
        models = try fields.models()
        activeModel = try fields.string("activeModel", length: 1...200)
        lowBalanceThreshold = try fields.decimal("lowBalanceThreshold", in: 0...999_999_999_999_999)
        currency = try fields.currency()
        try fields.finish()
    }

    private mutating func readLimits(_ object: JSONObject?) throws(Failure) {
        guard let object else { return }
        var fields = Fields(object, in: "rateLimit")
        requestsPerMinute = try fields.limit("requestsPerMinute")
        requestsPerHour = try fields.limit("requestsPerHour")
        requestsPerDay = try fields.limit("requestsPerDay")
        try fields.finish()
    }

    private mutating func readRetries(_ object: JSONObject?) throws(Failure) {
        guard let object else { return }
        var fields = Fields(object, in: "retryPolicy")
        maxRetries = try fields.int("maxRetries", in: 0...10)
        retryDelayMilliseconds = try fields.int("retryDelay", in: 1...600_000)
        try fields.finish()
    }
}

extension Fields {
    /// A limit that is null is lifted.
    fileprivate mutating func limit(_ name: String) throws(Failure) -> LimitChange {
        guard let value = value(name) else { return .keep }
        guard !value.isNull else { return .lift }
        return try int(name, in: 1...largestInteger).map { .set($0) } ?? .keep
    }

    /// Names of models, each once.
    fileprivate mutating func models() throws(Failure) -> [String]? {
        guard let value = value("models") else { return nil }
        guard let elements = value.array, elements.count <= 1_000 else {
            throw .invalid(path("models"), "must be a list of at most 1000 names of models")
        }
        var names: [String] = []
        var seen: Set<String> = []
        for (index, element) in elements.enumerated() {
            let place = path("models[\(index)]")
            guard let name = element.string, 1...200 ~= name.unicodeScalars.count else {
                throw .invalid(place, "must be the name of a model")
            }
            guard seen.insert(name).inserted else { throw .invalid(place, "stands twice in the list") }
            names.append(name)
        }
        return names
    }

    fileprivate mutating func currency() throws(Failure) -> String? {
        guard let text = try string("currency", length: 1...10) else { return nil }
        guard let currency = Currency(text) else {
            throw .invalid(path("currency"), "must be a currency code of ISO 4217, such as USD")
        }
        return currency.code
    }
}

/// `PUT …/api-key`
struct APIKeyBody {
    let credentials: Credentials
    let testConnection: Bool
    /// When the key ends by itself, nil for one that does not.
    let expiresAt: Timestamp?

    init(_ request: Request, for slug: ProviderSlug) throws(Failure) {
        var fields = try request.fields()
        let key = try fields.required("apiKey", fields.value("apiKey"))
        testConnection = try fields.bool("testConnection") ?? true
        expiresAt = try fields.expiry(after: request.receivedAt)
        try fields.finish()
        credentials = try Credentials.key(key, for: slug.text, field: "apiKey")
    }
}

extension Fields {
    /// A day means its beginning in UTC.
    fileprivate mutating func expiry(after now: Timestamp) throws(Failure) -> Timestamp? {
        guard let text = try string("expiresAt", length: 1...40) else { return nil }
        guard let moment = ISODate(text).map(\.beginning) else {
            throw .invalid(path("expiresAt"), "must be a time such as 2027-11-26T17:00:00Z")
        }
        guard moment > now else { throw .invalid(path("expiresAt"), "must be in the future") }
        return moment
    }
}

extension ProviderConfiguration {
    /// Changes with everything that the representation shows; its first part is the version.
    var tag: EntityTag {
        let digest = Digest.sha256(JSONWriter.object { $0.configuration(self) })
        return EntityTag(version: version, rest: digest.prefix(6).map { String($0, radix: 16) }.joined(separator: "."))
    }
}

extension JSONWriter {
    /// The contract's configuration. A limit that is null does not limit.
    mutating func configuration(_ configuration: ProviderConfiguration) {
        field("provider", configuration.provider)
        field("apiKey", configuration.hasKey ? Secret.mask : nil)
        settings(of: configuration)
    }

    /// The part that administrators change with `PUT …/config`, for the audit log too.
    private mutating func settings(of configuration: ProviderConfiguration) {
        field("enabled", configuration.enabled)
        field("priority", configuration.priority)
        field(
            "rateLimit",
            object: {
                $0.field("requestsPerMinute", configuration.requestsPerMinute)
                $0.field("requestsPerHour", configuration.requestsPerHour)
                $0.field("requestsPerDay", configuration.requestsPerDay)
            })
        field("timeout", configuration.timeoutMilliseconds)
        field(
            "retryPolicy",
            object: {
                $0.field("maxRetries", configuration.maxRetries)
                $0.field("retryDelay", configuration.retryDelayMilliseconds)
            })
        field("models", array: configuration.models)
        field("activeModel", configuration.activeModel)
    }

    /// What an audit row says about a configuration: with what the contract's answer leaves out.
    mutating func audited(_ configuration: ProviderConfiguration) {
        settings(of: configuration)
        field("lowBalanceThreshold", number: configuration.lowBalanceThreshold.text)
        field("currency", configuration.currency)
        field("version", configuration.version)
    }
}

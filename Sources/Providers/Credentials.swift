import Domain
import JSON
import Outbound

/// What a language provider asks for before it answers.
package enum Credentials: Sendable, Equatable {
    /// A key that travels in a header.
    case apiKey(Secret)
    /// Ollama has no key: whoever knows where it listens may use it.
    case baseURL(HTTPURL)
    /// The configuration of a compute provider, which has a field or more that is secret.
    case config(ComputeConfiguration)

    /// The longest value of a field, in octets.
    package static let maxOctets = 4_096

    /// Reads the `credentials` object of a request for the provider with this slug.
    ///
    /// Throws `.invalid` with every problem of every field, named as `credentials.apiKey`.
    package static func parse(_ provider: String, _ object: JSONObject) throws(Failure) -> Credentials {
        if let adapter = Adapters.compute(provider) {
            if let reason = adapter.unsupported { throw .invalid("provider", reason) }
            return .config(try ComputeConfiguration.parse(object, for: adapter, in: "credentials"))
        }
        let field = CredentialField(provider: provider)
        var problems = object.members.filter { $0.name != field.rawValue }
            .map { FieldProblem("credentials.\($0.name.prefix(64))", "is not known") }
        do throws(CredentialProblem) {
            let credentials = try field.read(object[field.rawValue])
            if problems.isEmpty { return credentials }
        } catch {
            problems.append(FieldProblem("credentials.\(field.rawValue)", error.reason))
        }
        throw .invalid(problems)
    }

    /// Reads a key that stands by itself in a request, for the provider with this slug.
    ///
    /// Throws `.invalid` for `name`, also when the provider takes an address instead of a key.
    package static func key(_ value: JSONValue, for provider: String, field name: String) throws(Failure) -> Credentials
    {
        guard Adapters.compute(provider) == nil else {
            throw .invalid(name, "is not what this provider takes: it has a configuration of several fields")
        }
        let field = CredentialField(provider: provider)
        guard field == .apiKey else {
            throw .invalid(name, "is not what this provider takes: it is reached by its address, without a key")
        }
        do throws(CredentialProblem) {
            return try field.read(value)
        } catch {
            throw .invalid(name, error.reason)
        }
    }

    /// Reads back what `serialized` wrote; `.defect` when it is anything else.
    package init(serialized: Secret) throws(Failure) {
        guard case .object(let object)? = try? JSONParser.parse(serialized.expose()), object.members.count == 1,
            let member = object.members.first
        else { throw .defect("stored credentials are not in the format they were stored in") }
        if member.name == "config", let configuration = member.value.object.flatMap(ComputeConfiguration.init) {
            self = .config(configuration)
            return
        }
        guard let field = CredentialField(rawValue: member.name) else {
            throw .defect("stored credentials are not in the format they were stored in")
        }
        do throws(CredentialProblem) {
            self = try field.read(member.value)
        } catch {
            throw .defect("stored credentials are not acceptable: \(field.rawValue) \(error.reason)")
        }
    }

    /// JSON text to be sealed.
    package func serialized() -> Secret {
        switch self {
        case .apiKey(let key): Secret(JSONWriter.object { $0.field("apiKey", key.exposeText()) })
        case .baseURL(let url): Secret(JSONWriter.object { $0.field("baseUrl", url.text) })
        case .config(let configuration): Secret(JSONWriter.object { $0.field("config", configuration.object) })
        }
    }

    /// The JSON object of what may be shown of the credential of this provider; nil for a mere key and an address.
    package func shown(for provider: String) -> String? {
        guard case .config(let configuration) = self, let adapter = Adapters.compute(provider) else { return nil }
        return String(decoding: JSONWriter.text(of: configuration.shown(by: adapter)), as: UTF8.self)
    }

    /// How the credential is stored: `api_key`, `base_url` or `config`.
    package var type: String {
        switch self {
        case .apiKey: "api_key"
        case .baseURL: "base_url"
        case .config: "config"
        }
    }

    /// The end of a key for people to tell keys apart; nil for a short key, an address and a configuration.
    package var hint: String? {
        if case .apiKey(let key) = self { key.hint } else { nil }
    }
}

/// Why one field is refused, as a sentence part that follows its name; never with the value.
private struct CredentialProblem: Error {
    let reason: String
}

private enum CredentialField: String {
    case apiKey
    case baseURL = "baseUrl"

    init(provider: String) { self = provider == OllamaAdapter().slug ? .baseURL : .apiKey }

    func read(_ value: JSONValue?) throws(CredentialProblem) -> Credentials {
        guard let value else { throw CredentialProblem(reason: "is required") }
        guard let text = value.string else { throw CredentialProblem(reason: "must be a string") }
        guard !text.isEmpty else { throw CredentialProblem(reason: "must not be empty") }
        guard text != Secret.mask else { throw CredentialProblem(reason: "is the mask of what is stored") }
        guard text.utf8.count <= Credentials.maxOctets else {
            throw CredentialProblem(reason: "must not be longer than 4,096 characters")
        }
        return switch self {
        case .apiKey: try Self.key(text)
        case .baseURL: try Self.url(text)
        }
    }

    /// A space or a line break would end up in a header, where it changes the request.
    private static func key(_ text: String) throws(CredentialProblem) -> Credentials {
        guard text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
            throw CredentialProblem(reason: "must be printable ASCII without spaces")
        }
        return .apiKey(Secret(text))
    }

    private static func url(_ text: String) throws(CredentialProblem) -> Credentials {
        let url: HTTPURL
        do throws(URLProblem) {
            url = try HTTPURL(text)
        } catch {
            throw CredentialProblem(reason: "is not acceptable: " + error.reason)
        }
        guard url.query == nil else { throw CredentialProblem(reason: "must not have a query") }
        return .baseURL(url)
    }
}

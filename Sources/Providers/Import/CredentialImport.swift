import Crypto
import Domain
import JSON
import Outbound

/// A provider as an older installation had it.
package struct ImportedProvider: Sendable, Equatable {
    package let slug: String
    package let endpointURL: String
    package let authType: AuthType?
    package let model: String?
    package let isActive: Bool
}

/// A key of an older installation, opened.
package struct ImportedKey: Sendable, Equatable {
    package let id: ID<Credential>
    package let slug: String
    package let credentials: Credentials
    package let environment: EnvironmentName
    package let isActive: Bool
    package let lastUsedAt: Timestamp?
    package let createdAt: Timestamp
    package let updatedAt: Timestamp
}

/// One row and what is wrong with it.
package struct ImportedRow: Sendable, Equatable {
    package let table: String
    /// Counted from 1.
    package let number: Int
    /// The row's own ID as it was written, or nothing.
    package let id: String
    /// The provider, where it is known.
    package var provider: String?
    package var environment: String?
    /// Sentences without what is in the row, which can be secret.
    package var problems: [String]
}

/// The keys of an installation with the older schema (contract 4), read and checked as a whole.
package struct CredentialImport: Sendable {
    /// The rows of both tables in their order, providers first.
    package private(set) var rows: [ImportedRow] = []
    package private(set) var providers: [ImportedProvider] = []
    /// Together with its row's place in `rows`.
    package private(set) var keys: [(key: ImportedKey, row: Int)] = []

    private var slugs: [String: String] = [:]
    private var names: Set<String> = []
    private var providerIDs: Set<String> = []
    private var keyIDs: Set<ID<Credential>> = []
    private var secrets: Set<[UInt8]> = []

    /// Whether nothing is wrong.
    package var isSound: Bool { rows.allSatisfy(\.problems.isEmpty) }

    private static let providerColumns: Set<String> = [
        "id", "name", "display_name", "endpoint_url", "auth_type", "model_name", "is_active", "created_at",
        "updated_at",
    ]
    private static let keyColumns: Set<String> = [
        "id", "provider_id", "key_value", "environment", "is_active", "last_used_at", "created_at", "updated_at",
    ]

    /// `known` are the providers of this installation; `now` stands for a row's times where they are missing.
    package init(
        providers: ImportTable, keys: ImportTable, key: FernetKey, known: Set<String>, now: Timestamp
    ) {
        for (index, row) in providers.rows.enumerated() { readProvider(row, index + 1, known) }
        for (index, row) in keys.rows.enumerated() { readKey(row, index + 1, key, now) }
    }

    private mutating func readProvider(_ values: ImportTable.Row, _ number: Int, _ known: Set<String>) {
        var row = ImportRow(values, known: Self.providerColumns)
        let id = row.required("id", octets: 50)
        let name = row.required("name", octets: 50)
        _ = row.required("display_name", octets: 100)
        let endpoint = row.required("endpoint_url", octets: 500)
        if !endpoint.isEmpty, (try? HTTPURL(endpoint)) == nil { row.note("endpoint_url is not an http or https URL") }
        let word = row.required("auth_type", octets: 20)
        let authType = AuthType.ofKeys.first { $0.rawValue == word }
        if authType == nil { row.note("auth_type must be bearer, api_key or oauth") }
        if name != name.lowercased() { row.note("name must be lower-case") }
        if !name.isEmpty, !known.contains(name) { row.note("there is no provider of this name here") }
        if !name.isEmpty, !names.insert(name).inserted { row.note("name is there twice") }
        if !id.isEmpty, !providerIDs.insert(id).inserted { row.note("id is there twice") }
        let provider = ImportedProvider(
            slug: name, endpointURL: endpoint, authType: authType, model: row.optional("model_name", octets: 100),
            isActive: row.flag("is_active"))
        _ = row.moment("created_at")
        _ = row.moment("updated_at")
        rows.append(
            ImportedRow(
                table: "api_providers", number: number, id: id, provider: known.contains(name) ? name : nil,
                problems: row.problems))
        slugs[id] = name
        providers.append(provider)
    }

    private mutating func readKey(_ values: ImportTable.Row, _ number: Int, _ fernet: FernetKey, _ now: Timestamp) {
        var row = ImportRow(values, known: Self.keyColumns)
        let id = row.id("id", of: Credential.self)
        let providerID = row.required("provider_id", octets: 50)
        let slug = slugs[providerID]
        if !providerID.isEmpty, slug == nil { row.note("provider_id is not the ID of a row of api_providers") }
        let environment = Self.environment(&row)
        let credentials = slug.flatMap { Self.open(&row, fernet, for: $0) }
        let isActive = row.flag("is_active")
        let created = row.moment("created_at")
        let (updated, used) = (row.moment("updated_at"), row.moment("last_used_at"))
        if slug == nil { _ = Self.open(&row, fernet, for: nil) }
        if let id, !keyIDs.insert(id).inserted { row.note("id is there twice") }
        if let slug, let credentials, let environment {
            let place = Array("\(slug)\n\(environment.text)\n".utf8)
            if !secrets.insert(place + credentials.serialized().expose()).inserted {
                row.note("the same key is there twice for its environment")
            }
        }
        if let id, let slug, let credentials, let environment {
            let key = ImportedKey(
                id: id, slug: slug, credentials: credentials, environment: environment, isActive: isActive,
                lastUsedAt: used, createdAt: created ?? now, updatedAt: updated ?? created ?? now)
            keys.append((key, rows.count))
        }
        rows.append(
            ImportedRow(
                table: "api_keys", number: number, id: values["id"] ?? "", provider: slug,
                environment: environment?.text, problems: row.problems))
    }

    private static func environment(_ row: inout ImportRow) -> EnvironmentName? {
        let text = row.optional("environment", octets: 50) ?? EnvironmentName.standard.text
        guard let environment = try? EnvironmentName(text) else {
            row.note("environment must have 1 to 50 letters, digits, underscores or hyphens")
            return nil
        }
        return environment
    }

    /// The key, when its token opens and holds what can be a key of the provider; with nil, only the token is looked at.
    private static func open(_ row: inout ImportRow, _ fernet: FernetKey, for slug: String?) -> Credentials? {
        let token = row.required("key_value", octets: 1_048_576)
        guard !token.isEmpty else { return nil }
        let bytes: [UInt8]
        do throws(CryptoError) {
            bytes = try fernet.decrypt(token)
        } catch {
            row.note(
                error == .doesNotOpen
                    ? "key_value does not open: another Fernet key made it, or it is damaged"
                    : "key_value is not a Fernet token")
            return nil
        }
        guard let slug else { return nil }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            row.note("key_value holds something that is not text")
            return nil
        }
        do throws(Failure) {
            return try Credentials.key(.string(text), for: slug, field: "key_value")
        } catch {
            row.note("key_value holds something that cannot be a key of this provider")
            return nil
        }
    }
}

import Crypto
import Domain
import Postgres

extension Connection {
    init(row: inout Row) throws(PostgresError) {
        self.init(
            id: try row.next(), providerName: try row.next(), isActive: try row.next(),
            settings: try ModelSettings(row: &row), usageCount: try row.next(), totalTokens: try row.next(),
            totalCost: try row.next(), lastUsedAt: try row.nextOptional(), createdAt: try row.next(),
            updatedAt: try row.next(), version: try row.next())
    }
}

extension ModelSettings {
    init(row: inout Row) throws(PostgresError) {
        self.init(
            model: try row.next(), temperature: try row.nextOptional(), maxTokens: try row.nextOptional(),
            topP: try row.nextOptional(), frequencyPenalty: try row.nextOptional(),
            presencePenalty: try row.nextOptional())
    }
}

extension Store {
    /// The owner's connections, newest first. An owner has at most one for each provider.
    package func connections(of owner: Owner) throws(Failure) -> [Connection] {
        try rows(
            """
            -- Store.connections
            SELECT c.id, p.display_name, c.is_active AND k.is_active, c.model, c.temperature, c.max_tokens, c.top_p,
                   c.frequency_penalty, c.presence_penalty, c.usage_count, c.total_tokens, trim_scale(c.total_cost),
                   c.last_used_at, c.created_at, c.updated_at, c.version
            FROM connections c
            JOIN providers p ON p.id = c.provider_id
            JOIN credentials k ON k.id = c.credential_id
            WHERE c.owner = \(owner)
            ORDER BY c.created_at DESC, c.id DESC
            LIMIT 1000
            """, Connection.init(row:))
    }

    /// Not there, or another owner's: `.notFound`.
    package func connection(_ id: ID<Connection>, of owner: Owner) throws(Failure) -> Connection {
        try one(
            "AI provider",
            """
            -- Store.connection
            SELECT c.id, p.display_name, c.is_active AND k.is_active, c.model, c.temperature, c.max_tokens, c.top_p,
                   c.frequency_penalty, c.presence_penalty, c.usage_count, c.total_tokens, trim_scale(c.total_cost),
                   c.last_used_at, c.created_at, c.updated_at, c.version
            FROM connections c
            JOIN providers p ON p.id = c.provider_id
            JOIN credentials k ON k.id = c.credential_id
            WHERE c.id = \(id) AND c.owner = \(owner)
            """, Connection.init(row:))
    }

    /// What a call through a connection needs, with its credential opened. Not there, or another owner's: `.notFound`.
    package func callTarget(_ id: ID<Connection>, of owner: Owner) throws(Failure) -> CallTarget {
        let (target, sealed) = try one(
            "AI provider",
            """
            -- Store.callTarget
            SELECT c.id, p.slug, p.display_name, p.endpoint_url, p.auth_type, p.enabled, p.timeout_ms, c.is_active,
                   k.is_active OR k.state = 'invalid',
                   c.model, c.temperature, c.max_tokens, c.top_p, c.frequency_penalty, c.presence_penalty,
                   coalesce(array_to_string(m.unsupported_parameters, ','), ''),
                   k.id, k.key_id, k.sealed
            FROM connections c
            JOIN providers p ON p.id = c.provider_id
            JOIN credentials k ON k.id = c.credential_id
            LEFT JOIN models m ON m.provider_id = p.id AND m.name = c.model
            WHERE c.id = \(id) AND c.owner = \(owner)
            """
        ) { (row) throws(PostgresError) in
            let target = try CallTarget(row: &row)
            return (target, SealedBytes(keyID: try row.next(), bytes: try row.next(SQLBytes.self).bytes))
        }
        return target.with(credential: try keys.open(sealed, credential: target.credentialID, owner, target.slug))
    }
}

/// A connection with everything that a call needs.
package struct CallTarget: Sendable {
    package let connectionID: ID<Connection>
    package let slug: String
    package let displayName: String
    package let endpointURL: String
    package let authType: AuthType
    package let providerEnabled: Bool
    package let timeoutMilliseconds: Int
    package let connectionActive: Bool
    /// One that the provider has refused may be tried again; one that somebody switched off may not.
    package let credentialUsable: Bool
    package let settings: ModelSettings
    package let unsupportedParameters: Set<String>
    package let credentialID: ID<Credential>
    /// The serialised credential, open: used for the call and then forgotten.
    package private(set) var credential = Secret("")

    init(row: inout Row) throws(PostgresError) {
        connectionID = try row.next()
        slug = try row.next()
        displayName = try row.next()
        endpointURL = try row.next()
        authType = try AuthType(row: &row)
        providerEnabled = try row.next()
        timeoutMilliseconds = try row.next()
        connectionActive = try row.next()
        credentialUsable = try row.next()
        settings = try ModelSettings(row: &row)
        unsupportedParameters = Set(try row.next(String.self).split(separator: ",").map(String.init))
        credentialID = try row.next()
    }

    func with(credential: Secret) -> CallTarget {
        var copy = self
        copy.credential = credential
        return copy
    }
}

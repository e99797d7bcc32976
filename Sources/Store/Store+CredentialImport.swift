import Crypto
import Domain
import Postgres

/// A key that comes from an older installation with its own ID and times.
package struct ForeignCredential: Sendable {
    package let id: ID<Credential>
    package let slug: ProviderSlug
    package let environment: EnvironmentName
    package let credential: NewCredential
    package let isActive: Bool
    package let lastUsedAt: Timestamp?
    package let createdAt: Timestamp
    package let updatedAt: Timestamp

    package init(
        id: ID<Credential>, slug: ProviderSlug, environment: EnvironmentName, credential: NewCredential, isActive: Bool,
        lastUsedAt: Timestamp?, createdAt: Timestamp, updatedAt: Timestamp
    ) {
        self.id = id
        self.slug = slug
        self.environment = environment
        self.credential = credential
        self.isActive = isActive
        self.lastUsedAt = lastUsedAt
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// What a key of an older installation meets here.
package enum ForeignCredentialFinding: Sendable, Equatable {
    case new
    /// The same key is there for the same provider and environment, perhaps under another ID.
    case present(ID<Credential>)
    /// Its ID belongs to something else.
    case idTaken
}

extension Transaction {
    /// Looks for keys that are there already. Holds the providers, so that nobody adds one meanwhile. In the order of
    /// `credentials`. Unknown provider: `.notFound`.
    package func compare(_ credentials: [ForeignCredential]) throws(Failure) -> [ForeignCredentialFinding] {
        // Always in the same order: two imports must not wait for each other.
        for slug in Set(credentials.map(\.slug.text)).sorted() { try lockProvider(try ProviderSlug(slug)) }
        let own = try ownCredentials(of: Set(credentials.map(\.slug.text)))
        let taken = try takenIDs(credentials.map(\.id))
        return credentials.map { credential in
            let same = own[
                Self.place(credential.slug.text, credential.environment.text, credential.credential.secret)]
            if let same { return .present(same) }
            return taken.contains(credential.id) ? .idTaken : .new
        }
    }

    /// What two equal credentials have in common.
    private static func place(_ slug: String, _ environment: String, _ secret: Secret) -> [UInt8] {
        Array("\(slug)\n\(environment)\n".utf8) + secret.expose()
    }

    private func ownCredentials(of slugs: Set<String>) throws(Failure) -> [[UInt8]: ID<Credential>] {
        let found = try rows(
            """
            -- Store.ownCredentials
            SELECT k.id, p.slug, k.environment, k.key_id, k.sealed
            FROM credentials k
            JOIN providers p ON p.id = k.provider_id
            WHERE k.owner IS NULL AND p.slug = ANY (\(slugs.sorted())::text[])
            LIMIT 100000
            """
        ) { (row) throws(PostgresError) in
            (
                id: try row.next(ID<Credential>.self), slug: try row.next(String.self),
                environment: try row.next(String.self),
                sealed: SealedBytes(keyID: try row.next(), bytes: try row.next(SQLBytes.self).bytes)
            )
        }
        var own: [[UInt8]: ID<Credential>] = [:]
        for one in found {
            let secret = try keys.open(one.sealed, credential: one.id, nil, one.slug)
            own[Self.place(one.slug, one.environment, secret)] = one.id
        }
        return own
    }

    private func takenIDs(_ ids: [ID<Credential>]) throws(Failure) -> Set<ID<Credential>> {
        Set(
            try rows(
                """
                -- Store.takenCredentialIDs
                SELECT id
                FROM credentials
                WHERE id = ANY (\(ids.map(\.text))::uuid[])
                LIMIT \(ids.count)
                """
            ) { (row) throws(PostgresError) in try row.next(ID<Credential>.self) })
    }

    /// Adds a key beside those that are there, sealed anew. It has not been tested here.
    package func add(_ foreign: ForeignCredential) throws(Failure) {
        let sealed = try keys.seal(foreign.credential.secret, credential: foreign.id, nil, foreign.slug.text)
        try execute(
            """
            -- Store.addForeignCredential
            INSERT INTO credentials (id, provider_id, environment, type, sealed, key_id, hint, state, is_active,
                                     last_used_at, created_at, updated_at)
            SELECT \(foreign.id), p.id, \(foreign.environment.text), \(foreign.credential.type),
                   \(SQLBytes(sealed.bytes))::bytea, \(sealed.keyID), \(foreign.credential.hint), 'untested',
                   \(foreign.isActive)::boolean, \(foreign.lastUsedAt)::timestamptz,
                   \(foreign.createdAt)::timestamptz, \(foreign.updatedAt)::timestamptz
            FROM providers p
            WHERE p.slug = \(foreign.slug)
            """)
    }

    /// Switches a provider off; whether it was on. Unknown slug: `.notFound`.
    package func disable(_ slug: ProviderSlug, at now: Timestamp) throws(Failure) -> Bool {
        try lockProvider(slug)
        return try execute(
            """
            -- Store.disableProvider
            UPDATE providers
            SET enabled = false, version = version + 1, updated_at = \(now)::timestamptz
            WHERE slug = \(slug) AND enabled
            """) > 0
    }
}

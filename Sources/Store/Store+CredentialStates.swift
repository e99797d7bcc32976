import Domain
import JSON
import Postgres

extension Transaction {
    /// Writes down what a check says about the credential that it was made with: a refused one is switched off, one
    /// that works is switched on again; outages, limits and money say nothing about it. Either is in the audit log.
    ///
    /// A credential that has been replaced or changed meanwhile, or that somebody switched off by hand, stays as it is,
    /// except that it was used.
    package func settle(
        _ id: ID<Credential>, version: Int? = nil, of slug: ProviderSlug, after finding: HealthFinding,
        at now: Timestamp
    ) throws(Failure) {
        guard finding.succeeded || finding.refusedCredential else { return }
        try settle(id, version: version, of: slug, works: finding.succeeded, at: now)
    }

    func settle(
        _ id: ID<Credential>, version: Int?, of slug: ProviderSlug, works: Bool, at now: Timestamp
    ) throws(Failure) {
        try lockProvider(slug)
        try turn(id, version: version, of: slug, nil, works: works, at: now)
    }

    /// What a call says about an owner's credential: as `settle`.
    func settleOwned(
        _ id: ID<Credential>, of slug: String, _ owner: Owner, works: Bool, at now: Timestamp
    ) throws(Failure) {
        try turn(id, version: nil, of: try ProviderSlug(slug), owner, works: works, at: now)
    }

    /// An installation's credential that was refused stays off when a later one has taken its place. To its owner, that
    /// a credential works is no change of his connection.
    private func turn(
        _ id: ID<Credential>, version: Int?, of slug: ProviderSlug, _ owner: Owner?, works: Bool, at now: Timestamp
    ) throws(Failure) {
        let turned = try rows(
            """
            -- Store.turnCredential
            UPDATE credentials k
            SET state = CASE
                    WHEN NOT former.may_turn THEN k.state
                    WHEN \(works)::boolean THEN 'valid'
                    ELSE 'invalid'
                END,
                is_active = CASE WHEN former.may_turn THEN \(works)::boolean ELSE k.is_active END,
                last_used_at = CASE
                    WHEN \(works)::boolean THEN greatest(k.last_used_at, \(now)::timestamptz)
                    ELSE k.last_used_at
                END,
                updated_at = CASE
                    WHEN former.may_turn AND (k.owner IS NULL OR NOT \(works)::boolean) THEN \(now)::timestamptz
                    ELSE k.updated_at
                END
            FROM (
                SELECT one.id, one.is_active,
                       one.is_active OR one.state = 'invalid' AND (
                           one.owner IS NOT NULL
                           OR NOT EXISTS (
                               SELECT 1
                               FROM credentials later
                               WHERE later.provider_id = one.provider_id AND later.owner IS NULL
                                 AND later.environment = one.environment AND later.is_active
                                 AND later.created_at > one.created_at)) AS may_turn
                FROM credentials one
                WHERE one.id = \(id)
                FOR NO KEY UPDATE
            ) AS former
            WHERE k.id = former.id AND (\(version)::integer IS NULL OR k.version = \(version)::integer)
            RETURNING former.is_active, k.is_active, k.environment, k.hint
            """, TurnedCredential.init(row:))
        for credential in turned { noteTurn(of: id, credential, slug, owner, at: now) }
    }

    private func noteTurn(
        of id: ID<Credential>, _ credential: TurnedCredential, _ slug: ProviderSlug, _ owner: Owner?, at now: Timestamp
    ) {
        guard credential.wasActive != credential.isActive else { return }
        let details = JSONWriter.object {
            $0.field("environment", credential.environment)
            $0.field("hint", credential.hint)
            $0.field("reason", credential.isActive ? "accepted by the provider" : "refused by the provider")
        }
        auditLater(
            AuditEntry(
                actor: "system", owner: owner?.key,
                action: credential.isActive ? "credential.reactivate" : "credential.deactivate", subject: id.text,
                provider: slug.text, remoteAddress: "local", requestID: "",
                details: String(decoding: details, as: UTF8.self)), at: now)
    }
}

/// A credential after a call was made with it.
private struct TurnedCredential {
    let wasActive: Bool
    let isActive: Bool
    let environment: String
    let hint: String?

    init(row: inout Row) throws(PostgresError) {
        wasActive = try row.next()
        isActive = try row.next()
        environment = try row.next()
        hint = try row.nextOptional()
    }
}

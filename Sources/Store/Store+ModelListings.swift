import Domain
import Postgres

extension Store {
    /// When the provider was last asked which models it has; nil for never. Unknown slug: `.notFound`.
    package func modelsListedAt(_ slug: ProviderSlug) throws(Failure) -> Timestamp? {
        try one(
            "Provider",
            """
            -- Store.modelsListedAt
            SELECT models_listed_at
            FROM providers
            WHERE slug = \(slug)
            """
        ) { (row) throws(PostgresError) in try row.nextOptional(Timestamp.self) }
    }
}

extension Transaction {
    /// Notes which models the provider has by its own list. Those that the catalogue does not have are added, switched
    /// off, where it is known what they make. Those that are listed again are no longer retired and, when the list
    /// is complete, those that were listed before are retired.
    package func noteModels(
        _ listings: [ModelListing], isComplete: Bool, of slug: ProviderSlug, at now: Timestamp
    ) throws(Failure) {
        try lockProvider(slug)
        let names = listings.map(\.vendorName)
        if isComplete { try retireModels(except: names, of: slug, at: now) }
        // Retired after it was last listed: by the list, then, and not by an announcement.
        try execute(
            """
            -- Store.noteListedModels
            UPDATE models m
            SET listed_at = \(now)::timestamptz,
                retired_at = CASE
                    WHEN m.retired_at > m.listed_at AND m.retired_at <= \(now)::timestamptz THEN NULL
                    ELSE m.retired_at
                END
            FROM providers p
            WHERE p.slug = \(slug) AND m.provider_id = p.id AND m.name <> '*'
              AND coalesce(m.vendor_name, m.name) = ANY (\(names)::text[])
            """)
        try addModels(listings.filter { $0.kind != nil }, of: slug, at: now)
        try execute(
            """
            -- Store.noteListing
            UPDATE providers
            SET models_listed_at = \(now)::timestamptz
            WHERE slug = \(slug)
            """)
    }

    private func retireModels(
        except names: [String], of slug: ProviderSlug, at now: Timestamp
    ) throws(Failure) {
        try execute(
            """
            -- Store.retireVanishedModels
            UPDATE models m
            SET retired_at = \(now)::timestamptz, updated_at = \(now)::timestamptz
            FROM providers p
            WHERE p.slug = \(slug) AND m.provider_id = p.id AND m.name <> '*' AND m.listed_at IS NOT NULL
              AND coalesce(m.vendor_name, m.name) <> ALL (\(names)::text[])
              AND (m.retired_at IS NULL OR m.retired_at > \(now)::timestamptz)
            """)
    }

    private func addModels(_ listings: [ModelListing], of slug: ProviderSlug, at now: Timestamp) throws(Failure) {
        try execute(
            """
            -- Store.addListedModels
            INSERT INTO models AS m (provider_id, name, display_name, kind, context_tokens, is_active, listed_at)
            SELECT p.id, one.name, one.display_name, one.kind, one.context_tokens, false, \(now)::timestamptz
            FROM providers p
            CROSS JOIN json_to_recordset(\(listings.recordset)::json) AS \(literal: ModelListing.record)
            WHERE p.slug = \(slug)
              AND NOT EXISTS (
                  SELECT 1
                  FROM models known
                  WHERE known.provider_id = p.id AND coalesce(known.vendor_name, known.name) = one.name)
            ORDER BY one.name
            ON CONFLICT (provider_id, name) DO NOTHING
            """)
    }

    /// How much shorter a complete list is than the one before.
    package func loss(of listings: [ModelListing], of slug: ProviderSlug, at now: Timestamp) throws(Failure)
        -> ListingLoss
    {
        try one(
            "Provider",
            """
            -- Store.listingLoss
            SELECT count(*), count(*) FILTER (
                       WHERE coalesce(m.vendor_name, m.name) <> ALL (\(listings.map(\.vendorName))::text[]))
            FROM models m
            JOIN providers p ON p.id = m.provider_id
            WHERE p.slug = \(slug) AND m.name <> '*' AND m.listed_at IS NOT NULL
              AND (m.retired_at IS NULL OR m.retired_at > \(now)::timestamptz)
            """
        ) { (row) throws(PostgresError) in ListingLoss(known: try row.next(), lost: try row.next()) }
    }
}

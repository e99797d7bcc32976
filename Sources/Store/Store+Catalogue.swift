import Domain
import Postgres

extension Transaction {
    /// Brings models up to date and adds price versions that are not there yet. A version that is there is never
    /// changed: a correction is a version of its own. Returns how many versions are new. Unknown provider: `.notFound`.
    package func load(_ entries: [CatalogueEntry]) throws(Failure) -> Int {
        var added = 0
        for entry in entries {
            let model = try one(
                "Provider \(entry.provider)",
                """
                -- Store.loadModel
                INSERT INTO models AS m (provider_id, name, display_name, kind, context_tokens,
                                         unsupported_parameters, retired_at)
                SELECT p.id, \(entry.model), \(entry.displayName), \(entry.kind), \(entry.contextTokens)::integer,
                       \(entry.unsupportedParameters)::text[], \(entry.retiredAt)::timestamptz
                FROM providers p
                WHERE p.slug = \(entry.provider)
                ON CONFLICT (provider_id, name) DO UPDATE
                SET display_name = excluded.display_name, kind = excluded.kind,
                    context_tokens = excluded.context_tokens,
                    unsupported_parameters = excluded.unsupported_parameters,
                    retired_at = excluded.retired_at, updated_at = now()
                RETURNING id
                """
            ) { (row) throws(PostgresError) in try row.next(Int.self) }
            added += try execute(
                """
                -- Store.loadPrice
                INSERT INTO prices (model_id, effective_from, currency, input, output, cached_input, cache_write,
                                    above_tokens, above_input, above_output, per_image, source)
                VALUES (\(model), \(entry.effectiveFrom), \(entry.currency), \(entry.input), \(entry.output),
                        \(entry.cachedInput), \(entry.cacheWrite), \(entry.aboveTokens), \(entry.aboveInput),
                        \(entry.aboveOutput), \(entry.perImage), \(entry.source))
                ON CONFLICT (model_id, effective_from) DO NOTHING
                """)
        }
        return added
    }
}

import Domain
import Postgres

extension Transaction {
    /// Brings models up to date and adds price versions that are not there yet. A version that is there is never
    /// changed: a correction is a version of its own. Returns how many versions are new. Unknown provider: `.notFound`.
    package func load(_ rows: [CatalogueRow]) throws(Failure) -> Int {
        var added = 0
        for row in rows {
            let model = try one(
                "Provider \(row.provider)",
                """
                -- Store.loadModel
                INSERT INTO models AS m (provider_id, name, display_name, kind, context_tokens,
                                         unsupported_parameters, retired_at)
                SELECT p.id, \(row.model), \(row.displayName), \(row.kind.rawValue), \(row.contextTokens)::integer,
                       \(row.unsupportedParameters.map(\.rawValue))::text[], \(row.retiredAt?.text)::timestamptz
                FROM providers p
                WHERE p.slug = \(row.provider)
                ON CONFLICT (provider_id, name) DO UPDATE
                SET display_name = excluded.display_name, kind = excluded.kind,
                    context_tokens = excluded.context_tokens,
                    unsupported_parameters = excluded.unsupported_parameters,
                    retired_at = excluded.retired_at, updated_at = now()
                RETURNING id
                """
            ) { (result) throws(PostgresError) in try result.next(Int.self) }
            added += try execute(
                """
                -- Store.loadPrice
                INSERT INTO prices (model_id, effective_from, currency, input, output, cached_input, cache_write,
                                    above_tokens, above_input, above_output, per_generation, source)
                VALUES (\(model), \(row.effectiveFrom.text)::timestamptz, \(row.currency), \(row.input), \(row.output),
                        \(row.cachedInput), \(row.cacheWrite), \(row.longContext?.aboveTokens), \(row.longContext?.input),
                        \(row.longContext?.output), \(row.perGeneration), \(row.source))
                ON CONFLICT (model_id, effective_from) DO NOTHING
                """)
        }
        return added
    }
}

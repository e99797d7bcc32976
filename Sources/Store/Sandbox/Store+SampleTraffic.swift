import Domain
import Postgres
import Sandbox

extension Transaction {
    /// Rows of one COPY.
    private static var pieceRows: Int { 20_000 }

    /// Makes the months of the plan's period in `requests` and `request_payloads`.
    package func makeSampleMonths(_ plan: SamplePlan) throws(Failure) {
        _ = try rows(
            """
            -- Store.makeSampleMonths
            SELECT create_request_partitions(\(plan.start)::timestamptz, \(plan.days / 28 + 3)::integer)
            """
        ) { (row) throws(PostgresError) in try row.next(Int.self) }
    }

    /// Loads requests and payloads; `progress` is told how many requests there are now. The trigger that notes what is
    /// not posted yet rests meanwhile, so that nobody else writes requests until the end of the transaction:
    /// `accountSampleTraffic` adds up what was loaded in one go.
    package func load(_ traffic: inout SampleTraffic, progress: (Int) -> Void) throws(Failure) {
        do throws(PostgresError) {
            try session.script("SET LOCAL work_mem = '256MB'; ALTER TABLE requests DISABLE TRIGGER requests_inserted")
            var count = 0
            while let piece = traffic.piece(rows: Self.pieceRows) {
                try copy("requests (\(SampleTraffic.columns))", piece.requests)
                try copy("request_payloads (\(SampleTraffic.payloadColumns))", piece.payloads)
                count += piece.count
                progress(count)
            }
            try session.script("ALTER TABLE requests ENABLE TRIGGER requests_inserted")
        } catch {
            throw Failure(postgres: error)
        }
    }

    /// Loads health checks of every provider that has an offer, until the first check that there is already.
    package func loadSampleChecks(_ plan: SamplePlan, of offers: [Offer]) throws(Failure) {
        let providers = Dictionary(offers.map { ($0.slug, $0.providerID) }) { first, _ in first }
        for (slug, id) in providers.sorted(by: { $0.key < $1.key }) {
            let first = try rows(
                """
                -- Store.firstHealthCheck
                SELECT min(checked_at)
                FROM health_checks
                WHERE provider_id = \(id)::uuid
                """
            ) { (row) throws(PostgresError) in try row.nextOptional(Timestamp.self) }
            var checks = SampleChecks(
                plan, providerID: id, slug: slug, until: min(plan.end, first.first.flatMap { $0 } ?? plan.end))
            do throws(PostgresError) {
                while let piece = checks.piece(rows: Self.pieceRows) {
                    try copy("health_checks (\(SampleChecks.columns))", piece)
                }
            } catch {
                throw Failure(postgres: error)
            }
        }
    }

    private func copy(_ target: String, _ octets: [UInt8]) throws(PostgresError) {
        guard !octets.isEmpty else { return }
        var isSent = false
        _ = try session.copyIn(sql: "COPY \(target) FROM STDIN") { () throws(PostgresError) in
            defer { isSent = true }
            return isSent ? nil : octets
        }
    }

    /// Collects statistics, without which the first questions are planned for empty tables.
    package func analyzeSampleTraffic() throws(Failure) {
        do throws(PostgresError) {
            try session.script(
                """
                ANALYZE requests, request_payloads, request_keys, usage_rollups, usage_by_owner, credit_transactions,
                        credit_accounts, health_checks, alerts
                """)
        } catch {
            throw Failure(postgres: error)
        }
    }
}

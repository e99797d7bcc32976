import Postgres

extension Report {
    static let balances = Report(
        "balances", "what is left of every account, how long it lasts, and what the provider itself says",
        columns: """
            provider currency #balance #unposted_cost #low_balance_threshold ?is_low #cost_per_day #days_left runs_out_on \
            #provider_reported @reported_at #drift @updated_at
            """
    ) { scope in
        """
        -- Report.balances
        SELECT r.provider, r.currency, trim_scale(r.balance), trim_scale(r.unposted_cost),
               trim_scale(r.low_balance_threshold), r.is_low, trim_scale(r.cost_per_day), r.days_left, r.runs_out_on,
               trim_scale(r.provider_reported), r.reported_at, trim_scale(r.drift), r.updated_at
        FROM reports.balances r
        WHERE \(scope.provider)::text IS NULL OR r.provider = \(scope.provider)::text
        ORDER BY r.provider, r.currency
        """
    }

    static let ledgerCheck = Report(
        "ledger-check", "what is wrong with the ledger: no rows when nothing is",
        columns: "provider currency #seq fault"
    ) { scope in
        """
        -- Report.ledgerCheck
        SELECT r.provider, r.currency, r.seq, r.fault
        FROM reports.ledger_check r
        WHERE \(scope.provider)::text IS NULL OR r.provider = \(scope.provider)::text
        ORDER BY r.provider, r.currency, r.seq NULLS FIRST, r.fault
        """
    }

    static let priceChanges = Report(
        "price-changes", "every change of a price: old, new, who and why, the newest first",
        columns: """
            provider model @effective_from currency unit #old_input #new_input #old_output #new_output \
            #old_per_generation #new_per_generation #old_credits #new_credits changed_by reason
            """
    ) { scope in
        """
        -- Report.priceChanges
        SELECT r.provider, r.model, r.effective_from, r.currency, r.unit, trim_scale(r.old_input), trim_scale(r.new_input),
               trim_scale(r.old_output), trim_scale(r.new_output), trim_scale(r.old_per_generation),
               trim_scale(r.new_per_generation), trim_scale(r.old_credits), trim_scale(r.new_credits), r.changed_by,
               r.reason
        FROM reports.price_changes r
        WHERE r.old_currency IS NOT NULL
          AND (\(scope.provider)::text IS NULL OR r.provider = \(scope.provider)::text)
        ORDER BY r.effective_from DESC, r.provider, r.model
        """
    }
}

import Postgres

extension Report {
    static let spendByDay = Report(
        "spend-by-day", "requests and cost of each day and provider", hasPeriod: true,
        columns: """
            day provider currency #requests #completed #failed #cancelled #under_way #unpriced #prompt_tokens \
            #completion_tokens #average_ms #cost
            """
    ) { scope in
        """
        -- Report.spendByDay
        SELECT r.day, r.provider, r.currency, r.requests, r.completed, r.failed, r.cancelled, r.under_way, r.unpriced,
               r.prompt_tokens, r.completion_tokens, r.average_ms, trim_scale(r.cost)
        FROM reports.spend_by_day(
            coalesce(
                \(scope.first)::date, \(scope.last)::date - 29, (now() AT TIME ZONE \(scope.zone)::text)::date - 29),
            coalesce(\(scope.last)::date, (now() AT TIME ZONE \(scope.zone)::text)::date),
            \(scope.zone)::text) AS r
        WHERE \(scope.provider)::text IS NULL OR r.provider = \(scope.provider)::text
        ORDER BY r.day, r.provider, r.currency
        """
    }

    static let spendByModel = Report(
        "spend-by-model", "requests and cost of each model, the dearest first", hasPeriod: true,
        columns: """
            provider model currency #requests #completed #failed #cancelled #under_way #unpriced #prompt_tokens \
            #completion_tokens #average_ms #cost
            """
    ) { scope in
        """
        -- Report.spendByModel
        SELECT r.provider, r.model, r.currency, r.requests, r.completed, r.failed, r.cancelled, r.under_way, r.unpriced,
               r.prompt_tokens, r.completion_tokens, r.average_ms, trim_scale(r.cost)
        FROM reports.spend_by_model(
            coalesce(
                \(scope.first)::date, \(scope.last)::date - 29, (now() AT TIME ZONE \(scope.zone)::text)::date - 29),
            coalesce(\(scope.last)::date, (now() AT TIME ZONE \(scope.zone)::text)::date),
            \(scope.zone)::text) AS r
        WHERE \(scope.provider)::text IS NULL OR r.provider = \(scope.provider)::text
        ORDER BY r.cost DESC, r.provider, r.model, r.currency
        """
    }

    static let spendByProvider = Report(
        "spend-by-provider", "requests and cost of each provider, the dearest first", hasPeriod: true,
        columns: """
            provider currency #requests #completed #failed #cancelled #under_way #unpriced #prompt_tokens \
            #completion_tokens #average_ms #cost
            """
    ) { scope in
        """
        -- Report.spendByProvider
        SELECT r.provider, r.currency, r.requests, r.completed, r.failed, r.cancelled, r.under_way, r.unpriced,
               r.prompt_tokens, r.completion_tokens, r.average_ms, trim_scale(r.cost)
        FROM reports.spend_by_provider(
            coalesce(
                \(scope.first)::date, \(scope.last)::date - 29, (now() AT TIME ZONE \(scope.zone)::text)::date - 29),
            coalesce(\(scope.last)::date, (now() AT TIME ZONE \(scope.zone)::text)::date),
            \(scope.zone)::text) AS r
        WHERE \(scope.provider)::text IS NULL OR r.provider = \(scope.provider)::text
        ORDER BY r.cost DESC, r.provider, r.currency
        """
    }

    static let spendByOwner = Report(
        "spend-by-owner", "requests and cost of each owner, the dearest first", hasPeriod: true,
        columns: "owner provider currency #requests #completed #failed #cost"
    ) { scope in
        """
        -- Report.spendByOwner
        SELECT r.owner, r.provider, r.currency, r.requests, r.completed, r.failed, trim_scale(r.cost)
        FROM reports.spend_by_owner(
            coalesce(
                \(scope.first)::date, \(scope.last)::date - 29, (now() AT TIME ZONE \(scope.zone)::text)::date - 29),
            coalesce(\(scope.last)::date, (now() AT TIME ZONE \(scope.zone)::text)::date),
            \(scope.zone)::text) AS r
        WHERE \(scope.provider)::text IS NULL OR r.provider = \(scope.provider)::text
        ORDER BY r.cost DESC, r.owner, r.provider, r.currency
        """
    }
}

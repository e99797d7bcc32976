import Domain
import HTTP
import JSON
import Store

/// Usage by day, week or month, the newest first. A period that begins or ends inside a part counts what lies in it.
@Sendable
func showUsage(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let slug = try request.provider()
    let unit = try request.queryChoice("groupBy", UsageUnit.self) ?? .day
    let format = try request.export()
    let period = try services.usagePeriod(request)
    let report = try services.store.usage(of: slug, in: period.span, by: unit, zone: period.asked.zone)
    if let format {
        return try services.export(
            format, report.parts, file: [slug.text, "usage", unit.rawValue, period.fileName], in: "byDay")
    }
    return .data {
        $0.field("provider", slug.text)
        period.write(to: &$0)
        $0.field("totalRequests", report.total.requests)
        $0.field("successfulRequests", report.total.successful)
        $0.field("failedRequests", report.total.failed)
        $0.field("averageResponseTime", report.total.averageResponseTime)
        $0.field("totalCost", number: report.total.cost.text)
        $0.field("byDay", array: report.parts)
    }
}

/// Usage by model, the most used first.
@Sendable
func showUsageByModel(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let slug = try request.provider()
    let format = try request.export()
    let period = try services.usagePeriod(request)
    let models = try services.store.usageByModel(of: slug, in: period.span)
    if let format {
        return try services.export(
            format, models, file: [slug.text, "usage-by-model", period.fileName], in: "byModel")
    }
    return .data {
        $0.field("provider", slug.text)
        period.write(to: &$0)
        $0.field("byModel", array: models)
    }
}

/// Usage of all providers that were used. The total cost is null when their currencies differ.
@Sendable
func showUsageSummary(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let format = try request.export()
    let period = try services.usagePeriod(request)
    let summary = try services.store.usageSummary(in: period.span)
    if let format {
        return try services.export(
            format, summary.providers, file: ["usage-summary", period.fileName], in: "byProvider")
    }
    return .data {
        period.write(to: &$0)
        $0.field("totalRequests", summary.requests)
        $0.field("totalCost", number: summary.cost?.text)
        $0.field("byProvider", array: summary.providers)
    }
}

extension Services {
    /// The query's period; what it leaves open makes it the thirty days that end with today.
    func usagePeriod(_ request: Request) throws(Failure) -> UsagePeriod {
        let period = try period(request)
        if let span = try store.usageSpan(period.span, in: period.zone, at: request.receivedAt) {
            return UsagePeriod(span: span, asked: period)
        }
        if period.end == nil, let start = period.span.start, start > request.receivedAt {
            throw .invalid("startDate", "must not be after today")
        }
        throw .invalid("startDate", "must not be more than ten years before endDate")
    }

    /// An export of rows that are there already.
    fileprivate func export<Row: ListRow>(
        _ format: ExportFormat, _ list: [Row], file: [String?], in name: StaticString
    ) throws(Failure) -> Response {
        try export(format, of: Row.self, file: file, in: .named(name)) { (each) throws(Failure) in
            for row in list { try each(row) }
        }
    }
}

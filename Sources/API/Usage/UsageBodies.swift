import Domain
import HTTP
import JSON

/// A period with both ends, for usage.
struct UsagePeriod {
    let span: ClosedSpan
    let asked: Period

    /// Contract 2's `period`: `end` is the last second that belongs to it.
    func write(to json: inout JSONWriter) {
        json.field("period") {
            $0.field("start", span.start.iso(.seconds))
            $0.field("end", Timestamp(microseconds: span.end.microseconds - 1).iso(.seconds))
        }
    }

    /// For the names of exports.
    var fileName: String {
        asked.fileName
            ?? "\(span.start.iso(.seconds))-\(Timestamp(microseconds: span.end.microseconds - 1).iso(.seconds))"
            + asked.zoneInFileName
    }
}

extension UsagePart: ListRow {
    static let columns = ["date", "requests", "successful", "failed", "cost", "averageResponseTime"]

    package func write(to json: inout JSONWriter) {
        json.object {
            $0.field("date", date)
            $0.field("requests", figures.requests)
            $0.field("successful", figures.successful)
            $0.field("failed", figures.failed)
            $0.field("cost", number: figures.cost.text)
            $0.field("averageResponseTime", figures.averageResponseTime)
        }
    }

    func write(to csv: inout CSVWriter) {
        csv.text(date)
        csv.number(figures.requests)
        csv.number(figures.successful)
        csv.number(figures.failed)
        csv.number(figures.cost.text)
        csv.number(figures.averageResponseTime)
    }
}

extension ModelUsage: ListRow {
    static let columns = [
        "modelId", "modelName", "requests", "successful", "failed", "totalCost", "averageResponseTime",
    ]

    package func write(to json: inout JSONWriter) {
        json.object {
            $0.field("modelId", modelID)
            $0.field("modelName", modelName)
            $0.field("requests", figures.requests)
            $0.field("successful", figures.successful)
            $0.field("failed", figures.failed)
            $0.field("totalCost", number: figures.cost.text)
            $0.field("averageResponseTime", figures.averageResponseTime)
        }
    }

    func write(to csv: inout CSVWriter) {
        csv.text(modelID)
        csv.text(modelName)
        csv.number(figures.requests)
        csv.number(figures.successful)
        csv.number(figures.failed)
        csv.number(figures.cost.text)
        csv.number(figures.averageResponseTime)
    }
}

extension ProviderUsage: ListRow {
    static let columns = ["provider", "requests", "cost", "percentage"]

    package func write(to json: inout JSONWriter) {
        json.object {
            $0.field("provider", provider)
            $0.field("requests", requests)
            $0.field("cost", number: cost.text)
            $0.field("percentage", number: percentage.text)
        }
    }

    func write(to csv: inout CSVWriter) {
        csv.text(provider)
        csv.number(requests)
        csv.number(cost.text)
        csv.number(percentage.text)
    }
}

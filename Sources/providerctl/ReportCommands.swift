import Configuration
import Domain
import Foundation
import HTTP
import JSON
import Postgres
import Store

extension Command {
    static let report = Command(
        "report", "prints a report as a table, CSV or JSON; without a name, lists the reports",
        usage: """
            [NAME] [--from DAY] [--to DAY] [--zone ZONE] [--provider SLUG] [--format table|csv|json]
              NAME             which report; docs/reports.md explains them
              --from DAY       the first day, as in 2026-11-01; without it, the last but 29
              --to DAY         the last day, included; without it, today
              --zone ZONE      the time zone in which days begin, as in Europe/Berlin; without it UTC
              --provider SLUG  only this provider
              --format FORMAT  table, csv or json; without it, table
            Uses reports_database of the configuration; a report may take a minute.
            """
    ) { arguments, invocation in
        let (first, last) = (try arguments.day("--from"), try arguments.day("--to"))
        let zone = try arguments.option("--zone")
        let provider = try arguments.option("--provider")
        let format = try format(try arguments.option("--format"), invocation.output)
        let name = arguments.word()
        try arguments.finish()
        guard let name else {
            try list(format)
            return .success
        }
        guard let report = Report.all.first(where: { $0.name == name }) else {
            throw UsageError("there is no report '\(name)': 'providerctl report' lists them")
        }
        guard report.hasPeriod || (first ?? last ?? zone) == nil else {
            throw UsageError("\(name) is about now: it takes no --from, --to and --zone")
        }
        guard report.hasProvider || provider == nil else {
            throw UsageError("\(name) is about all providers: it takes no --provider")
        }
        // Days of the same length are in the order of their texts.
        if let first, let last, last < first { throw UsageError("--to must not be before --from") }
        let scope = ReportScope(first: first, last: last, zone: zone ?? "UTC", provider: provider)
        let reports = try invocation.installation().reports()
        try check(scope, reports)
        var printer = ReportPrinter(report, format)
        try reports.each(of: report, scope) { printer.row($0) }
        try printer.end()
        return .success
    }

    /// What only the database knows to be wrong. An empty report would look like an answer.
    private static func check(_ scope: ReportScope, _ reports: Reports) throws {
        guard try reports.knows(zone: scope.zone) else {
            throw UsageError("--zone: there is no time zone '\(scope.zone)'; one is written as in Europe/Berlin")
        }
        guard let provider = scope.provider else { return }
        guard try reports.knows(provider: provider) else {
            throw UsageError("--provider: there is no provider '\(provider)'")
        }
    }

    private static func format(_ text: String?, _ output: Output) throws(UsageError) -> ReportPrinter.Format {
        guard let text else { return output.isJSON ? .json : .table }
        guard let format = ReportPrinter.Format(rawValue: text) else {
            throw UsageError("--format must be table, csv or json")
        }
        guard !output.isJSON || format == .json else {
            throw UsageError("--json and --format \(text) exclude each other")
        }
        return format
    }

    private static func list(_ format: ReportPrinter.Format) throws {
        switch format {
        case .table: Output(isJSON: false).table(["NAME", "SHOWS"], Report.all.map { [$0.name, $0.summary] })
        case .json:
            Output(isJSON: true).json {
                $0.array(Report.all) { json, report in
                    json.object {
                        $0.field("name", report.name)
                        $0.field("summary", report.summary)
                        $0.field("columns", array: report.columns.map(\.name))
                    }
                }
            }
        case .csv:
            var csv = CSVWriter()
            for (name, summary) in [("name", "summary")] + Report.all.map({ ($0.name, $0.summary) }) {
                csv.text(name)
                csv.text(summary)
                csv.endLine()
            }
            try FileHandle.standardOutput.write(contentsOf: Data(csv.take()))
        }
    }
}

extension Arguments {
    /// A day given with an option.
    fileprivate mutating func day(_ name: String) throws(UsageError) -> String? {
        guard let text = try option(name) else { return nil }
        guard case .day = ISODate(text) else {
            throw UsageError("\(name) must be a day as in 2026-11-01, not '\(text)'")
        }
        return text
    }
}

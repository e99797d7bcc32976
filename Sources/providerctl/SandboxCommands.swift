import API
import Configuration
import Crypto
import Domain
import Foundation
import JSON
import Sandbox
import Store

extension Command {
    static let fillSandbox = Command(
        "sandbox fill", "fills an installation in sandbox mode with sample traffic, so that there is something to see",
        usage: """
            [--days N] [--requests N] [--seed N] [--providers SLUG,SLUG] [--replace]
              --days N            the period, until now: 1 to 3000, without it 90
              --requests N        how many requests: 1 to 100000000, without it 1000000
              --seed N            the same number makes the same traffic over the same period; without it 1
              --providers LIST    only these providers; without it, all that have models with prices
              --replace           takes away the traffic that the providers have, real calls and their ledger included
            Requests, payloads, usage, ledger, prices, health checks and alerts, in one transaction: all or nothing; and
            routing rules where there are none. Other writers wait until it is done. Without --replace, providers that
            have traffic are refused; so is an installation whose mode is production. Uses owner_database of the
            configuration.
            """
    ) { arguments, invocation in
        let days = try arguments.number("--days", default: 90, in: 1...3_000)
        let requests = try arguments.number("--requests", default: 1_000_000, in: 1...100_000_000)
        let seed = try arguments.number("--seed", default: 1, in: 0...Int.max)
        let slugs = (try arguments.option("--providers") ?? "").split(separator: ",").map(String.init)
        let replaces = arguments.flag("--replace")
        try arguments.finish()
        let installation = try invocation.installation()
        guard installation.configuration.isDevelopment else {
            throw Refusal("the mode of this installation is production: sample traffic would falsify its accounts")
        }
        let plan = SamplePlan(days: days, requests: requests, seed: UInt64(seed), end: .now())
        let store = try installation.ownerStore()
        try check(slugs, store)
        let models = try store.transaction { (transaction) throws(Failure) in
            try fill(plan, slugs, replaces: replaces, transaction)
        }.get()
        invocation.output.text("\(requests) requests of \(models.count) models in \(days) days")
        invocation.output.json {
            $0.object {
                $0.field("requests", requests)
                $0.field("days", days)
                $0.field("seed", seed)
                $0.field("models", array: models)
            }
        }
        return .success
    }

    private static func check(_ slugs: [String], _ store: Store) throws {
        let known = Set(try store.providers().map(\.slug))
        if let unknown = slugs.first(where: { !known.contains($0) }) {
            throw UsageError("--providers: there is no provider '\(unknown)'")
        }
    }

    /// The models that the traffic is for. Inside one transaction.
    private static func fill(
        _ plan: SamplePlan, _ slugs: [String], replaces: Bool, _ transaction: Transaction
    ) throws(Failure) -> Result<[String], Refusal> {
        let busy = try transaction.providersWithTraffic(among: slugs)
        guard replaces || busy.isEmpty else {
            let names = busy.joined(separator: ", ")
            return .failure(Refusal("there is traffic already: \(names); --replace takes it away"))
        }
        if !busy.isEmpty { try transaction.removeTraffic(of: busy) }
        try transaction.makeSampleMonths(plan)
        try transaction.addSamplePrices(plan, among: slugs)
        let offers = try transaction.sampleOffers(plan, among: slugs)
        guard var traffic = SampleTraffic(plan, offers: offers) else {
            return .failure(Refusal("there are no models with prices: run 'providerctl migrate' first"))
        }
        try transaction.load(&traffic) { show("\($0) of \(plan.requests) requests") }
        show("adding up usage and ledger")
        try transaction.loadSampleChecks(plan, of: offers)
        try transaction.accountSampleTraffic(plan, of: offers)
        try transaction.addSampleAlerts(plan, of: offers)
        try transaction.analyzeSampleTraffic()
        try addRouting(slugs, transaction)
        show("")
        let details = JSONWriter.object {
            $0.field("days", plan.days)
            $0.field("requests", plan.requests)
            $0.field("replaced", array: busy)
            $0.field("seed", Int(truncatingIfNeeded: plan.seed))
        }
        try transaction.audit(
            Installation.entry(
                "sandbox.fill", subject: "traffic", details: String(decoding: details, as: UTF8.self)),
            at: .now())
        return .success(offers.map { $0.slug + "/" + $0.model })
    }

    private static func addRouting(_ slugs: [String], _ transaction: Transaction) throws(Failure) {
        let now = Timestamp.now()
        guard let (before, after) = try transaction.addSampleRouting(among: slugs, at: now) else { return }
        try transaction.audit(
            Installation.entry(
                "routing.update", subject: "routing", details: after.auditDetails(insteadOf: before)),
            at: now)
    }

    /// Where somebody is watching.
    private static func show(_ progress: String) {
        guard isatty(STDERR_FILENO) == 1 else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[K\(progress)".utf8))
    }
}

extension Arguments {
    /// A whole number given with an option.
    fileprivate mutating func number(
        _ name: String, default standard: Int, in range: ClosedRange<Int>
    ) throws(UsageError) -> Int {
        guard let text = try option(name) else { return standard }
        guard let value = Int(text), range ~= value else {
            throw UsageError("\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }
}

import Domain
import HTTP
import JSON
import Providers
import Store

/// How long a test may take, and a check that somebody waits for.
let testMilliseconds = 10_000

/// Asks the provider with the key that calls are made with or, where the body says so, with another one. A test that
/// fails is an answer: 200 with the failure in it.
@Sendable
func testProvider(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let slug = try request.provider()
    let chosen = try TestBody(request).chosen
    let check = try services.check(
        slug, .connection, with: chosen ?? .environment(.standard), milliseconds: testMilliseconds)
    return try services.change(request, "provider.test") { (transaction, entry) throws(Failure) in
        // What another environment's key finds says nothing about how calls go.
        if chosen == nil { try transaction.store(check) } else { try transaction.settle(check) }
        entry.describe(check)
        entry.judge(check.finding)
        return .success(check.message, TestResult(check: check))
    }
}

private struct TestBody {
    /// Nil for the one that calls are made with.
    let chosen: CheckedCredential?

    init(_ request: Request) throws(Failure) {
        var fields = try request.fields(orEmpty: true)
        let id = try fields.string("credential_id", length: 1...100)
        let environment = try fields.string("environment", length: 1...50)
        try fields.finish()
        guard id == nil || environment == nil else {
            throw .invalid("environment", "cannot be used together with credential_id")
        }
        if let id {
            guard let id = ID<Credential>(id) else { throw .notFound("Credential") }
            chosen = .id(id)
        } else if let environment, environment != EnvironmentName.standard.text {
            chosen = .environment(try EnvironmentName(environment))
        } else {
            chosen = nil
        }
    }
}

private struct TestResult: JSONWritable {
    let check: ProviderCheck

    func write(to json: inout JSONWriter) {
        json.object {
            $0.field("provider", check.provider.slug)
            $0.field("success", check.finding?.succeeded ?? false)
            $0.status(check.finding?.status)
            $0.field("response_time", check.finding?.responseMilliseconds)
            $0.field("credential_id", check.made?.credential.id.text)
            if let finding = check.finding {
                $0.error(finding.errorKind, finding.errorMessage)
            } else {
                $0.error("no_credentials", check.message)
            }
            $0.field("tested_at", check.at.iso(.seconds))
        }
    }
}

/// What is known about a provider and since when. With `refresh=true` it is asked first, however fresh that is.
@Sendable
func showProviderHealth(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let slug = try request.provider()
    guard try request.queryBool("refresh") == true else {
        return .success("Health status retrieved successfully", try services.healthReport(of: slug))
    }
    let check = try services.check(slug, .manual, milliseconds: testMilliseconds)
    _ = try services.change(request, "provider.check") { (transaction, entry) throws(Failure) in
        try transaction.store(check)
        entry.describe(check)
        return Response(status: 200)
    }
    let message = check.made == nil ? check.message : "Health status refreshed successfully"
    return .success(message, try services.healthReport(of: slug))
}

extension Services {
    fileprivate func healthReport(of slug: ProviderSlug) throws(Failure) -> HealthReport {
        let now = Timestamp.now()
        return HealthReport(
            health: try store.health(of: slug, at: now),
            problems: try store.healthProblems(of: slug, limit: 10, at: now),
            at: now)
    }
}

private struct HealthReport: JSONWritable {
    let health: ProviderHealth
    let problems: [HealthProblem]
    let at: Timestamp

    /// A result older than this is shown as not fresh.
    private static let freshSeconds: Int64 = 300

    func write(to json: inout JSONWriter) {
        let age = health.lastChecked.map { max(0, at.seconds - $0.seconds) }
        // Problems are those of a day; the newest check is one of them when it found something.
        let problem = problems.first.flatMap { $0.at == health.lastChecked ? $0 : nil }
        json.object {
            $0.field("provider", health.provider)
            $0.status(health.status)
            $0.field("last_checked", health.lastChecked?.iso(.seconds))
            $0.field("age_seconds", age.map { Int($0) })
            $0.field("is_fresh", age.map { $0 < Self.freshSeconds } ?? false)
            $0.field("response_time", health.responseMilliseconds)
            $0.error(problem?.kind, problem?.message)
            $0.field("success_rate", number: health.successRate?.text)
            $0.field("uptime_24h", number: health.uptime24Hours?.text)
            $0.field("uptime_7d", number: health.uptime7Days?.text)
            $0.field("uptime_30d", number: health.uptime30Days?.text)
            $0.key("recent_errors")
            $0.array(problems) { $0.problem($1) }
        }
    }
}

extension JSONWriter {
    /// `error`: what went wrong, null for what did not.
    mutating func error(_ kind: String?, _ message: String?) {
        key("error")
        guard let kind else { return null() }
        object {
            $0.field("kind", kind)
            $0.field("message", message)
        }
    }

    fileprivate mutating func problem(_ problem: HealthProblem) {
        object {
            $0.field("timestamp", problem.at.iso(.seconds))
            $0.field("status", problem.status.rawValue)
            $0.field("kind", problem.kind)
            $0.field("message", problem.message)
            $0.field("response_time", problem.responseMilliseconds)
        }
    }
}

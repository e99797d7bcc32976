import Domain
import HTTP
import JSON

extension JSONWriter {
    /// A provider that nobody has asked yet is `unknown`.
    mutating func status(_ status: HealthStatus?) { field("status", status?.rawValue ?? "unknown") }

    /// The contract's figures of a provider, from `provider` to `uptime30d`. What no check tells is null.
    mutating func health(_ health: ProviderHealth) {
        field("provider", health.provider)
        status(health.status)
        field("lastChecked", health.lastChecked?.iso(.seconds))
        field("responseTime", health.responseMilliseconds)
        field("successRate", number: health.successRate?.text)
        field("uptime24h", number: health.uptime24Hours?.text)
        field("uptime7d", number: health.uptime7Days?.text)
        field("uptime30d", number: health.uptime30Days?.text)
    }
}

extension ProviderHealth: ListRow {
    static let columns = [
        "provider", "status", "lastChecked", "responseTime", "successRate", "uptime24h", "uptime7d", "uptime30d",
    ]

    func write(to csv: inout CSVWriter) {
        csv.text(provider)
        csv.text(status?.rawValue ?? "unknown")
        csv.text(lastChecked?.iso(.seconds))
        csv.number(responseMilliseconds)
        for share in [successRate, uptime24Hours, uptime7Days, uptime30Days] { csv.number(share?.text) }
    }

    package func write(to json: inout JSONWriter) { json.object { $0.health(self) } }
}

/// One of `recentErrors`: `{"timestamp", "status", "kind", "message", "responseTime"}`, where `kind` is the name that
/// stands in the accounts of calls too.
extension HealthProblem: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.field("timestamp", at.iso(.seconds))
            $0.field("status", status.rawValue)
            $0.field("kind", kind)
            $0.field("message", message)
            $0.field("responseTime", responseMilliseconds)
        }
    }
}

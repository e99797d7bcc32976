import Crypto
import Domain
import JSON
import Outbound

/// Requests to the API of a Proxmox node, which answers for its whole cluster.
struct ProxmoxCall {
    private let session: ComputeSession
    private let base: HTTPURL
    private let headers: [(String, String)]

    private static let defaultPort = 8_006

    init(_ session: ComputeSession) throws(Failure) {
        self.session = session
        base = try session.base(Self.address(session.configuration))
        let user = try session.configuration.required("username")
        if let token = session.configuration["token_id"] {
            // The ID can be given with its user, as Proxmox shows it.
            let name = token.contains("!") ? token : "\(user)!\(token)"
            let secret = try session.configuration.required("token_secret")
            headers = [("Authorization", "PVEAPIToken=\(name)=\(secret)")]
        } else {
            headers = [("Cookie", "PVEAuthCookie=" + (try Self.ticket(for: user, session, base)))]
        }
    }

    /// A log-in. The ticket is worth two hours and cannot be given back.
    private static func ticket(
        for user: String, _ session: ComputeSession, _ base: HTTPURL
    ) throws(Failure) -> String {
        let form = URIEncoding.form([
            ("username", user), ("password", try session.configuration.required("password")),
        ])
        let response = try session.send(
            "POST", base.appending(path: "api2/json/access/ticket"),
            headers: [("Content-Type", "application/x-www-form-urlencoded")], body: Array(form.utf8))
        let data = try session.json(response)["data"]
        if data?["NeedTFA"]?.int == 1 {
            throw .upstream(
                UpstreamFailure(
                    .forbidden, "Proxmox VE asks this user for a second factor: configure an API token instead"))
        }
        guard let ticket = data?["ticket"]?.string, ticket.utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != 0x3B }) else {
            throw session.malformed
        }
        return ticket
    }

    /// The `data` of an answer.
    func get(_ path: String) throws(Failure) -> JSONValue {
        let response = try session.send("GET", try url(path), headers: headers)
        guard let data = try session.json(response)["data"] else { throw session.malformed }
        return data
    }

    /// The `data` of an answer that is a list.
    func list(_ path: String) throws(Failure) -> [JSONValue] {
        guard let list = try get(path).array else { throw session.malformed }
        return list
    }

    /// The same where a refusal means that there is nothing to know: a machine that is gone or on a node that is away,
    /// an agent that does not run, something that the user may not see.
    func getIfPossible(_ path: String) throws(Failure) -> JSONValue? {
        do throws(Failure) {
            return try get(path)
        } catch .upstream(let failure)
            where failure.status != nil && ![.invalidCredential, .malformed].contains(failure.kind)
        {
            return nil
        }
    }

    private func url(_ path: String) throws(Failure) -> HTTPURL {
        let halves = path.split(separator: "?", maxSplits: 1).map(String.init)
        return base.appending(path: "api2/json" + (halves.first ?? ""), query: halves.dropFirst().first)
    }

    /// `https://host:port`; the port is Proxmox's own where none is given.
    static func address(_ configuration: ComputeConfiguration) -> String {
        let host = configuration["host"] ?? ""
        return hasPort(host) ? "https://\(host)" : "https://\(host):\(configuration["port"] ?? String(defaultPort))"
    }

    /// Whether a colon follows the name or the bracket of an address.
    static func hasPort(_ host: String) -> Bool {
        host.split(separator: "]", omittingEmptySubsequences: false).last?.contains(":") ?? false
    }
}

import Crypto
import Domain
import JSON
import Outbound

/// Requests below a project, with a token for a service account.
struct GCPCall {
    private let session: ComputeSession
    private let base: HTTPURL
    private let project: String
    private let token: String

    init(_ session: ComputeSession) throws(Failure) {
        self.session = session
        base = try session.base("https://compute.googleapis.com")
        project = "/compute/v1/projects/" + (try session.configuration.required("project_id"))
        let assertion = try ServiceAccount.assertion(
            try session.configuration.required("credentials_json"), at: .now())
        let form = URIEncoding.form([
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion),
        ])
        let response = try session.send(
            "POST", try session.base("https://oauth2.googleapis.com").appending(path: "token"),
            headers: [("Content-Type", "application/x-www-form-urlencoded")], body: Array(form.utf8))
        try session.checkClock(response)
        let answer = try session.json(response) { problem in
            ["invalid_grant", "invalid_client", "unauthorized_client"].contains(problem["error"]?.string ?? "")
                ? .invalidCredential : nil
        }
        token = try answer.bearer(session)
    }

    /// `path` is below the project and can have a query.
    func get(_ path: String, query: String? = nil) throws(Failure) -> JSONValue {
        let response = try session.send(
            "GET", base.appending(path: project + path, query: query),
            headers: [("Authorization", "Bearer \(token)"), ("Accept", "application/json")])
        return try session.json(response) { problem in
            let reasons = (problem["error"]?["errors"]?.array ?? []).compactMap { $0["reason"]?.string }
            return reasons.contains("rateLimitExceeded") || reasons.contains("userRateLimitExceeded")
                ? .rateLimited : nil
        }
    }

    /// Every instance with its zone; only those of the configured zone where there is one.
    func instances(_ each: (JSONValue, String) throws(Failure) -> Void) throws(Failure) {
        let zone = session.configuration["zone"]
        let path = zone.map { "/zones/\($0)/instances" } ?? "/aggregated/instances"
        var token: String?
        while true {
            let query = "maxResults=500" + (token.map { "&pageToken=" + URIEncoding.encode($0) } ?? "")
            let answer = try get(path, query: query)
            try checkIsWhole(answer)
            if let zone {
                for instance in try instances(of: answer) { try each(instance, zone) }
            } else {
                guard let scopes = answer["items"]?.object else { throw session.malformed }
                for scope in scopes.members {
                    try checkIsWhole(scope.value)
                    guard let zone = scope.name.split(separator: "/").last.map(String.init) else { continue }
                    for instance in scope.value["instances"]?.array ?? [] { try each(instance, zone) }
                }
            }
            guard let next = answer["nextPageToken"]?.string, !next.isEmpty else { return }
            guard next != token else { throw session.malformed }
            token = next
        }
    }

    /// Of one zone; Google leaves an empty list out.
    private func instances(of answer: JSONValue) throws(Failure) -> [JSONValue] {
        if let items = answer["items"]?.array { return items }
        guard answer["items"] == nil, answer["kind"]?.string == "compute#instanceList" else { throw session.malformed }
        return []
    }

    /// Google names zones that it could not ask; a list without them would be short.
    private func checkIsWhole(_ part: JSONValue) throws(Failure) {
        let unreachable = part["unreachables"]?.array ?? []
        let warning = part["warning"]?["code"]?.string ?? ""
        guard unreachable.isEmpty, !Self.warningsOfShortLists.contains(warning) else {
            throw .upstream(UpstreamFailure(.overloaded, "Google Cloud cannot reach all of its zones", status: 200))
        }
    }

    /// Others are about something else, such as a page without results.
    private static let warningsOfShortLists: Set<String> = [
        "UNREACHABLE", "PARTIAL_SUCCESS", "LIST_OVERHEAD_QUOTA_EXCEED",
    ]

    /// What a machine type has; unknown where it is not known or may not be read.
    func size(_ name: String, in zone: String) throws(Failure) -> GCPSize {
        do throws(Failure) {
            let path = "/zones/\(URIEncoding.encode(zone))/machineTypes/\(URIEncoding.encode(name))"
            let answer = try get(path)
            return GCPSize(cpuCount: answer["guestCpus"]?.int, memoryMB: answer["memoryMb"]?.int)
        } catch .upstream(let failure) where failure.kind == .forbidden || failure.kind == .gone {
            return GCPSize(cpuCount: nil, memoryMB: nil)
        }
    }
}

/// The file that Google gives out for a service account.
enum ServiceAccount {
    /// Where tokens are made, whatever the file says: the key is for nobody else.
    private static let audience = "https://oauth2.googleapis.com/token"
    private static let lifetime: Int64 = 3_600

    /// What is wrong with a file, as a sentence part.
    static func problem(_ text: String) -> String? {
        do throws(CryptoError) {
            _ = try parts(text)
            return nil
        } catch .malformed(let reason) {
            return "is not the key of a service account: \(reason)"
        } catch {
            return "is not the key of a service account: its private_key cannot be read"
        }
    }

    /// A signed request for a token that may read Compute Engine (RFC 7523).
    static func assertion(_ text: String, at now: Timestamp) throws(Failure) -> String {
        do throws(CryptoError) {
            let (signer, email, keyID) = try parts(text)
            let header = JSONWriter.object {
                $0.field("alg", "RS256")
                $0.field("typ", "JWT")
                $0.fieldIfPresent("kid", keyID)
            }
            let claims = JSONWriter.object {
                $0.field("iss", email)
                $0.field("scope", "https://www.googleapis.com/auth/compute.readonly")
                $0.field("aud", audience)
                $0.field("iat", Int(now.seconds))
                $0.field("exp", Int(now.seconds + lifetime))
            }
            let signed = Base64URL.encode(header) + "." + Base64URL.encode(claims)
            return signed + "." + Base64URL.encode(try signer.sign(Array(signed.utf8)))
        } catch {
            throw .defect("the stored key of a service account does not sign: \(error)")
        }
    }

    private static func parts(
        _ text: String
    ) throws(CryptoError) -> (signer: RSASigner, email: String, keyID: String?) {
        guard let file = try? JSONParser.parse(Array(text.utf8)) else { throw .malformed("it is not JSON") }
        guard file["type"]?.string == "service_account" else { throw .malformed("its type is not service_account") }
        guard let email = file["client_email"]?.string, let key = file["private_key"]?.string else {
            throw .malformed("client_email or private_key is missing")
        }
        return (try RSASigner(pem: key), email, file["private_key_id"]?.string)
    }
}

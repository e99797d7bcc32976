import Crypto
import Domain
import JSON
import Outbound

/// Requests of the RPC style with their signature in a header.
struct AlibabaCall {
    enum Service: String {
        case sts, ecs

        var version: String { self == .sts ? "2015-04-01" : "2014-05-26" }
    }

    private let session: ComputeSession
    private let region: String

    init(_ session: ComputeSession) throws(Failure) {
        self.session = session
        region = try session.configuration.required("region")
    }

    func send(_ service: Service, _ action: String, _ parameters: [(String, String)]) throws(Failure) -> JSONValue {
        let base = try session.base("https://\(service.rawValue).\(region).aliyuncs.com")
        let url = base.appending(path: "/", query: parameters.isEmpty ? nil : URIEncoding.form(parameters))
        let nonce: [UInt8]
        do throws(CryptoError) {
            nonce = try randomBytes(16)
        } catch {
            throw .defect("no random octets: \(error)")
        }
        var fields = [
            ("x-acs-action", action), ("x-acs-version", service.version),
            ("x-acs-date", Timestamp.now().iso(.seconds)), ("x-acs-signature-nonce", Hexadecimal.text(nonce)),
            ("x-acs-content-sha256", Hexadecimal.text(Digest.sha256([]))),
        ]
        if let token = session.configuration["security_token"] { fields.append(("x-acs-security-token", token)) }
        let request = CanonicalRequest(
            method: "POST", path: url.path, query: url.query ?? "",
            headers: [(name: "host", value: url.authority)] + fields.map { (name: $0.0, value: $0.1) }, body: [])
        let authorization = ACS3.authorization(
            for: request, accessKey: try session.configuration.required("access_key_id"),
            secretKey: session.configuration.octets("access_key_secret"))
        let response = try session.send(
            "POST", url, headers: fields + [("Authorization", authorization), ("Accept", "application/json")])
        try session.checkClock(response)
        return try session.json(response, Self.kind)
    }

    /// The elements at `path` of all pages of an action of ECS.
    func pages(
        _ action: String, _ size: String, _ path: [String], _ each: (JSONValue) throws(Failure) -> Void
    ) throws(Failure) {
        var token: String?
        while true {
            let answer = try send(
                .ecs, action,
                [("RegionId", region), ("MaxResults", size)] + (token.map { [("NextToken", $0)] } ?? []))
            var values: JSONValue? = answer
            for name in path { values = values?[name] }
            guard let elements = values?.array else { throw session.malformed }
            for element in elements { try each(element) }
            guard let next = answer["NextToken"]?.string, !next.isEmpty else { return }
            guard next != token else { throw session.malformed }
            token = next
        }
    }

    private static func kind(_ problem: JSONValue) -> UpstreamFailure.Kind? {
        guard let code = problem["Code"]?.string else { return nil }
        switch code {
        case "SignatureDoesNotMatch", "IncompleteSignature", "InvalidSecurityToken.Expired",
            "InvalidSecurityToken.Malformed", "MissingSecurityToken":
            return .invalidCredential
        case "NoPermission", "Forbidden", "UnauthorizedOperation": return .forbidden
        case "ServiceUnavailable", "InternalError": return .overloaded
        default:
            if code.hasPrefix("InvalidAccessKeyId") { return .invalidCredential }
            if code.hasPrefix("Forbidden.") { return .forbidden }
            return code.hasPrefix("Throttling") ? .rateLimited : nil
        }
    }
}

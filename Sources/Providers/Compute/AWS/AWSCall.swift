import Crypto
import Domain
import Outbound
import XML

/// Signed requests to the Query APIs of AWS.
struct AWSCall {
    enum Service: String {
        case sts, ec2

        /// The version of the API, which has been the same for years.
        var version: String { self == .sts ? "2011-06-15" : "2016-11-15" }
    }

    private let session: ComputeSession
    private let region: String

    init(_ session: ComputeSession) throws(Failure) {
        self.session = session
        region = try session.configuration.required("region")
    }

    var malformed: Failure { session.malformed }

    /// The answer to one action.
    func send(_ service: Service, _ action: String, _ parameters: [(String, String)]) throws(Failure) -> XMLElement {
        let url = try session.base(
            "https://\(service.rawValue).\(region).amazonaws.com\(region.hasPrefix("cn-") ? ".cn" : "")")
        let body = Array(URIEncoding.form([("Action", action), ("Version", service.version)] + parameters).utf8)
        let type = "application/x-www-form-urlencoded; charset=utf-8"
        let request = CanonicalRequest(
            method: "POST", path: url.path, query: url.query ?? "",
            headers: [(name: "Host", value: url.authority), (name: "Content-Type", value: type)], body: body)
        let signer = SigV4(
            accessKey: try session.configuration.required("access_key"),
            secretKey: session.configuration.octets("secret_key"), sessionToken: session.configuration["session_token"],
            region: region, service: service.rawValue)
        let fields = signer.fields(for: request, at: Timestamp.now().basic)
        let response = try session.send(
            "POST", url, headers: [("Content-Type", type)] + fields.map { ($0.name, $0.value) }, body: body)
        try session.checkClock(response)
        return try session.xml(response, Self.kind)
    }

    /// All pages of an EC2 action. An answer without an end is one that repeats a token.
    func pages(
        _ action: String, _ parameters: [(String, String)], _ read: (XMLElement) throws(Failure) -> Void
    ) throws(Failure) {
        var token: String?
        while true {
            let more = token.map { [("NextToken", $0)] } ?? []
            let answer = try send(.ec2, action, parameters + more)
            guard answer.isNamed(action + "Response") else { throw malformed }
            try read(answer)
            guard let next = answer.text("nextToken"), !next.isEmpty else { return }
            guard next != token else { throw malformed }
            token = next
        }
    }

    /// The first code at any depth: STS, EC2 and emulators wrap it each in their own way.
    private static func kind(_ answer: XMLElement) -> UpstreamFailure.Kind? {
        switch answer.firstDescendant("Code")?.text {
        case "AuthFailure", "InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException",
            "ExpiredToken", "ExpiredTokenException", "InvalidToken", "MissingAuthenticationToken",
            "IncompleteSignature":
            .invalidCredential
        // The time of the request: the credentials may be right.
        case "RequestExpired", "RequestTimeTooSkewed": .badRequest
        case "UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "OptInRequired", "Blocked",
            "PendingVerification":
            .forbidden
        case "RequestLimitExceeded", "Throttling", "ThrottlingException": .rateLimited
        case "InternalError", "InternalFailure", "ServiceUnavailable", "Unavailable": .overloaded
        default: nil
        }
    }
}

extension Timestamp {
    /// The basic form of ISO 8601 that signatures have: `20150830T123600Z`.
    var basic: String { iso(.seconds).filter { $0 != "-" && $0 != ":" } }
}

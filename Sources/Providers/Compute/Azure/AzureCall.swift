import Crypto
import Domain
import JSON
import Outbound

/// Requests below a subscription, with a token of the Microsoft identity platform.
struct AzureCall {
    static let computeVersion = "2026-04-01"
    /// The machines of the subscription.
    static let allMachines = "/providers/Microsoft.Compute/virtualMachines"

    /// The machines of the subscription, or of the configured resource group.
    let machines: String
    private let session: ComputeSession
    private let base: HTTPURL
    private let subscription: String
    private let token: String

    init(_ session: ComputeSession) throws(Failure) {
        self.session = session
        let settings = session.configuration
        base = try session.base("https://management.azure.com")
        subscription = "/subscriptions/" + (try settings.required("subscription_id"))
        let group = settings["resource_group"].map { "/resourceGroups/\($0)" } ?? ""
        machines = group + Self.allMachines
        let login = try session.base("https://login.microsoftonline.com")
        let form = URIEncoding.form([
            ("grant_type", "client_credentials"), ("client_id", try settings.required("client_id")),
            ("client_secret", try settings.required("client_secret")),
            ("scope", "https://management.azure.com/.default"),
        ])
        let response = try session.send(
            "POST", login.appending(path: try settings.required("tenant_id") + "/oauth2/v2.0/token"),
            headers: [("Content-Type", "application/x-www-form-urlencoded"), ("Accept", "application/json")],
            body: Array(form.utf8))
        let answer = try session.json(response) { problem in
            switch problem["error"]?.string {
            case "invalid_client", "unauthorized_client", "invalid_grant", "invalid_request": .invalidCredential
            default: nil
            }
        }
        token = try answer.bearer(session)
    }

    /// `path` is below the subscription.
    func get(_ path: String, _ version: String) throws(Failure) -> JSONValue {
        try get(base.appending(path: subscription + path, query: "api-version=\(version)"))
    }

    /// The elements of `value` of all pages.
    func pages(
        _ path: String, _ version: String, _ more: String = "", _ each: (JSONValue) throws(Failure) -> Void
    ) throws(Failure) {
        var url = base.appending(path: subscription + path, query: "api-version=\(version)\(more)")
        while true {
            let answer = try get(url)
            guard let values = answer["value"]?.array else { throw session.malformed }
            for value in values { try each(value) }
            guard let next = answer["nextLink"]?.string, !next.isEmpty else { return }
            url = try following(next, after: url)
        }
    }

    /// The same, and nothing at all where the application may not read it.
    func pagesIfAllowed(
        _ path: String, _ version: String, _ more: String = "", _ each: (JSONValue) -> Void
    ) throws(Failure) {
        do throws(Failure) {
            try pages(path, version, more) { (value) throws(Failure) in each(value) }
        } catch .upstream(let failure) where failure.kind == .forbidden || failure.kind == .gone {
            return
        }
    }

    /// The next page has to be at the same host: the token is for nobody else.
    private func following(_ link: String, after url: HTTPURL) throws(Failure) -> HTTPURL {
        guard let next = try? HTTPURL(link), next.origin == base.origin, next != url else { throw session.malformed }
        return next
    }

    private func get(_ url: HTTPURL) throws(Failure) -> JSONValue {
        let response = try session.send(
            "GET", url, headers: [("Authorization", "Bearer \(token)"), ("Accept", "application/json")])
        return try session.json(response) { problem in
            switch problem["error"]?["code"]?.string {
            case "InvalidAuthenticationToken", "ExpiredAuthenticationToken", "AuthenticationFailed": .invalidCredential
            case "AuthorizationFailed", "LinkedAuthorizationFailed": .forbidden
            case "SubscriptionNotFound", "ResourceGroupNotFound", "InvalidSubscriptionId": .gone
            case "TooManyRequests", "SubscriptionRequestsThrottled": .rateLimited
            default: nil
            }
        }
    }
}

extension JSONValue {
    /// The access token of an OAuth answer, fit for a header.
    func bearer(_ session: ComputeSession) throws(Failure) -> String {
        guard let token = self["access_token"]?.string, !token.isEmpty, token.utf8.allSatisfy({ 0x21...0x7E ~= $0 })
        else { throw session.malformed }
        return token
    }
}

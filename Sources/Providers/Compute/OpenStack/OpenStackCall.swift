import Crypto
import Domain
import JSON
import Outbound

/// A token of Keystone and the Nova that its catalogue names.
struct OpenStackCall {
    /// The newest microversion that Nova speaks.
    let version: String
    private let session: ComputeSession
    private let nova: HTTPURL
    private let token: String

    /// From this one on, a server's flavor is in the server.
    private static let wanted = 47
    private static let page = 1_000

    init(_ session: ComputeSession) throws(Failure) {
        self.session = session
        let address = try session.base(session.configuration.required("auth_url"))
        let hasVersion = address.path.split(separator: "/").last == "v3"
        let url = address.appending(path: hasVersion ? "auth/tokens" : "v3/auth/tokens")
        let response = try session.send(
            "POST", url, headers: [("Content-Type", "application/json"), ("Accept", "application/json")],
            body: Self.request(session.configuration))
        let answer = try session.json(response)
        guard let token = response.header("x-subject-token"), token.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
            throw session.malformed
        }
        self.token = token
        nova = try Self.nova(answer, session)
        let about = try session.json(
            try session.send("GET", Self.root(of: nova).appending(path: "/"), headers: Self.headers(token)))["version"]
        // The API before microversions has an empty one.
        let versions = [about?["version"]?.string, about?["id"]?.string].compactMap(\.self)
        guard let version = versions.first(where: { !$0.isEmpty }) else { throw session.malformed }
        self.version = version
    }

    /// Where Nova describes itself: the path up to the version. In older catalogues the project follows it, and there
    /// is nothing to read at that address.
    static func root(of nova: HTTPURL) -> HTTPURL {
        let segments = nova.path.split(separator: "/")
        let version = segments.firstIndex { $0 == "v2" || $0.hasPrefix("v2.") }
        guard let version, let origin = try? HTTPURL(nova.origin) else { return nova }
        return origin.appending(path: segments[...version].joined(separator: "/"))
    }

    /// Every server of the project, page by page; the marker is the last server of the page before.
    func servers(_ each: (JSONValue) throws(Failure) -> Void) throws(Failure) {
        var marker: String?
        while true {
            let query = "limit=\(Self.page)" + (marker.map { "&marker=" + URIEncoding.encode($0) } ?? "")
            let answer = try session.json(
                try session.send(
                    "GET", nova.appending(path: "servers/detail", query: query),
                    headers: Self.headers(token) + microversion))
            guard let servers = answer["servers"]?.array else { throw session.malformed }
            for server in servers { try each(server) }
            let hasMore = (answer["servers_links"]?.array ?? []).contains { $0["rel"]?.string == "next" }
            guard hasMore else { return }
            guard let last = servers.last?["id"]?.string, last != marker else { throw session.malformed }
            marker = last
        }
    }

    /// An older Nova refuses a version that it does not know; without flavors the sizes are unknown then.
    private var microversion: [(String, String)] {
        let parts = version.split(separator: ".").compactMap { Int($0) }
        guard parts.count == 2, parts[0] == 2, parts[1] >= Self.wanted else { return [] }
        return [("OpenStack-API-Version", "compute 2.\(Self.wanted)")]
    }

    private static func headers(_ token: String) -> [(String, String)] {
        [("X-Auth-Token", token), ("Accept", "application/json")]
    }

    /// The public endpoint of the configured region, or of the first one.
    private static func nova(_ answer: JSONValue, _ session: ComputeSession) throws(Failure) -> HTTPURL {
        guard let catalog = answer["token"]?["catalog"]?.array else { throw session.malformed }
        let region = session.configuration["region"]
        let endpoints = catalog.filter { $0["type"]?.string == "compute" }.flatMap { $0["endpoints"]?.array ?? [] }
            .filter { $0["interface"]?.string == "public" }
        let fitting = endpoints.first {
            region == nil || $0["region_id"]?.string == region || $0["region"]?.string == region
        }
        guard let text = fitting?["url"]?.string else {
            throw .upstream(UpstreamFailure(.gone, "OpenStack has no compute service for this project and region"))
        }
        do throws(URLProblem) {
            return try HTTPURL(text)
        } catch {
            throw session.malformed
        }
    }

    private static func request(_ configuration: ComputeConfiguration) throws(Failure) -> [UInt8] {
        let domain = configuration["domain_name"] ?? "Default"
        if let id = configuration["application_credential_id"] {
            let secret = try configuration.required("application_credential_secret")
            return JSONWriter.object { json in
                json.nest("auth", "identity") {
                    $0.field("methods", array: ["application_credential"])
                    $0.field(
                        "application_credential",
                        object: {
                            $0.field("id", id)
                            $0.field("secret", secret)
                        })
                }
            }
        }
        let user = try configuration.required("username")
        let password = try configuration.required("password")
        return JSONWriter.object { json in
            json.field(
                "auth",
                object: { json in
                    json.field(
                        "identity",
                        object: {
                            $0.field("methods", array: ["password"])
                            $0.nest("password", "user") {
                                $0.field("name", user)
                                $0.field("password", password)
                                $0.field("domain", object: { $0.field("name", domain) })
                            }
                        })
                    json.nest("scope", "project") {
                        if let id = configuration["tenant_id"] { return $0.field("id", id) }
                        $0.field("name", configuration["tenant_name"])
                        $0.field("domain", object: { $0.field("name", domain) })
                    }
                })
        }
    }
}

extension JSONWriter {
    /// An object in an object.
    fileprivate mutating func nest(
        _ outer: StaticString, _ inner: StaticString, _ members: (inout JSONWriter) -> Void
    ) {
        field(outer, object: { $0.field(inner, object: members) })
    }
}

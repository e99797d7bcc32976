import Domain
import JSON
import Outbound
import XCTest

@testable import Providers

/// A compute adapter that talks to a server with a script.
struct ScriptedCompute {
    let adapter: any ComputeAdapter
    let server: ScriptedServer
    let session: ComputeSession

    static let configurations: [String: [String: String]] = [
        "vsphere": ["host": "vcenter.example.com", "username": "u", "password": "secret"],
        "aws": ["access_key": "AKIDEXAMPLE", "secret_key": "secret", "region": "eu-west-1"],
        "proxmox": ["host": "pve.example.com", "username": "root@pam", "token_id": "ci", "token_secret": "secret"],
        "alibabacloud": ["access_key_id": "LTAI", "access_key_secret": "secret", "region": "cn-hangzhou"],
        "azure": ["subscription_id": "s", "tenant_id": "t", "client_id": "c", "client_secret": "secret"],
        "openstack": ["auth_url": "https://keystone/v3", "username": "u", "password": "secret", "tenant_name": "demo"],
    ]

    /// Every request gets the same answer or, with `made`, one that is made for it.
    init(_ slug: String, _ changes: [String: String], _ step: ScriptedServer.Step) throws {
        server = try ScriptedServer(Array(repeating: step, count: 60))
        (adapter, session) = try Self.open(slug, changes, at: server.origin)
    }

    init(_ slug: String, _ step: ScriptedServer.Step) throws { try self.init(slug, [:], step) }

    static func open(
        _ slug: String, _ changes: [String: String] = [:], at endpoint: String?, resolver: Resolver = .system
    ) throws -> (any ComputeAdapter, ComputeSession) {
        let adapter = try XCTUnwrap(Adapters.compute(slug))
        let fields = (configurations[slug] ?? [:]).merging(changes) { $1 }
        let object = JSONObject(fields.map { JSONObject.Member(name: $0.key, value: .string($0.value)) })
        let configuration = try ComputeConfiguration.parse(object, for: adapter)
        let policy = AddressPolicy(
            allowedNetworks: [try XCTUnwrap(NetworkRange("127.0.0.0/8"))],
            allowedPorts: try XCTUnwrap(PortSet("443,1024-65535")))
        let session = ComputeSession(
            adapter, configuration,
            at: ProviderEndpoint(url: try HTTPURL(endpoint ?? adapter.vendorEndpoint), timeoutMilliseconds: 10_000),
            with: try HTTPClient(policy: policy, authoritiesFile: nil, resolver: resolver))
        return (adapter, session)
    }

    /// The machines as `MachineList` has them.
    func machines() throws -> [Machine] {
        defer { server.stop() }
        let list = MachineList(adapter.displayName)
        try adapter.collect(list, session)
        return list.machines
    }

    /// What a list failed with.
    func failure(file: StaticString = #filePath, line: UInt = #line) throws -> UpstreamFailure {
        do {
            let found = try machines()
            XCTFail("\(found.count) machines", file: file, line: line)
        } catch Failure.upstream(let failure) {
            return failure
        }
        throw Failure.notFound("failure")
    }
}

/// The answers of a vCenter with one machine.
struct ScriptedVCenter {
    /// The XML of the machine's devices.
    var devices = ""
    /// The fault that a log-in is answered with.
    var fault: String?
    var cookie = "x"
    /// What follows the page with the machine.
    var token = ""

    @Sendable func answer(_ asked: ScriptedServer.Asked) -> ScriptedServer.Step {
        let methods = [
            "RetrieveServiceContent", "Login", "CreateContainerView", "RetrievePropertiesEx",
            "ContinueRetrievePropertiesEx", "Logout",
        ]
        let method = methods.first { asked.body.contains("<\($0) ") } ?? ""
        switch method {
        case "RetrieveServiceContent":
            return reply(
                method,
                "<returnval><rootFolder>f</rootFolder><propertyCollector>p</propertyCollector><viewManager>v</viewManager>"
                    + "<about><version>8.0</version></about><sessionManager>s</sessionManager></returnval>")
        case "Login":
            if let fault {
                return .answer(
                    500,
                    "<e:Envelope xmlns:e=\"e\"><e:Body><e:Fault><detail><\(fault)Fault/></detail></e:Fault></e:Body></e:Envelope>"
                )
            }
            return reply(method, "<returnval/>", headers: [("Set-Cookie", "vmware_soap_session=\"\(cookie)\"; Path=/")])
        case "CreateContainerView": return reply(method, "<returnval>view</returnval>")
        case "RetrievePropertiesEx" where asked.body.contains("<type>VirtualMachine</type>"):
            return reply(
                method,
                "<returnval>\(token)<objects><obj type=\"VirtualMachine\">vm-1</obj><propSet><name>config.hardware.device</name>"
                    + "<val>\(devices)</val></propSet></objects></returnval>")
        default: return reply(method, "")
        }
    }

    private func reply(
        _ method: String, _ content: String, headers: [(String, String)] = []
    ) -> ScriptedServer.Step {
        .answer(
            200,
            "<e:Envelope xmlns:e=\"e\"><e:Body><\(method)Response>\(content)</\(method)Response></e:Body></e:Envelope>",
            headers: headers)
    }
}

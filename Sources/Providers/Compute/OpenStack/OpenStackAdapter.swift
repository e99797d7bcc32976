import Domain
import JSON

/// OpenStack through Keystone v3 and Nova, with a user's password or an application credential.
///
/// The datacenter is the availability zone. Disks are those of the flavor; they are unknown for a machine with volumes,
/// which are another service's. Metadata become tags of the form `key=value`.
struct OpenStackAdapter: ComputeAdapter {
    let slug = "openstack"
    let displayName = "OpenStack"
    let vendorEndpoint = "https://localhost"
    let fields = [
        ConfigField("auth_url", .url, required: true),
        ConfigField("username", .text),
        ConfigField("password", .text),
        ConfigField("tenant_name", .text),
        ConfigField("tenant_id", .identifier),
        ConfigField("domain_name", .text),
        ConfigField("region", .text),
        ConfigField("application_credential_id", .word),
        ConfigField("application_credential_secret", .word, secret: true),
        ConfigField("insecure", .flag),
    ]

    func problems(_ configuration: ComputeConfiguration) -> [FieldProblem] {
        let other = ["username", "password", "tenant_name", "tenant_id"]
        if configuration["application_credential_id"] != nil || configuration["application_credential_secret"] != nil {
            return ["application_credential_id", "application_credential_secret"]
                .filter { configuration[$0] == nil }.map { FieldProblem($0, "is required with the other one") }
                + other.filter { configuration[$0] != nil }
                .map { FieldProblem($0, "must be left out with an application credential") }
        }
        var problems = ["username", "password"].filter { configuration[$0] == nil }
            .map { FieldProblem($0, "is required") }
        if configuration["tenant_name"] == nil, configuration["tenant_id"] == nil {
            problems.append(FieldProblem("tenant_name", "is required without tenant_id"))
        }
        return problems
    }

    func addresses(_ configuration: ComputeConfiguration) -> [(field: String, url: String)] {
        configuration["auth_url"].map { [("auth_url", $0)] } ?? []
    }

    func validate(_ session: ComputeSession) throws(Failure) { _ = try OpenStackCall(session) }

    func test(_ session: ComputeSession) throws(Failure) -> ComputeDetails {
        let nova = try OpenStackCall(session)
        let list = MachineList(displayName)
        try Self.read(nova, list, session)
        return ComputeDetails(version: nova.version, list)
    }

    func collect(_ list: MachineList, _ session: ComputeSession) throws(Failure) {
        try Self.read(try OpenStackCall(session), list, session)
    }

    private static func read(
        _ nova: OpenStackCall, _ list: MachineList, _ session: ComputeSession
    ) throws(Failure) {
        try nova.servers { (server) throws(Failure) in
            guard let machine = Machine(nova: server) else { throw session.malformed }
            try list.read(1)
            list.add(machine)
        }
    }
}

extension Machine {
    /// A server with its details; nil for what is none.
    fileprivate init?(nova server: JSONValue) {
        guard let id = server["id"]?.string, let status = server["status"]?.string else { return nil }
        let flavor = server["flavor"]
        let volumes = server["os-extended-volumes:volumes_attached"]?.array ?? []
        let disk = flavor?["disk"]?.int.flatMap { root in
            flavor?["ephemeral"]?.int.flatMap { root.addingReportingOverflow($0).overflow ? nil : root + $0 }
        }
        let metadata = server["metadata"]?.object?.members ?? []
        let tags = (server["tags"]?.array ?? []).compactMap(\.string)
        self.init(
            id: id, name: server["name"]?.string ?? id, power: MachinePower(word: status),
            cpuCount: flavor?["vcpus"]?.int, memoryMB: flavor?["ram"]?.int, diskGB: volumes.isEmpty ? disk : nil,
            ipAddress: Self.address(server["addresses"]),
            datacenter: server["OS-EXT-AZ:availability_zone"]?.string.flatMap { $0.isEmpty ? nil : $0 },
            tags: tags.sorted() + metadata.map { "\($0.name)=\($0.value.string ?? "")" }.sorted())
    }

    /// A fixed address before a floating one, and of IPv4 where there is one.
    private static func address(_ networks: JSONValue?) -> String? {
        let addresses = (networks?.object?.members ?? []).sorted { $0.name < $1.name }
            .flatMap { $0.value.array ?? [] }
        let rank = { (entry: JSONValue) in
            (entry["OS-EXT-IPS:type"]?.string == "floating" ? 2 : 0) + (entry["version"]?.int == 4 ? 0 : 1)
        }
        return addresses.enumerated().min { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }?
            .element["addr"]?.string
    }
}

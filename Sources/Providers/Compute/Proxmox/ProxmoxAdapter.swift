import Domain
import JSON
import Outbound

/// Proxmox VE with a user's password or an API token; virtual machines and containers alike.
///
/// The datacenter is the node, the cluster the name of Proxmox's own cluster. The list itself has neither disks nor
/// systems nor addresses: those are asked for each machine, for half of the time that the list has, and stay unknown
/// after that.
struct ProxmoxAdapter: ComputeAdapter {
    let slug = "proxmox"
    let displayName = "Proxmox VE"
    let vendorEndpoint = "https://localhost"
    let fields = [
        ConfigField("host", .host, required: true),
        ConfigField("port", .port),
        ConfigField("username", .identifier, required: true),
        ConfigField("password", .text),
        ConfigField("token_id", .identifierWithMark),
        ConfigField("token_secret", .word),
        ConfigField("node", .identifier),
        ConfigField("verify_ssl", .flag),
        ConfigField("insecure", .flag),
    ]

    /// Proxmox answers on three processes; this keeps all of them at work.
    private static let callsAtOnce = 4

    func problems(_ configuration: ComputeConfiguration) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        let hasToken = configuration["token_id"] != nil || configuration["token_secret"] != nil
        for (name, other) in [("token_id", "token_secret"), ("token_secret", "token_id")]
        where configuration[name] == nil && configuration[other] != nil {
            problems.append(FieldProblem(name, "is required with \(other)"))
        }
        if configuration["password"] == nil, !hasToken {
            problems.append(FieldProblem("password", "is required without token_id and token_secret"))
        }
        if configuration["password"] != nil, hasToken {
            problems.append(FieldProblem("password", "must be left out with an API token"))
        }
        if configuration["port"] != nil, configuration["host"].map(ProxmoxCall.hasPort) == true {
            problems.append(FieldProblem("port", "must be left out when host has a port"))
        }
        return problems
    }

    func addresses(_ configuration: ComputeConfiguration) -> [(field: String, url: String)] {
        [("host", ProxmoxCall.address(configuration))]
    }

    func validate(_ session: ComputeSession) throws(Failure) {
        guard try ProxmoxCall(session).get("/version")["version"]?.string != nil else { throw session.malformed }
    }

    func test(_ session: ComputeSession) throws(Failure) -> ComputeDetails {
        let call = try ProxmoxCall(session)
        guard let version = try call.get("/version")["version"]?.string else { throw session.malformed }
        let nodes = try Self.nodes(call, session)
        let machines = try Self.resources(call, session)
        return ComputeDetails(version: version, datacenters: nodes.count, machines: machines.count)
    }

    func collect(_ list: MachineList, _ session: ComputeSession) throws(Failure) {
        let call = try ProxmoxCall(session)
        _ = try Self.nodes(call, session)
        let cluster = try Self.cluster(call)
        var guests: [ProxmoxGuest] = []
        for resource in try Self.resources(call, session) {
            guard let guest = ProxmoxGuest(resource) else { throw session.malformed }
            try list.read(1)
            guests.append(guest)
        }
        let asked = try ConcurrentCalls.map(guests, atOnce: Self.callsAtOnce) { (guest) throws(Failure) in
            var guest = guest
            if session.hasMostOfItsTime { try guest.ask(call) }
            return guest.machine
        }
        for var machine in asked {
            machine.cluster = cluster
            list.add(machine)
        }
    }

    /// Nil for a node that stands alone, and where the user may not see it: it takes Sys.Audit on everything, which
    /// who may see machines need not have.
    private static func cluster(_ call: ProxmoxCall) throws(Failure) -> String? {
        let parts = try call.getIfPossible("/cluster/status")?.array ?? []
        return parts.first { $0["type"]?.string == "cluster" }?["name"]?.string
    }

    /// All nodes' names. A configured node that is not there would look like an empty one.
    private static func nodes(_ call: ProxmoxCall, _ session: ComputeSession) throws(Failure) -> [String] {
        let nodes = try call.list("/nodes").compactMap { $0["node"]?.string }
        if let wanted = session.configuration["node"], !nodes.contains(wanted) {
            throw .upstream(UpstreamFailure(.gone, "Proxmox VE has no node of the configured name"))
        }
        return nodes
    }

    private static func resources(_ call: ProxmoxCall, _ session: ComputeSession) throws(Failure) -> [JSONValue] {
        let wanted = session.configuration["node"]
        return try call.list("/cluster/resources?type=vm").filter {
            ($0["template"]?.int ?? 0) == 0 && (wanted == nil || $0["node"]?.string == wanted)
        }
    }
}

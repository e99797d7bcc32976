import Domain
import JSON

/// Google Compute Engine, with the key of a service account.
///
/// The datacenter is the zone. Labels become tags of the form `key=value`, beside the network tags. A zone that Google
/// cannot reach makes the list fail: a list without it would be short.
struct GCPAdapter: ComputeAdapter {
    let slug = "gcp"
    let displayName = "Google Cloud"
    let vendorEndpoint = "https://compute.googleapis.com"
    let fields = [
        ConfigField("project_id", .identifier, required: true),
        ConfigField("credentials_json", .document, required: true),
        ConfigField("zone", .region),
    ]

    func problems(_ configuration: ComputeConfiguration) -> [FieldProblem] {
        ServiceAccount.problem(configuration["credentials_json"] ?? "")
            .map { [FieldProblem("credentials_json", $0)] } ?? []
    }

    func validate(_ session: ComputeSession) throws(Failure) { _ = try proved(session) }

    private func proved(_ session: ComputeSession) throws(Failure) -> GCPCall {
        let call = try GCPCall(session)
        guard try call.get("")["name"]?.string != nil else { throw session.malformed }
        return call
    }

    func test(_ session: ComputeSession) throws(Failure) -> ComputeDetails {
        let call = try proved(session)
        let list = MachineList(displayName)
        var zones: Set<String> = []
        try call.instances { (instance, zone) throws(Failure) in
            try list.read(1)
            zones.insert(zone)
        }
        return ComputeDetails(version: "v1", datacenters: zones.count, machines: list.count)
    }

    func collect(_ list: MachineList, _ session: ComputeSession) throws(Failure) {
        let call = try GCPCall(session)
        var found: [(instance: JSONValue, zone: String)] = []
        try call.instances { (instance, zone) throws(Failure) in
            try list.read(1)
            found.append((instance, zone))
        }
        var sizes: [String: GCPSize] = [:]
        for (instance, zone) in found {
            guard let name = instance["machineType"].lastSegment, sizes["\(zone)/\(name)"] == nil else { continue }
            if let size = GCPSize(custom: name) {
                sizes["\(zone)/\(name)"] = size
            } else {
                sizes["\(zone)/\(name)"] = try call.size(name, in: zone)
            }
        }
        for (instance, zone) in found {
            guard let machine = Machine(gcp: instance, in: zone, sizes) else { throw session.malformed }
            list.add(machine)
        }
    }
}

/// Processors and memory of a machine type.
struct GCPSize {
    let cpuCount: Int?
    let memoryMB: Int?

    init(cpuCount: Int?, memoryMB: Int?) {
        self.cpuCount = cpuCount
        self.memoryMB = memoryMB
    }

    /// `custom-4-8192`, `n2-custom-4-8192-ext`: the name says it all. Nil for other names.
    init?(custom name: String) {
        let parts = name.split(separator: "-")
        guard let mark = parts.firstIndex(of: "custom"), mark + 2 < parts.count, let cpuCount = Int(parts[mark + 1]),
            let memory = Int(parts[mark + 2])
        else { return nil }
        self.init(cpuCount: cpuCount, memoryMB: memory)
    }
}

extension Machine {
    fileprivate init?(gcp instance: JSONValue, in zone: String, _ sizes: [String: GCPSize]) {
        guard let id = instance["id"]?.string, let name = instance["name"]?.string,
            let word = instance["status"]?.string
        else { return nil }
        let size = instance["machineType"].lastSegment.flatMap { sizes["\(zone)/\($0)"] }
        let disks = instance["disks"]?.array ?? []
        let licences = disks.flatMap { $0["licenses"]?.array ?? [] }
        let cards = instance["networkInterfaces"]?.array ?? []
        let outside = cards.lazy.flatMap { $0["accessConfigs"]?.array ?? [] }.compactMap { $0["natIP"]?.string }.first
        self.init(
            id: id, name: name, power: word == "TERMINATED" ? .off : MachinePower(word: word),
            cpuCount: size?.cpuCount, memoryMB: size?.memoryMB, os: licences.first.lastSegment,
            diskGB: Int.sum(disks.map { $0["diskSizeGb"]?.string.flatMap(Int.init) }),
            ipAddress: cards.lazy.compactMap { $0["networkIP"]?.string }.first ?? outside, datacenter: zone,
            tags: (instance["tags"]?["items"]?.array ?? []).compactMap(\.string).sorted() + instance["labels"].labels)
    }
}

extension JSONValue? {
    /// What a URL of a resource ends with.
    var lastSegment: String? { self?.string?.split(separator: "/").last.map(String.init) }
}

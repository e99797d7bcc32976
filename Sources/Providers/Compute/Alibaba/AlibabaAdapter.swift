import Crypto
import Domain
import JSON
import Outbound

/// Alibaba Cloud's Elastic Compute Service, with an access key and signatures of the newest kind (without SHA-1).
///
/// The datacenter is the zone, the cluster the VPC.
struct AlibabaAdapter: ComputeAdapter {
    let slug = "alibabacloud"
    let displayName = "Alibaba Cloud"
    let vendorEndpoint = "https://aliyuncs.com"
    let fields = [
        ConfigField("access_key_id", .identifier, required: true),
        ConfigField("access_key_secret", .word, required: true),
        ConfigField("security_token", .word, secret: true),
        ConfigField("region", .region, required: true),
    ]

    func validate(_ session: ComputeSession) throws(Failure) {
        let identity = try AlibabaCall(session).send(.sts, "GetCallerIdentity", [])
        guard identity["AccountId"]?.string != nil else { throw session.malformed }
    }

    func test(_ session: ComputeSession) throws(Failure) -> ComputeDetails {
        try validate(session)
        let call = try AlibabaCall(session)
        let list = MachineList(displayName)
        var zones: Set<String> = []
        try call.pages("DescribeInstances", "100", ["Instances", "Instance"]) { (instance) throws(Failure) in
            try list.read(1)
            if let zone = instance["ZoneId"]?.string { zones.insert(zone) }
        }
        return ComputeDetails(
            version: AlibabaCall.Service.ecs.version, datacenters: zones.count, machines: list.count)
    }

    func collect(_ list: MachineList, _ session: ComputeSession) throws(Failure) {
        let call = try AlibabaCall(session)
        var found: [JSONValue] = []
        try call.pages("DescribeInstances", "100", ["Instances", "Instance"]) { (instance) throws(Failure) in
            try list.read(1)
            found.append(instance)
        }
        let disks = try Self.disks(call)
        for instance in found {
            guard let machine = Machine(alibaba: instance, disks) else { throw session.malformed }
            list.add(machine)
        }
    }

    /// Sizes of the disks by their instance; nil where the key may not read them.
    private static func disks(_ call: AlibabaCall) throws(Failure) -> [String: [Int?]]? {
        var sizes: [String: [Int?]] = [:]
        do throws(Failure) {
            try call.pages("DescribeDisks", "500", ["Disks", "Disk"]) { (disk) throws(Failure) in
                if let owner = disk["InstanceId"]?.string { sizes[owner, default: []].append(disk["Size"]?.int) }
            }
            return sizes
        } catch .upstream(let failure) where failure.kind == .forbidden {
            return nil
        }
    }
}

extension Machine {
    fileprivate init?(alibaba instance: JSONValue, _ disks: [String: [Int?]]?) {
        guard let id = instance["InstanceId"]?.string, let word = instance["Status"]?.string else { return nil }
        let network = instance["VpcAttributes"]
        let addresses =
            [network?["PrivateIpAddress"], instance["InnerIpAddress"], instance["PublicIpAddress"]]
            .flatMap { $0?["IpAddress"]?.array ?? [] }.compactMap(\.string)
        let tags = (instance["Tags"]?["Tag"]?.array ?? []).compactMap { tag in
            tag["TagKey"]?.string.map { key in
                let value = tag["TagValue"]?.string ?? ""
                return value.isEmpty ? key : "\(key)=\(value)"
            }
        }
        let present = { (text: String?) in text.flatMap { $0.isEmpty ? nil : $0 } }
        self.init(
            id: id, name: present(instance["InstanceName"]?.string) ?? id, power: MachinePower(word: word),
            cpuCount: instance["Cpu"]?.int, memoryMB: instance["Memory"]?.int,
            os: present(instance["OSName"]?.string) ?? instance["OSType"]?.string,
            diskGB: disks.flatMap { $0[id] }.flatMap { Int.sum($0) },
            ipAddress: addresses.first ?? present(instance["EipAddress"]?["IpAddress"]?.string),
            datacenter: instance["ZoneId"]?.string, cluster: present(network?["VpcId"]?.string), tags: tags.sorted())
    }
}

import Domain
import XML

/// An instance as DescribeInstances has it.
struct AWSInstance {
    let id: String
    let type: String?
    let zone: String?
    let volumes: [String]
    private let name: String
    private let power: MachinePower
    private let cpuCount: Int?
    private let os: String?
    private let address: String?
    private let network: String?
    private let tags: [String]

    /// Nil for an item that is not an instance.
    init?(_ item: XMLElement) {
        guard let id = item.text("instanceId"), let state = item.at("instanceState", "name")?.text else { return nil }
        self.id = id
        type = item.text("instanceType")
        zone = item.at("placement", "availabilityZone")?.text
        power = MachinePower(word: state)
        volumes = (item["blockDeviceMapping"]?.children("item") ?? .none)
            .compactMap { $0.at("ebs", "volumeId")?.text }
        let options = item["cpuOptions"]
        if let cores = options?.text("coreCount").flatMap(Int.init), 1...100_000 ~= cores,
            let threads = options?.text("threadsPerCore").flatMap(Int.init), 1...1_000 ~= threads
        {
            cpuCount = cores * threads
        } else {
            cpuCount = nil
        }
        os = [item.text("platformDetails"), item.text("platform")].lazy.compactMap(\.self).first { !$0.isEmpty }
        address = [item.text("privateIpAddress"), item.text("ipAddress")].lazy.compactMap(\.self)
            .first { !$0.isEmpty }
        network = item.text("vpcId")
        let pairs = (item["tagSet"]?.children("item") ?? .none)
            .map { (key: $0.text("key") ?? "", value: $0.text("value") ?? "") }
        name = pairs.first { $0.key == "Name" }?.value ?? id
        tags = pairs.filter { $0.key != "Name" }.map { $0.value.isEmpty ? $0.key : "\($0.key)=\($0.value)" }.sorted()
    }

    /// In the words of contract 5.
    func machine(_ sizes: AWSSizes) -> Machine {
        let size = type.flatMap { sizes.types[$0] }
        return Machine(
            id: id, name: name, power: power, cpuCount: cpuCount ?? size?.cpuCount, memoryMB: size?.memoryMB, os: os,
            diskGB: Int.sum(volumes.map { sizes.volumes[$0] }), ipAddress: address, datacenter: zone, cluster: network,
            tags: tags)
    }
}

/// What instances do not say about themselves: processors and memory of their types, sizes of their volumes.
struct AWSSizes {
    private(set) var types: [String: (cpuCount: Int?, memoryMB: Int?)] = [:]
    private(set) var volumes: [String: Int] = [:]

    /// Values of one filter; EC2 takes 200.
    private static let batch = 200

    /// Asks in batches. A key that may list instances but not these leaves them unknown.
    init(of instances: [AWSInstance], _ call: AWSCall) throws(Failure) {
        let names = Set(instances.compactMap(\.type)).sorted()
        try Self.read("DescribeInstanceTypes", "instance-type", names, "instanceTypeSet", call) { item in
            guard let name = item.text("instanceType") else { return }
            types[name] = (
                item.at("vCpuInfo", "defaultVCpus").flatMap { Int($0.text) },
                item.at("memoryInfo", "sizeInMiB").flatMap { Int($0.text) }
            )
        }
        let ids = Set(instances.flatMap(\.volumes)).sorted()
        try Self.read("DescribeVolumes", "volume-id", ids, "volumeSet", call) { item in
            guard let id = item.text("volumeId"), let size = item.text("size").flatMap(Int.init),
                0...1_000_000_000 ~= size
            else { return }
            volumes[id] = size
        }
    }

    private static func read(
        _ action: String, _ filter: String, _ values: [String], _ set: String, _ call: AWSCall,
        _ each: (XMLElement) -> Void
    ) throws(Failure) {
        for start in stride(from: 0, to: values.count, by: batch) {
            let part = values[start..<min(start + batch, values.count)]
            let parameters =
                [("Filter.1.Name", filter)]
                + part.enumerated().map { ("Filter.1.Value.\($0.offset + 1)", $0.element) }
            do throws(Failure) {
                try call.pages(action, parameters) { (answer) throws(Failure) in
                    guard let items = answer[set] else { throw call.malformed }
                    items.children("item").forEach(each)
                }
            } catch .upstream(let failure) where failure.kind == .forbidden {
                return
            }
        }
    }
}

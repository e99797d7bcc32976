import Domain
import JSON

/// Microsoft Azure through the Resource Manager, with the secret of an application.
///
/// The datacenter is the location, the cluster the resource group. Power states, sizes and addresses are lists of their
/// own; what the application may not read of sizes and addresses stays unknown.
struct AzureAdapter: ComputeAdapter {
    let slug = "azure"
    let displayName = "Microsoft Azure"
    let vendorEndpoint = "https://management.azure.com"
    let fields = [
        ConfigField("subscription_id", .identifier, required: true),
        ConfigField("tenant_id", .identifier, required: true),
        ConfigField("client_id", .identifier, required: true),
        ConfigField("client_secret", .word, required: true),
        ConfigField("resource_group", .identifier),
    ]

    func validate(_ session: ComputeSession) throws(Failure) { _ = try proved(session) }

    private func proved(_ session: ComputeSession) throws(Failure) -> AzureCall {
        let call = try AzureCall(session)
        guard try call.get("", "2022-12-01")["subscriptionId"]?.string != nil else { throw session.malformed }
        return call
    }

    func test(_ session: ComputeSession) throws(Failure) -> ComputeDetails {
        let call = try proved(session)
        let list = MachineList(displayName)
        var places: Set<String> = []
        try call.pages(call.machines, AzureCall.computeVersion) { (value) throws(Failure) in
            try list.read(1)
            if let place = value["location"]?.string { places.insert(place) }
        }
        return ComputeDetails(version: AzureCall.computeVersion, datacenters: places.count, machines: list.count)
    }

    func collect(_ list: MachineList, _ session: ComputeSession) throws(Failure) {
        let call = try AzureCall(session)
        var found: [JSONValue] = []
        try call.pages(call.machines, AzureCall.computeVersion) { (value) throws(Failure) in
            try list.read(1)
            found.append(value)
        }
        var words: [String: String] = [:]
        // Only the list of the whole subscription has the states.
        try call.pagesIfAllowed(AzureCall.allMachines, AzureCall.computeVersion, "&statusOnly=true") { value in
            let codes = (value["properties"]?["instanceView"]?["statuses"]?.array ?? []).compactMap {
                $0["code"]?.string
            }
            guard let id = value["id"]?.string, let code = codes.first(where: { $0.hasPrefix("PowerState/") }) else {
                return
            }
            words[id.lowercased()] = String(code.dropFirst("PowerState/".count))
        }
        let facts = try AzureFacts(of: found, call)
        for value in found {
            guard let id = value["id"]?.string else { throw session.malformed }
            list.add(facts.machine(value, id, MachinePower(word: words[id.lowercased()] ?? "")))
        }
    }
}

/// What machines only refer to: sizes of a location, and addresses of network interfaces.
struct AzureFacts {
    private var sizes: [String: (cpuCount: Int?, memoryMB: Int?)] = [:]
    private var addresses: [String: String] = [:]

    init(of machines: [JSONValue], _ call: AzureCall) throws(Failure) {
        let places = Set(machines.compactMap { $0["location"]?.string }).sorted()
        for place in places where place.utf8.allSatisfy({ $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }) {
            try call.pagesIfAllowed(
                "/providers/Microsoft.Compute/locations/\(place)/vmSizes", AzureCall.computeVersion
            ) { value in
                guard let name = value["name"]?.string else { return }
                sizes["\(place)/\(name)"] = (value["numberOfCores"]?.int, value["memoryInMB"]?.int)
            }
        }
        guard !machines.isEmpty else { return }
        try call.pagesIfAllowed("/providers/Microsoft.Network/networkInterfaces", "2024-05-01") { value in
            let own = (value["properties"]?["ipConfigurations"]?.array ?? [])
                .compactMap { $0["properties"]?["privateIPAddress"]?.string }
            guard let id = value["id"]?.string, let address = own.first else { return }
            addresses[id.lowercased()] = address
        }
    }

    func machine(_ value: JSONValue, _ id: String, _ power: MachinePower) -> Machine {
        let properties = value["properties"]
        let place = value["location"]?.string
        let size = properties?["hardwareProfile"]?["vmSize"]?.string.flatMap { sizes["\(place ?? "")/\($0)"] }
        let cards = properties?["networkProfile"]?["networkInterfaces"]?.array ?? []
        let parts = id.split(separator: "/").map(String.init)
        let group = parts.firstIndex { $0.lowercased() == "resourcegroups" }.flatMap {
            $0 + 1 < parts.count ? parts[$0 + 1] : nil
        }
        return Machine(
            id: id, name: value["name"]?.string ?? id, power: power, cpuCount: size?.cpuCount, memoryMB: size?.memoryMB,
            os: Self.system(properties?["storageProfile"]), diskGB: Self.disks(properties?["storageProfile"]),
            ipAddress: cards.lazy.compactMap { $0["id"]?.string.flatMap { addresses[$0.lowercased()] } }.first,
            datacenter: place, cluster: group, tags: value["tags"].labels)
    }

    private static func system(_ storage: JSONValue?) -> String? {
        let image = storage?["imageReference"]
        let words = [image?["offer"]?.string, image?["sku"]?.string].compactMap(\.self)
        return words.isEmpty ? storage?["osDisk"]?["osType"]?.string : words.joined(separator: " ")
    }

    /// Nil when one disk does not say its size, as those of a machine that is not allocated.
    private static func disks(_ storage: JSONValue?) -> Int? {
        let disks = [storage?["osDisk"]].compactMap(\.self) + (storage?["dataDisks"]?.array ?? [])
        return disks.isEmpty ? nil : Int.sum(disks.map { $0["diskSizeGB"]?.int })
    }
}

extension JSONValue? {
    /// An object of texts as tags of the form `key=value`.
    var labels: [String] {
        (self?.object?.members ?? []).map { member in
            let value = member.value.string ?? ""
            return value.isEmpty ? member.name : "\(member.name)=\(value)"
        }.sorted()
    }
}

import Domain
import XML

/// VMware vCenter and ESXi through the Web Services API (`/sdk`), which has every property in one paged call, in every
/// version; the REST API has no paging and would need two more calls for each machine.
///
/// Templates are no machines. Tags are those of the Web Services API; the newer ones of the tagging service are not
/// read. With `datacenter`, only that one's machines are listed and counted.
struct VSphereAdapter: ComputeAdapter {
    let slug = "vsphere"
    let displayName = "VMware vSphere"
    let vendorEndpoint = "https://localhost"
    let fields = [
        ConfigField("host", .host, required: true),
        ConfigField("username", .text, required: true),
        ConfigField("password", .text, required: true),
        ConfigField("datacenter", .text),
        ConfigField("insecure", .flag),
    ]

    func addresses(_ configuration: ComputeConfiguration) -> [(field: String, url: String)] {
        configuration["host"].map { [("host", "https://" + $0)] } ?? []
    }

    func validate(_ session: ComputeSession) throws(Failure) {
        try VSphereCall.loggedIn(session) { (_) throws(Failure) in }
    }

    func test(_ session: ComputeSession) throws(Failure) -> ComputeDetails {
        try VSphereCall.loggedIn(session) { (call) throws(Failure) in
            let places = try VSpherePlaces(call)
            let wanted = try wanted(places, session)
            var machines = 0
            try call.retrieve("VirtualMachine", ["parent", "runtime.host", "config.template"], page: 1_000) {
                (object) in
                let isIncluded = wanted == nil || places.datacenter(of: object) == wanted
                if object.text("config.template") != "true", isIncluded { machines += 1 }
            }
            return ComputeDetails(
                version: call.version, datacenters: places.datacenters.count, machines: machines)
        }
    }

    func collect(_ list: MachineList, _ session: ComputeSession) throws(Failure) {
        try VSphereCall.loggedIn(session) { (call) throws(Failure) in
            let places = try VSpherePlaces(call)
            let wanted = try wanted(places, session)
            // The devices of a machine are some kilobytes.
            try call.retrieve("VirtualMachine", Self.properties, page: 200) { (object) throws(Failure) in
                guard object.text("config.template") != "true" else { return }
                try list.read(1)
                let machine = Self.machine(object, places)
                if wanted == nil || machine.datacenter == wanted { list.add(machine) }
            }
        }
    }

    /// The name of the configured datacenter; one that is not there would look like an empty one.
    private func wanted(_ places: VSpherePlaces, _ session: ComputeSession) throws(Failure) -> String? {
        guard let name = session.configuration["datacenter"] else { return nil }
        guard places.datacenters.contains(name) else {
            throw .upstream(UpstreamFailure(.gone, "\(displayName) has no datacenter of the configured name"))
        }
        return name
    }

    private static let properties = [
        "name", "parent", "tag", "runtime.powerState", "runtime.host", "config.template", "config.guestFullName",
        "config.hardware.numCPU", "config.hardware.memoryMB", "config.hardware.device", "guest.ipAddress",
    ]

    private static func machine(_ object: VSphereObject, _ places: VSpherePlaces) -> Machine {
        Machine(
            id: object.id, name: object.text("name") ?? object.id,
            power: MachinePower(word: object.text("runtime.powerState") ?? ""),
            cpuCount: object.text("config.hardware.numCPU").flatMap(Int.init),
            memoryMB: object.text("config.hardware.memoryMB").flatMap(Int.init),
            os: object.text("config.guestFullName"), diskGB: disks(object), ipAddress: object.text("guest.ipAddress"),
            datacenter: places.datacenter(of: object), cluster: places.cluster(of: object),
            tags: object.value("tag").map { $0.children("Tag").compactMap { $0.text("key") }.sorted() } ?? [])
    }

    /// Gibibytes of all virtual disks, rounded up; nil where the devices may not be seen.
    private static func disks(_ object: VSphereObject) -> Int? {
        guard let devices = object.value("config.hardware.device") else { return nil }
        let disks = devices.children("VirtualDevice").filter { $0.attribute("type") == "VirtualDisk" }
        return Int.sum(disks.map { $0.text("capacityInKB").flatMap(Int.init) })?.rounded(upTo: 1_048_576)
    }
}

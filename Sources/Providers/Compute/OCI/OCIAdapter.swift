import Crypto
import Domain
import JSON

/// Oracle Cloud Infrastructure, with the signing key of a user.
///
/// The datacenter is the availability domain, the cluster the compartment. Machines of one compartment are listed: the
/// configured one, or the tenancy's root. Disks are not listed beside instances and stay unknown; addresses and systems
/// are asked for one by one for half of the time that the list has.
struct OCIAdapter: ComputeAdapter {
    let slug = "oci"
    let displayName = "Oracle Cloud"
    let vendorEndpoint = "https://oraclecloud.com"
    let fields = [
        ConfigField("tenancy_ocid", .identifier, required: true),
        ConfigField("user_ocid", .identifier, required: true),
        ConfigField("fingerprint", .identifier, required: true),
        ConfigField("private_key", .document, required: true),
        ConfigField("region", .region, required: true),
        ConfigField("compartment_ocid", .identifier),
    ]

    func problems(_ configuration: ComputeConfiguration) -> [FieldProblem] {
        do throws(CryptoError) {
            _ = try RSASigner(pem: configuration["private_key"] ?? "")
            return []
        } catch {
            return [FieldProblem("private_key", "must be an RSA key in PEM, without a pass phrase")]
        }
    }

    func validate(_ session: ComputeSession) throws(Failure) {
        let path = "/users/" + (try session.configuration.required("user_ocid"))
        guard try OCICall(session).get(.identity, path).json["id"]?.string != nil else { throw session.malformed }
    }

    func test(_ session: ComputeSession) throws(Failure) -> ComputeDetails {
        try validate(session)
        let call = try OCICall(session)
        let list = MachineList(displayName)
        var places: Set<String> = []
        try call.pages("/instances") { (instance) throws(Failure) in
            try list.read(1)
            if let place = instance["availabilityDomain"]?.string { places.insert(place) }
        }
        return ComputeDetails(version: OCICall.version, datacenters: places.count, machines: list.count)
    }

    func collect(_ list: MachineList, _ session: ComputeSession) throws(Failure) {
        let call = try OCICall(session)
        var found: [JSONValue] = []
        try call.pages("/instances") { (instance) throws(Failure) in
            try list.read(1)
            found.append(instance)
        }
        let addresses = try Self.addresses(call, session)
        let systems = try Self.systems(of: found, call, session)
        for instance in found {
            guard let machine = Machine(oci: instance, addresses, systems) else { throw session.malformed }
            list.add(machine)
        }
    }

    /// The private address of each instance, by its ID.
    private static func addresses(_ call: OCICall, _ session: ComputeSession) throws(Failure) -> [String: String] {
        var cards: [(instance: String, card: String)] = []
        try call.pagesIfAllowed("/vnicAttachments") { attachment in
            guard attachment["lifecycleState"]?.string == "ATTACHED", let instance = attachment["instanceId"]?.string,
                let card = attachment["vnicId"]?.string
            else { return }
            cards.append((instance, card))
        }
        var addresses: [String: String] = [:]
        for (instance, card) in cards where session.hasMostOfItsTime && addresses[instance] == nil {
            let vnic = try call.getIfAllowed("/vnics/" + URIEncoding.encode(card))
            addresses[instance] = vnic?["privateIp"]?.string ?? vnic?["publicIp"]?.string
        }
        return addresses
    }

    /// What the images of the instances hold, by the image's ID.
    private static func systems(
        of instances: [JSONValue], _ call: OCICall, _ session: ComputeSession
    ) throws(Failure) -> [String: String] {
        var systems: [String: String] = [:]
        for image in Set(instances.compactMap { $0["imageId"]?.string }).sorted() where session.hasMostOfItsTime {
            guard let answer = try call.getIfAllowed("/images/" + URIEncoding.encode(image)) else { continue }
            let words = [answer["operatingSystem"]?.string, answer["operatingSystemVersion"]?.string].compactMap(\.self)
            if !words.isEmpty { systems[image] = words.joined(separator: " ") }
        }
        return systems
    }
}

extension Machine {
    fileprivate init?(oci instance: JSONValue, _ addresses: [String: String], _ systems: [String: String]) {
        guard let id = instance["id"]?.string, let word = instance["lifecycleState"]?.string else { return nil }
        let shape = instance["shapeConfig"]
        let whole = { (name: String) in shape?[name]?.number.flatMap { WireNumber($0).integer } }
        self.init(
            id: id, name: instance["displayName"]?.string ?? id, power: MachinePower(word: word),
            cpuCount: whole("vcpus") ?? whole("ocpus"), memoryMB: whole("memoryInGBs")?.times(1_024),
            os: instance["imageId"]?.string.flatMap { systems[$0] }, ipAddress: addresses[id],
            datacenter: instance["availabilityDomain"]?.string, cluster: instance["compartmentId"]?.string,
            tags: instance["freeformTags"].labels)
    }
}

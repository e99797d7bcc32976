import XML

/// Texts of a vCenter's answers.
enum VSphereAnswers {
    static let version = "8.0.2"

    static func envelope(_ body: String) -> String {
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            + "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" "
            + "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "
            + "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n<soapenv:Body>\n\(body)\n</soapenv:Body>\n"
            + "</soapenv:Envelope>"
    }

    static let serviceContent =
        "<returnval><rootFolder type=\"Folder\">group-d1</rootFolder>"
        + "<propertyCollector type=\"PropertyCollector\">propertyCollector</propertyCollector>"
        + "<viewManager type=\"ViewManager\">ViewManager</viewManager>"
        + "<about><name>VMware vCenter Server</name><fullName>VMware vCenter Server \(version) build-22617221</fullName>"
        + "<vendor>VMware, Inc.</vendor><version>\(version)</version><build>22617221</build>"
        + "<localeVersion>INTL</localeVersion><localeBuild>000</localeBuild><osType>linux-x64</osType>"
        + "<productLineId>vpx</productLineId><apiType>VirtualCenter</apiType><apiVersion>8.0.2.0</apiVersion></about>"
        + "<sessionManager type=\"SessionManager\">SessionManager</sessionManager></returnval>"

    static func userSession(_ user: String, _ session: String) -> String {
        let name = XMLText.escape(user)
        return "<returnval><key>\(session)</key><userName>\(name)</userName><fullName>\(name)</fullName>"
            + "<loginTime>2026-01-01T00:00:00Z</loginTime><lastActiveTime>2026-01-01T00:00:00Z</lastActiveTime>"
            + "<locale>en</locale><messageLocale>en</messageLocale><extensionSession>false</extensionSession>"
            + "<ipAddress>127.0.0.1</ipAddress><userAgent></userAgent><callCount>0</callCount></returnval>"
    }
}

/// A managed object with all properties that can be asked for, as the XML of their values.
struct VSphereManagedObject {
    let type: String
    let id: String
    let properties: [(name: String, value: String)]

    /// Two datacenters, the first with a cluster in a folder of its own, the second with a host that stands alone.
    static let places: [VSphereManagedObject] = [
        place("Folder", "group-d1", "Datacenters", nil),
        place("Folder", "group-d9", "Europe", ("Folder", "group-d1")),
        place("Datacenter", "datacenter-2", "DC1", ("Folder", "group-d9")),
        place("Datacenter", "datacenter-3", "DC2", ("Folder", "group-d1")),
        place("Folder", "group-v4", "vm", ("Datacenter", "datacenter-2")),
        place("Folder", "group-v5", "vm", ("Datacenter", "datacenter-3")),
        place("Folder", "group-h6", "host", ("Datacenter", "datacenter-2")),
        place("Folder", "group-h7", "host", ("Datacenter", "datacenter-3")),
        place("ClusterComputeResource", "domain-c8", "Cluster1", ("Folder", "group-h6")),
        place("ComputeResource", "domain-s9", "esx2.example.com", ("Folder", "group-h7")),
        place("HostSystem", "host-10", "esx1.example.com", ("ClusterComputeResource", "domain-c8")),
        place("HostSystem", "host-11", "esx2.example.com", ("ComputeResource", "domain-s9")),
    ]

    private static func place(
        _ type: String, _ id: String, _ name: String, _ parent: (type: String, id: String)?
    ) -> VSphereManagedObject {
        VSphereManagedObject(
            type: type, id: id,
            properties: [("name", text("string", name))]
                + (parent.map { [("parent", reference($0.type, $0.id))] } ?? []))
    }

    init(type: String, id: String, properties: [(name: String, value: String)]) {
        self.type = type
        self.id = id
        self.properties = properties
    }

    /// Number 0 is a template. The third machine is in a vApp and has no folder; tools do not run where it is off.
    init(_ machine: SimMachine, isTemplate: Bool = false) {
        type = "VirtualMachine"
        id = isTemplate ? "vm-9" : "vm-\(100 + machine.number)"
        let inSecond = machine.place == 1
        let disk =
            "<VirtualDevice xsi:type=\"VirtualDisk\"><key>2000</key><capacityInKB>\(machine.diskGB * 1_048_576)"
            + "</capacityInKB></VirtualDevice>"
        let card = "<VirtualDevice xsi:type=\"VirtualVmxnet3\"><key>4000</key></VirtualDevice>"
        let tag = "<Tag xsi:type=\"Tag\"><key>\(machine.tag)</key></Tag>"
        properties =
            [
                ("name", Self.text("string", isTemplate ? "template" : machine.name)),
                ("tag", "<val xsi:type=\"ArrayOfTag\">\(tag)</val>"),
                (
                    "runtime.powerState",
                    Self.text("VirtualMachinePowerState", machine.isOn && !isTemplate ? "poweredOn" : "poweredOff")
                ),
                ("runtime.host", Self.reference("HostSystem", inSecond ? "host-11" : "host-10")),
                ("config.template", Self.text("boolean", String(isTemplate))),
                ("config.guestFullName", Self.text("string", "Ubuntu Linux (64-bit)")),
                ("config.hardware.numCPU", Self.text("int", String(machine.cpuCount))),
                ("config.hardware.memoryMB", Self.text("int", String(machine.memoryMB))),
                ("config.hardware.device", "<val xsi:type=\"ArrayOfVirtualDevice\">\(card)\(disk)</val>"),
            ] + (machine.number == 3 ? [] : [("parent", Self.reference("Folder", inSecond ? "group-v5" : "group-v4"))])
            + (machine.isOn ? [("guest.ipAddress", Self.text("string", machine.address))] : [])
    }

    /// An enumeration of vCenter's own is in its own namespace, the others are those of XML Schema.
    private static func text(_ type: String, _ value: String) -> String {
        let prefix = type.first?.isUppercase == true ? "" : "xsd:"
        return "<val xsi:type=\"\(prefix)\(type)\">\(XMLText.escape(value))</val>"
    }

    private static func reference(_ type: String, _ id: String) -> String {
        "<val type=\"\(type)\" xsi:type=\"ManagedObjectReference\">\(id)</val>"
    }

    /// The object with the properties of these names, in the order in which they were asked for.
    func xml(_ names: [String]) -> String {
        let asked = names.compactMap { name in properties.first { $0.name == name } }
        return "<objects><obj type=\"\(type)\">\(id)</obj>"
            + asked.map { "<propSet><name>\($0.name)</name>\($0.value)</propSet>" }.joined() + "</objects>"
    }
}

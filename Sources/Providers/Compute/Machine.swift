/// A virtual machine in the words of contract 5. What a provider does not say is nil, never a guess.
package struct Machine: Sendable, Equatable {
    /// The provider's own ID: a managed object reference, an instance ID, `qemu/100`.
    package var id: String
    package var name: String
    package var power: MachinePower
    package var cpuCount: Int?
    /// Mebibytes.
    package var memoryMB: Int?
    /// For people, such as `Ubuntu Linux (64-bit)`; its spelling is the provider's.
    package var os: String?
    /// Gibibytes of all disks, a part of one counted as a whole.
    package var diskGB: Int?
    /// A private address where there is one, else a public one; the first of several.
    package var ipAddress: String?
    /// Datacenter, availability zone, location or node: what the provider calls the place.
    package var datacenter: String?
    /// Cluster, network or resource group: what the provider groups machines by.
    package var cluster: String?
    /// As the provider has them; a tag with a value is `key=value`.
    package var tags: [String]

    package init(
        id: String, name: String, power: MachinePower, cpuCount: Int? = nil, memoryMB: Int? = nil, os: String? = nil,
        diskGB: Int? = nil, ipAddress: String? = nil, datacenter: String? = nil, cluster: String? = nil,
        tags: [String] = []
    ) {
        self.id = id
        self.name = name
        self.power = power
        self.cpuCount = cpuCount
        self.memoryMB = memoryMB
        self.os = os
        self.diskGB = diskGB
        self.ipAddress = ipAddress
        self.datacenter = datacenter
        self.cluster = cluster
        self.tags = tags
    }
}

/// Whether a machine runs, in two forms: one word that is the same for every provider, and vSphere's word for it.
package enum MachinePower: Sendable, Equatable {
    case on
    case off
    case suspended
    /// On its way from one state to another; the provider's own word.
    case transitional(String)
    /// Neither of these; the provider's own word, empty when it has none.
    case unknown(String)

    /// `running`, `stopped`, `suspended`, `transitional` or `unknown`.
    package var status: String {
        switch self {
        case .on: "running"
        case .off: "stopped"
        case .suspended: "suspended"
        case .transitional: "transitional"
        case .unknown: "unknown"
        }
    }

    /// `poweredOn`, `poweredOff`, `suspended`, or the provider's own word where vSphere has none.
    package var state: String {
        switch self {
        case .on: "poweredOn"
        case .off: "poweredOff"
        case .suspended: "suspended"
        case .transitional(let word), .unknown(let word): word.isEmpty ? "unknown" : word
        }
    }

    /// The words of all providers that have one for each state. Case and underscores do not matter.
    package init(word: String) {
        let plain = word.lowercased().filter { $0 != "_" }
        switch plain {
        case "poweredon", "running", "active", "on": self = .on
        case "poweredoff", "stopped", "shutoff", "off", "deallocated", "shelvedoffloaded", "shelved": self = .off
        case "suspended", "paused", "saved": self = .suspended
        case "pending", "creatingimage", "build", "rebuild", "resize", "verifyresize", "migrating", "reboot",
            "hardreboot":
            self = .transitional(word)
        default: self = plain.hasSuffix("ing") || plain == "shutting-down" ? .transitional(word) : .unknown(word)
        }
    }

    /// Whether this is a word for it: one of ours, or one that some provider has.
    func isCalled(_ word: String) -> Bool {
        let wanted = word.lowercased()
        return wanted == status.lowercased() || wanted == state.lowercased() || MachinePower(word: word) == self
    }
}

/// Which machines somebody wants to see. What is nil does not restrict.
package struct MachineFilter: Sendable, Equatable {
    /// Compared whole.
    package var datacenter: String?
    /// Either form of the power state or a provider's word for it, in any case: `poweredOn`, `running` and `ACTIVE` mean
    /// the same.
    package var status: String?
    /// A part of the name, in any case.
    package var name: String?
    /// Compared whole.
    package var cluster: String?
    /// One of the machine's tags, compared whole.
    package var tag: String?

    package init(
        datacenter: String? = nil, status: String? = nil, name: String? = nil, cluster: String? = nil,
        tag: String? = nil
    ) {
        self.datacenter = datacenter
        self.status = status
        self.name = name
        self.cluster = cluster
        self.tag = tag
    }

    package func includes(_ machine: Machine) -> Bool {
        if let datacenter, machine.datacenter != datacenter { return false }
        if let cluster, machine.cluster != cluster { return false }
        if let tag, !machine.tags.contains(tag) { return false }
        if let status, !machine.power.isCalled(status) { return false }
        if let name, !machine.name.lowercased().contains(name.lowercased()) { return false }
        return true
    }
}

/// What a successful test of a connection found.
package struct ComputeDetails: Sendable, Equatable {
    /// Of the provider's software, or of the API where there is no such thing.
    package let version: String
    package let datacenters: Int
    package let machines: Int

    package init(version: String, datacenters: Int, machines: Int) {
        self.version = version
        self.datacenters = datacenters
        self.machines = machines
    }
}

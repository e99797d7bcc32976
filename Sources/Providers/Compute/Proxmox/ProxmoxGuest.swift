import Domain
import JSON

/// A virtual machine or a container as the list of a cluster's resources has it.
struct ProxmoxGuest {
    var machine: Machine
    private let node: String
    /// `qemu` or `lxc`, and the number: the path below the node.
    private let path: String
    private let isContainer: Bool
    private let isRunning: Bool

    /// Nil for what is no guest.
    init?(_ resource: JSONValue) {
        guard let id = resource["id"]?.string, let node = resource["node"]?.string,
            let number = resource["vmid"]?.int, let type = resource["type"]?.string, ["qemu", "lxc"].contains(type),
            node.utf8.allSatisfy({ $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") })
        else { return nil }
        self.node = node
        path = "/nodes/\(node)/\(type)/\(number)"
        isContainer = type == "lxc"
        let power = MachinePower(word: resource["status"]?.string ?? "")
        isRunning = power == .on
        let tags = (resource["tags"]?.string ?? "").split { [";", ",", " "].contains($0) }.map(String.init)
        machine = Machine(
            id: id, name: resource["name"]?.string ?? id, power: power,
            cpuCount: resource["maxcpu"]?.number.flatMap { WireNumber($0).integer },
            memoryMB: resource["maxmem"]?.int.map { $0 / 1_048_576 }, datacenter: node, tags: tags.sorted())
    }

    /// Adds what only the guest's configuration and its agent know.
    mutating func ask(_ call: ProxmoxCall) throws(Failure) {
        guard let configuration = try call.getIfPossible(path + "/config") else { return }
        machine.diskGB = Self.disks(configuration, isContainer)
        machine.os = configuration["ostype"]?.string.map { Self.systems[$0] ?? $0 }
        guard isRunning else { return }
        if isContainer {
            let interfaces = try call.getIfPossible(path + "/interfaces")?.array ?? []
            let addresses = interfaces.filter { $0["name"]?.string != "lo" }.compactMap { $0["inet"]?.string }
            machine.ipAddress = addresses.first.map { String($0.prefix { $0 != "/" }) }
        } else if Self.hasAgent(configuration) {
            let interfaces = try call.getIfPossible(path + "/agent/network-get-interfaces")
            machine.ipAddress = Self.address(interfaces?["result"]?.array ?? [])
            let system = try call.getIfPossible(path + "/agent/get-osinfo")
            machine.os = system?["result"]?["pretty-name"]?.string ?? machine.os
        }
    }

    /// `1`, `enabled=1` or either with more behind a comma.
    private static func hasAgent(_ configuration: JSONValue) -> Bool {
        let agent = configuration["agent"]?.string ?? configuration["agent"]?.number?.text ?? ""
        let words = agent.split(separator: ",")
        return words.contains("1") || words.contains("enabled=1")
    }

    /// The first address of an interface other than the loopback: of IPv4 where there is one.
    private static func address(_ interfaces: [JSONValue]) -> String? {
        let addresses = interfaces.filter { $0["name"]?.string != "lo" }.flatMap { $0["ip-addresses"]?.array ?? [] }
            .compactMap { entry in
                entry["ip-address"]?.string.map { (isOld: entry["ip-address-type"]?.string == "ipv4", text: $0) }
            }
            .filter { !$0.text.hasPrefix("127.") && !$0.text.hasPrefix("fe80:") && $0.text != "::1" }
        return (addresses.first { $0.isOld } ?? addresses.first)?.text
    }

    /// Gibibytes of all disks that are no CD drives, rounded up; nil when one does not say its size.
    private static func disks(_ configuration: JSONValue, _ isContainer: Bool) -> Int? {
        let prefixes = isContainer ? ["rootfs", "mp"] : ["scsi", "virtio", "ide", "sata", "efidisk", "tpmstate"]
        var sizes: [Int?] = []
        for member in configuration.object?.members ?? [] {
            let isDisk = prefixes.contains { prefix in
                member.name.hasPrefix(prefix) && member.name.dropFirst(prefix.count).allSatisfy(\.isNumber)
            }
            guard isDisk, let text = member.value.string, !text.contains("media=cdrom"), text != "none" else {
                continue
            }
            let words = text.split(separator: ",")
            // What is bound from the host has no size of its own.
            let size = words.first { $0.hasPrefix("size=") }?.dropFirst(5)
            if size == nil, isContainer { continue }
            sizes.append(size.flatMap(Self.mebibytes))
        }
        return Int.sum(sizes)?.rounded(upTo: 1_024)
    }

    /// `32G`, `528K`, `4M`, `2T`; parts of a mebibyte count as a whole one.
    private static func mebibytes(_ size: Substring) -> Int? {
        guard let unit = size.last, let value = Int(size.dropLast()), 0...(1 << 30) ~= value else { return nil }
        return switch unit {
        case "K": value.rounded(upTo: 1_024)
        case "M": value
        case "G": value * 1_024
        case "T": value * 1_048_576
        default: nil
        }
    }

    /// What the manual of Proxmox VE calls these types; other ones are names of distributions.
    private static let systems: [String: String] = [
        "l24": "Linux 2.4", "l26": "Linux", "solaris": "Solaris", "other": "Other", "wxp": "Windows XP",
        "w2k": "Windows 2000", "w2k3": "Windows 2003", "w2k8": "Windows 2008", "wvista": "Windows Vista",
        "win7": "Windows 7", "win8": "Windows 8/2012", "win10": "Windows 10/2016/2019",
        "win11": "Windows 11/2022/2025",
    ]
}

import Domain

/// Everything that machines are in, found by walking from each to what contains it.
struct VSpherePlaces {
    private struct Place {
        let type: String
        let name: String
        let parent: String?
    }

    private var places: [String: Place] = [:]

    /// Datacenters nest in folders, and folders in folders; nobody has as many levels as this.
    private static let mostLevels = 64

    init(_ call: VSphereCall) throws(Failure) {
        for type in ["Datacenter", "Folder", "ComputeResource", "HostSystem"] {
            try call.retrieve(type, ["name", "parent"], page: 1_000) { object in
                places[object.id] = Place(
                    type: object.type, name: Self.unescaped(object.text("name") ?? object.id),
                    parent: object.text("parent"))
            }
        }
    }

    var datacenters: Set<String> { Set(places.values.filter { $0.type == "Datacenter" }.map(\.name)) }

    /// The nearest datacenter above the machine, or above its host for one in a vApp.
    func datacenter(of machine: VSphereObject) -> String? {
        for start in [machine.text("parent"), machine.text("runtime.host")] {
            if let found = above(start, "Datacenter") { return found }
        }
        return nil
    }

    /// The cluster of the machine's host; a host that stands alone is in none.
    func cluster(of machine: VSphereObject) -> String? {
        guard let host = machine.text("runtime.host").flatMap({ places[$0] }),
            let parent = host.parent.flatMap({ places[$0] }), parent.type == "ClusterComputeResource"
        else { return nil }
        return parent.name
    }

    private func above(_ start: String?, _ type: String) -> String? {
        var next = start
        for _ in 0..<Self.mostLevels {
            guard let place = next.flatMap({ places[$0] }) else { return nil }
            if place.type == type { return place.name }
            next = place.parent
        }
        return nil
    }

    /// vCenter escapes three characters in names of what it keeps in folders.
    static func unescaped(_ name: String) -> String {
        guard name.contains("%") else { return name }
        var result: [UInt8] = []
        var rest = Array(name.utf8)[...]
        while let octet = rest.popFirst() {
            switch (octet, String(decoding: rest.prefix(2), as: UTF8.self).lowercased()) {
            case (UInt8(ascii: "%"), "2f"): result.append(UInt8(ascii: "/"))
            case (UInt8(ascii: "%"), "5c"): result.append(UInt8(ascii: "\\"))
            case (UInt8(ascii: "%"), "25"): result.append(octet)
            default:
                result.append(octet)
                continue
            }
            rest = rest.dropFirst(2)
        }
        return String(decoding: result, as: UTF8.self)
    }
}

import XML

/// The property collector over one container view. What a page needs is in the token of the page before.
struct VSphereCollector {
    private let type: String
    private let properties: [String]
    private let most: Int
    private let inventory: SimInventory
    private var start = 0
    private var number = 1

    /// Pages of a vCenter that is asked for more.
    private static let largestPage = 1_000

    init(_ method: XMLElement, _ inventory: SimInventory) throws(Problem) {
        guard let specification = method["specSet"], let wanted = specification["propSet"],
            let type = wanted.text("type"), let view = specification.at("objectSet", "obj")?.text,
            view.hasPrefix("view-")
        else {
            throw .invalid(
                Refusal(message: "A specified parameter was not correct: specSet", parameter: nil, code: nil))
        }
        self.type = type
        self.inventory = inventory
        properties = wanted.children("pathSet").map(\.text)
        most = method.at("options", "maxObjects").flatMap { Int($0.text) } ?? Self.largestPage
    }

    init(token: String, _ inventory: SimInventory) throws(Problem) {
        let parts = token.split(separator: "|").map(String.init)
        guard parts.count == 5, let start = Int(parts[2]), let number = Int(parts[3]), let most = Int(parts[1]),
            1...1_000_000 ~= number
        else {
            throw .invalid(Refusal(message: "A specified parameter was not correct: token", parameter: nil, code: nil))
        }
        type = parts[0]
        self.most = most
        self.start = start
        self.number = number
        self.inventory = inventory
        properties = parts[4].split(separator: ",").map(String.init)
    }

    func nextPage() throws(Problem) -> String { try page(from: start, number: number) }

    func page(from start: Int, number: Int) throws(Problem) -> String {
        guard type == "VirtualMachine" else {
            let fitting = VSphereManagedObject.places.filter { fits($0.type) }
            return fitting.isEmpty ? "" : "<returnval>" + fitting.map { $0.xml(properties) }.joined() + "</returnval>"
        }
        if inventory.breaksAtPage == number { throw .serverError }
        let (machines, next) = inventory.page(from: start, most: min(max(most, 1), Self.largestPage))
        let template = start == 0 ? [VSphereManagedObject(SimMachine(0), isTemplate: true)] : []
        let objects = template + machines.map { VSphereManagedObject($0) }
        let token = next.map {
            "<token>\(type)|\(most)|\($0)|\(number + 1)|\(properties.joined(separator: ","))</token>"
        }
        return "<returnval>\(token ?? "")" + objects.map { $0.xml(properties) }.joined() + "</returnval>"
    }

    /// A cluster is a compute resource too.
    private func fits(_ object: String) -> Bool {
        object == type || type == "ComputeResource" && object == "ClusterComputeResource"
    }
}

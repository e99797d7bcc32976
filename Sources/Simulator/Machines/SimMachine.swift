/// One simulated virtual machine, the same for every provider that has machines; each writes it in its own words.
struct SimMachine: Sendable, Equatable {
    let number: Int
    let name: String
    let isOn: Bool
    let cpuCount: Int
    let memoryMB: Int
    let diskGB: Int
    let address: String
    /// 0 or 1: which of the provider's two places.
    let place: Int
    let tag: String

    /// The machine of that number, from 1 on: webs and databases in turn, every seventh one switched off.
    init(_ number: Int) {
        self.number = number
        let isWeb = number % 2 == 1
        name = (isWeb ? "web-" : "db-") + String(number)
        isOn = number % 7 != 0
        cpuCount = isWeb ? 2 : 8
        memoryMB = isWeb ? 4_096 : 16_384
        diskGB = isWeb ? 40 : 500
        address = "10.0.\(number / 250 % 250).\(number % 250 + 1)"
        place = number % 3 == 0 ? 1 : 0
        tag = isWeb ? "web" : "database"
    }
}

/// How large an account is and where its list breaks off, both read from the name of the user, so that the simulator
/// keeps nothing: `machines=1203` and `break=2` anywhere in it.
struct SimInventory: Sendable, Equatable {
    let count: Int
    /// The page whose request fails, the first one being 1.
    let breaksAtPage: Int?

    /// 5 machines and no break where the name does not say otherwise.
    init(_ name: String) {
        count = min(Self.number("machines=", in: name) ?? 5, 60_000)
        breaksAtPage = Self.number("break=", in: name)
    }

    /// For a session's ID, which `init` reads back.
    var text: String { "machines=\(count)." + (breaksAtPage.map { "break=\($0)." } ?? "") }

    /// The machines from an index on, and the index after them; nil after the last one.
    func page(from start: Int, most: Int) -> (machines: [SimMachine], next: Int?) {
        let start = min(max(start, 0), count)
        let end = start + min(max(most, 1), count - start)
        return ((start..<end).map { SimMachine($0 + 1) }, end < count ? end : nil)
    }

    private static func number(_ mark: String, in text: String) -> Int? {
        let start = text.indices.first { text[$0...].hasPrefix(mark) }
        guard let start else { return nil }
        return Int(text[start...].dropFirst(mark.count).prefix { $0.isASCII && $0.isNumber }.prefix(6))
    }
}

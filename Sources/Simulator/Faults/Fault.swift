/// Something that goes wrong on demand.
enum Fault: Equatable, Sendable {
    case badKey, forbidden, noMoney, rateLimit, overloaded, serverError, modelGone
    /// The right answer, but late.
    case slow(milliseconds: Int)
    case hang, drip, cut, garbage, html, empty, endless, redirect, deepJSON, wrongModel
    /// A key or a message asks for a fault that there is not; saying so is kinder than a test that passes by mistake.
    case unknown

    /// Every name that `init(name:)` takes, without `slow`'s number.
    static let names = [
        "bad-key", "forbidden", "no-money", "rate-limit", "overloaded", "server-error", "model-gone", "slow", "hang",
        "drip", "cut", "garbage", "html", "empty", "endless", "redirect", "deep-json", "wrong-model",
    ]

    /// Takes a name of the list, `slow=MILLISECONDS` too; nil for anything else.
    init?(name: String) {
        let parts = name.split(separator: "=", maxSplits: 1)
        if parts.first == "slow" {
            guard let milliseconds = parts.count == 1 ? 3_000 : Int(parts[1]), 0...600_000 ~= milliseconds else {
                return nil
            }
            self = .slow(milliseconds: milliseconds)
            return
        }
        switch name {
        case "bad-key": self = .badKey
        case "forbidden": self = .forbidden
        case "no-money": self = .noMoney
        case "rate-limit": self = .rateLimit
        case "overloaded": self = .overloaded
        case "server-error": self = .serverError
        case "model-gone": self = .modelGone
        case "hang": self = .hang
        case "drip": self = .drip
        case "cut": self = .cut
        case "garbage": self = .garbage
        case "html": self = .html
        case "empty": self = .empty
        case "endless": self = .endless
        case "redirect": self = .redirect
        case "deep-json": self = .deepJSON
        case "wrong-model": self = .wrongModel
        default: return nil
        }
    }

    /// The fault of that name from a key or a message.
    static func ordered(_ name: String) -> Fault { Fault(name: name) ?? .unknown }

    /// The problem that a vendor renders in its own shape; nil for a fault that is not a refusal.
    func problem(model: String) -> Problem? {
        switch self {
        case .badKey: .badKey
        case .forbidden: .forbidden
        case .noMoney: .noMoney
        case .rateLimit: .rateLimited
        case .overloaded: .overloaded
        case .serverError: .serverError
        case .modelGone: .retiredModel(model)
        default: nil
        }
    }
}

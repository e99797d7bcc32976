/// What a provider may have to say no to. Each vendor writes it in its own shape, in one `switch`.
enum Problem: Error, Equatable, Sendable {
    case missingKey
    case badKey
    case forbidden
    case noMoney
    case rateLimited
    case overloaded
    case serverError
    case unknownPath
    case wrongMethod(allowed: [String])
    /// The body is not a JSON object; the parser's reason.
    case badJSON(String)
    /// A parameter that is missing, unknown, of the wrong type, out of range or not for this model.
    case invalid(Refusal)
    case unknownModel(String)
    case retiredModel(String)
    /// The model exists but does something else.
    case wrongKindOfModel(String)

    /// Seconds that a client is told to wait after `rateLimited`.
    static let retryAfterSeconds = 7
}

/// A refused parameter in the vendor's words.
struct Refusal: Equatable, Sendable {
    let message: String
    let parameter: String?
    /// A machine-readable reason, for vendors that have one.
    let code: String?
}

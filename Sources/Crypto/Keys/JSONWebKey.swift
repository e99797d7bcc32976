import JSON

/// One key of a JWK Set (RFC 7517, RFC 7518 section 6, RFC 8037), not yet turned into a key.
struct JSONWebKey {
    private enum Form {
        case rsa
        case ec
        case okp
        case oct
        case unknown
    }

    private let members: JSONObject
    private let form: Form
    private let id: String?

    /// Throws `malformed` when the value is no JWK or holds private members.
    init(_ value: JSONValue) throws(CryptoError) {
        guard let members = value.object else { throw .malformed("it is not an object") }
        self.members = members
        guard let type = members["kty"]?.string else { throw .malformed("'kty' is missing or not a text") }
        form =
            switch type {
            case "RSA": .rsa
            case "EC": .ec
            case "OKP": .okp
            case "oct": .oct
            default: .unknown
            }
        switch members["kid"] {
        case nil: id = nil
        case .string(let text)? where !text.isEmpty && text.utf8.count <= 255: id = text
        default: throw .malformed("'kid' is not a text of 1 to 255 octets")
        }
        if form != .oct, let name = Self.privateMembers.first(where: { members[$0] != nil }) {
            throw .malformed("it holds the private member '\(name)'")
        }
    }

    /// RFC 7518 sections 6.2.2, 6.3.2 and 6.4; `k` beside a public key is no less a leak.
    private static let privateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]

    var isSecret: Bool { form == .oct }

    /// The key, or nil when it is well formed but not for verifying tokens with an algorithm that is known here.
    func verificationKey() throws(CryptoError) -> VerificationKey? {
        guard try isForVerifying(), let algorithm = try algorithm() else { return nil }
        switch form {
        case .rsa:
            let key = try PublicKey.rsa(modulus: number("n"), exponent: number("e"))
            return try VerificationKey(publicKey: key, algorithm, id: id)
        case .ec:
            let key = try PublicKey.p256(x: octets("x"), y: octets("y"))
            return try VerificationKey(publicKey: key, algorithm, id: id)
        case .okp:
            return try VerificationKey(publicKey: PublicKey.ed25519(octets("x")), algorithm, id: id)
        case .oct:
            var secret = try octets("k")
            defer { wipe(&secret) }
            return try VerificationKey(secret: secret, algorithm, id: id)
        case .unknown:
            return nil
        }
    }

    private func isForVerifying() throws(CryptoError) -> Bool {
        if let use = members["use"] {
            guard let use = use.string else { throw .malformed("'use' is not a text") }
            guard use == "sig" else { return false }
        }
        if let operations = members["key_ops"] {
            guard let operations = operations.array else { throw .malformed("'key_ops' is not an array") }
            guard operations.contains(.string("verify")) else { return false }
        }
        return true
    }

    /// The algorithm, or nil for one that is not known here. Throws when a known one does not fit the key type.
    private func algorithm() throws(CryptoError) -> JWTAlgorithm? {
        var named: JWTAlgorithm?
        if let value = members["alg"] {
            guard let text = value.string else { throw .malformed("'alg' is not a text") }
            guard let known = JWTAlgorithm(rawValue: text) else { return nil }
            named = known
        }
        guard let fitting = try fittingAlgorithms() else { return nil }
        guard let named else {
            guard form != .oct else { throw .malformed("a shared secret needs an 'alg' of HS256, HS384 or HS512") }
            return fitting.first
        }
        guard fitting.contains(named) else { throw .malformed("'alg' \(named.rawValue) does not fit the key type") }
        return named
    }

    /// What this type of key is for, the default first; nil for an unknown type or curve.
    private func fittingAlgorithms() throws(CryptoError) -> [JWTAlgorithm]? {
        switch form {
        case .rsa: [.rs256, .rs384, .rs512, .ps256]
        case .ec: try curve() == "P-256" ? [.es256] : nil
        case .okp: try curve() == "Ed25519" ? [.edDSA] : nil
        case .oct: [.hs256, .hs384, .hs512]
        case .unknown: nil
        }
    }

    private func curve() throws(CryptoError) -> String {
        guard let curve = members["crv"]?.string else { throw .malformed("'crv' is missing or not a text") }
        return curve
    }

    private func octets(_ name: String) throws(CryptoError) -> [UInt8] {
        guard let text = members[name]?.string, let octets = Base64URL.decode(text) else {
            throw .malformed("'\(name)' is missing or not base64url")
        }
        return octets
    }

    /// Base64urlUInt of RFC 7518 section 2: without leading zeros.
    private func number(_ name: String) throws(CryptoError) -> [UInt8] {
        let octets = try octets(name)
        guard octets.first.map({ $0 != 0 }) ?? false else {
            throw .malformed("'\(name)' is empty or has leading zeros")
        }
        return octets
    }
}

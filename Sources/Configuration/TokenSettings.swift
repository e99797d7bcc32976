import Crypto
import Foundation

/// Where the keys for tokens come from and what a token must say.
package struct TokenSettings: Sendable {
    package let verification: JWTSettings
    /// The claim that names the tenant.
    package let tenantClaim: String
    /// For HS256, also the key that `providerctl token` signs with.
    package let secretFile: String?
    /// Public keys: `RS256:/path/key.pem`.
    package let pemFiles: [(algorithm: JWTAlgorithm, path: String)]
    package let jwksFile: String?

    init(_ file: inout ConfigurationFile) throws(ConfigurationError) {
        verification = JWTSettings(
            issuer: file.text("jwt_issuer"), audience: file.text("jwt_audience"),
            leewaySeconds: Int64(try file.int("jwt_leeway", default: 30, in: 0...60)))
        tenantClaim = file.text("tenant_claim") ?? "tenant"
        secretFile = file.text("jwt_secret_file")
        jwksFile = file.text("jwks_file")
        var pems: [(algorithm: JWTAlgorithm, path: String)] = []
        for entry in file.list("jwt_pem") {
            let parts = entry.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let algorithm = JWTAlgorithm(rawValue: String(parts[0])) else {
                throw ConfigurationError("jwt_pem", "'\(entry)' is not 'RS256:/path/key.pem'")
            }
            pems.append((algorithm, String(parts[1])))
        }
        pemFiles = pems
        guard secretFile != nil || jwksFile != nil || !pems.isEmpty else {
            throw ConfigurationError("jwt_secret_file", "is missing, and so are jwks_file and jwt_pem")
        }
    }

    /// The secret's octets. Throws when there is none, it is too short, or others may read it.
    package func secret() throws(ConfigurationError) -> [UInt8] {
        guard let secretFile else { throw ConfigurationError("jwt_secret_file", "is not set") }
        let text = try ConfigurationFile.read(secretFile, setting: "jwt_secret_file", isSecret: true)
        guard let octets = Base64.decode(String(text.filter { !$0.isWhitespace })), octets.count >= 32 else {
            throw ConfigurationError("jwt_secret_file", "\(secretFile) must hold at least 32 octets in base64")
        }
        return octets
    }

    /// The keys that do not change while the program runs: the secret and the PEM files.
    package func fixedKeys() throws(ConfigurationError) -> JWTKeySet {
        var keys = JWTKeySet.empty
        if secretFile != nil {
            let secret = try secret()
            keys = try Self.naming("jwt_secret_file") { () throws(CryptoError) in
                try keys.merging(.secret(secret, algorithm: .hs256))
            }
        }
        for (algorithm, path) in pemFiles {
            let text = try ConfigurationFile.read(path, setting: "jwt_pem")
            keys = try Self.naming("jwt_pem", path) { () throws(CryptoError) in
                try keys.merging(.pem(text, algorithm: algorithm))
            }
        }
        return keys
    }

    private static func naming<Value>(
        _ setting: String, _ path: String? = nil, _ body: () throws(CryptoError) -> Value
    ) throws(ConfigurationError) -> Value {
        do throws(CryptoError) {
            return try body()
        } catch {
            throw ConfigurationError(setting, (path.map { $0 + ": " } ?? "") + error.text)
        }
    }
}

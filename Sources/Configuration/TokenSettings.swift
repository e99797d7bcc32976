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

    /// The secret's octets. Throws when there is none or it is too short.
    package func secret() throws(ConfigurationError) -> [UInt8] {
        guard let secretFile else { throw ConfigurationError("jwt_secret_file", "is not set") }
        let text = String(
            try ConfigurationFile.read(secretFile, setting: "jwt_secret_file").filter { !$0.isWhitespace })
        guard let octets = Base64.decode(text), octets.count >= 32 else {
            throw ConfigurationError("jwt_secret_file", "must hold at least 32 octets in base64")
        }
        return octets
    }

    /// The keys that do not change while the program runs: the secret and the PEM files.
    package func fixedKeys() throws(ConfigurationError) -> JWTKeySet {
        var keys = JWTKeySet.empty
        do throws(CryptoError) {
            if secretFile != nil { keys = try keys.merging(.secret(secretOctets(), algorithm: .hs256)) }
            for (algorithm, path) in pemFiles {
                keys = try keys.merging(.pem(pem(path), algorithm: algorithm))
            }
        } catch {
            throw ConfigurationError("jwt_secret_file or jwt_pem", "\(error)")
        }
        return keys
    }

    private func secretOctets() throws(CryptoError) -> [UInt8] {
        do throws(ConfigurationError) { return try secret() } catch { throw .malformed(error.description) }
    }

    private func pem(_ path: String) throws(CryptoError) -> String {
        do throws(ConfigurationError) {
            return try ConfigurationFile.read(path, setting: "jwt_pem")
        } catch {
            throw .malformed(error.description)
        }
    }
}

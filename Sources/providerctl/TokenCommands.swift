import Configuration
import Crypto
import Domain
import Foundation
import JSON

extension Command {
    static let token = Command(
        "token", "issues a token, signed with the local key",
        usage: """
            --sub NAME [--role ROLE …] [--tenant NAME] [--permission WORD …] [--ttl 1h]
              --sub NAME         who the token is for
              --role ROLE        Owner, Admin, Manager or another role of the configuration; may be repeated
              --tenant NAME      the tenant whose configurations the caller works on; without it the caller's own
              --permission WORD  a permission beyond those of the roles, such as ai:use; may be repeated
              --ttl TIME         how long it is valid: 90s, 15m, 1h, 30d; negative for an expired one. Default 1h
            """
    ) { arguments, invocation in
        guard let subject = try arguments.option("--sub") else { throw UsageError("--sub is missing") }
        guard 1...255 ~= subject.utf8.count, !subject.unicodeScalars.contains(where: \.isControl) else {
            throw UsageError("--sub must be a text of 1 to 255 octets without control characters")
        }
        var roles: [String] = []
        while let role = try arguments.option("--role") { roles.append(role) }
        var permissions: [String] = []
        while let permission = try arguments.option("--permission") { permissions.append(permission) }
        let tenant = try arguments.option("--tenant")
        let ttl = try TimeToLive(try arguments.option("--ttl") ?? "1h").seconds
        try arguments.finish()
        let settings = try invocation.installation().configuration.tokens
        let now = Timestamp.now().seconds
        let claims = JSONWriter.object {
            $0.field("sub", subject)
            if let tenant {
                $0.key(escaping: settings.tenantClaim)
                $0.string(tenant)
            }
            if !roles.isEmpty { $0.field("roles", array: roles) }
            if !permissions.isEmpty { $0.field("permissions", array: permissions) }
            $0.fieldIfPresent("iss", settings.verification.issuer)
            $0.fieldIfPresent("aud", settings.verification.audience)
            // Not later than its end, so that an expired token is expired and nothing else.
            $0.field("iat", Int(min(now, now + ttl)))
            $0.field("exp", Int(now + ttl))
        }
        let token = try JWTSigner.sign(claims: claims, secret: try settings.secret(), algorithm: .hs256, keyID: nil)
        invocation.output.text(token)
        invocation.output.json {
            $0.object {
                $0.field("token", token)
                $0.field("expiresAt", Timestamp(seconds: now + ttl).iso(.seconds))
            }
        }
        return .success
    }

    static let verifyToken = Command(
        "token verify", "checks a token against the configured keys, and says why not",
        usage: """
            [--jwks FILE] [TOKEN]
              --jwks FILE  another set of keys; then no configuration is needed
              TOKEN        the token; without it, it is read from standard input
            """
    ) { arguments, invocation in
        let jwks = try arguments.option("--jwks")
        let word = arguments.word()
        try arguments.finish()
        let output = invocation.output
        let verifier = try verifier(jwks: jwks, invocation)
        guard let token = (word ?? readLine())?.filter({ !$0.isWhitespace }), !token.isEmpty else {
            throw UsageError("there is no token")
        }
        do throws(JWTError) {
            let claims = try verifier.verify(token, now: Timestamp.now().seconds)
            output.text("valid until \(Timestamp(seconds: claims.expiresAt).iso(.seconds)) for \(claims.subject)")
            output.json {
                $0.object {
                    $0.field("valid", true)
                    $0.field("claims", claims.claims)
                }
            }
            return .success
        } catch {
            output.text("not valid: \(error.reason)")
            output.json {
                $0.object {
                    $0.field("valid", false)
                    $0.field("reason", error.reason)
                }
            }
            return .no
        }
    }

    private static func verifier(jwks path: String?, _ invocation: Invocation) throws -> JWTVerifier {
        guard let path else {
            let tokens = try invocation.installation().configuration.tokens
            var keys = try tokens.fixedKeys()
            if let path = tokens.jwksFile { keys = try keys.merging(keySet(path, "jwks_file")) }
            return JWTVerifier(keys: keys, settings: tokens.verification)
        }
        return JWTVerifier(keys: try keySet(path, "--jwks"), settings: JWTSettings())
    }

    private static func keySet(_ path: String, _ setting: String) throws(ConfigurationError) -> JWTKeySet {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError(setting, "\(path) cannot be read")
        }
        do throws(CryptoError) {
            return try .jwks(Array(data))
        } catch {
            throw ConfigurationError(setting, "\(path): \(error.text)")
        }
    }
}

extension Unicode.Scalar {
    fileprivate var isControl: Bool { properties.generalCategory == .control }
}

/// A length of time as people write it: `90s`, `15m`, `-1h`, `30d`, or plain seconds.
struct TimeToLive {
    let seconds: Int64

    init(_ text: String) throws(UsageError) {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        let unit = text.last.flatMap { units[$0] }
        let number = Int64(unit == nil ? text[...] : text.dropLast())
        // Ten years either way: more is a mistake.
        guard let number, case (let seconds, let overflow) = number.multipliedReportingOverflow(by: unit ?? 1),
            !overflow,
            -315_360_000...315_360_000 ~= seconds
        else { throw UsageError("--ttl '\(text)' is not a time such as 90s, 15m, 1h or 30d, of at most 10 years") }
        self.seconds = seconds
    }
}

import Crypto
import Domain
import JSON

/// Which claims say what.
package struct TokenClaims: Sendable {
    package let tenant: String

    package init(tenant: String = "tenant") { self.tenant = tenant }
}

/// The keys of the moment.
package struct Verification: Sendable {
    package let verifier: JWTVerifier
    /// Another number for each set of keys: what was verified with an earlier one is verified again.
    package let generation: Int

    package init(verifier: JWTVerifier, generation: Int) {
        self.verifier = verifier
        self.generation = generation
    }
}

/// Turns an `Authorization` header into a caller.
package final class Authenticator: Sendable {
    private struct Verified {
        let caller: Caller
        let generation: Int
    }

    private let verification: @Sendable () -> Verification
    private let roles: RoleTable
    private let claims: TokenClaims
    private let cache = TokenCache<Verified>(capacity: 4_096)

    /// `verification` is asked for at every request, so that a withdrawn key is seen at once; it must be cheap.
    package init(verification: @escaping @Sendable () -> Verification, roles: RoleTable, claims: TokenClaims) {
        self.verification = verification
        self.roles = roles
        self.claims = claims
    }

    /// Every reason to refuse looks alike: `.unauthenticated`.
    package func caller(authorization header: String?, now: Timestamp) throws(Failure) -> Caller {
        guard let header, let token = Self.bearerToken(header) else { throw .unauthenticated }
        let current = verification()
        if let known = cache.value(for: token, now: now.seconds), known.generation == current.generation {
            return known.caller
        }
        let verified: JWTClaims
        do throws(JWTError) {
            verified = try current.verifier.verify(token, now: now.seconds)
        } catch {
            throw .unauthenticated
        }
        let caller = try caller(verified)
        cache.store(Verified(caller: caller, generation: current.generation), for: token, until: verified.expiresAt)
        return caller
    }

    /// The scheme is matched without case (RFC 9110, 11.1).
    private static func bearerToken(_ header: String) -> String? {
        let octets = Array(header.utf8)
        guard octets.count > 7, octets[6] == UInt8(ascii: " "),
            octets[..<6].elementsEqual("bearer".utf8, by: { $0 | 0x20 == $1 })
        else { return nil }
        return String(decoding: octets[7...].drop { $0 == UInt8(ascii: " ") }, as: UTF8.self)
    }

    private func caller(_ token: JWTClaims) throws(Failure) -> Caller {
        let names = Self.texts(token.claims["roles"]) + Self.texts(token.claims["role"])
        // `scope` is one text of words (RFC 8693), `scopes` and `permissions` are lists.
        let explicit =
            Self.texts(token.claims["permissions"]) + Self.texts(token.claims["scopes"])
            + (token.claims["scope"]?.string?.split(separator: " ").map(String.init) ?? [])
        return Caller(
            subject: token.subject,
            owner: try owner(token),
            permissions: roles.permissions(of: names, explicit: explicit),
            isAdministrator: roles.administers(names))
    }

    /// The tenant, or the subject of a token without one. A tenant that cannot be one, such as a number, is refused:
    /// taken for none, its people would work on configurations of their own without noticing.
    private func owner(_ token: JWTClaims) throws(Failure) -> Owner {
        switch token.claims[claims.tenant] {
        case nil, .null, .string(""): return .user(token.subject)
        case .string(let tenant):
            guard tenant.utf8.count <= 255,
                !tenant.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
            else { throw .unauthenticated }
            return .tenant(tenant)
        default: throw .unauthenticated
        }
    }

    private static func texts(_ value: JSONValue?) -> [String] {
        switch value {
        case .string(let text): [text]
        case .array(let elements): elements.compactMap(\.string)
        default: []
        }
    }
}

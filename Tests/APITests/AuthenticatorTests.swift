import Crypto
import Domain
import Synchronization
import XCTest

@testable import API

final class AuthenticatorTests: XCTestCase {
    private let noon = Timestamp(seconds: 1_772_712_000)

    private func authenticator(tenantClaim: String = "tenant") throws -> Authenticator {
        let keys = try Tokens.keys()
        return Authenticator(
            verification: { Verification(verifier: JWTVerifier(keys: keys, settings: JWTSettings()), generation: 0) },
            roles: .standard, claims: TokenClaims(tenant: tenantClaim))
    }

    /// The caller of a token with these claims beside `sub` and `exp`.
    private func caller(_ claims: String, tenantClaim: String = "tenant") throws -> Caller {
        let token = try Tokens.sign("{\"sub\":\"alice\",\"exp\":\(noon.seconds + 60),\(claims)}")
        return try authenticator(tenantClaim: tenantClaim).caller(authorization: "Bearer " + token, now: noon)
    }

    private func assertRefused(
        _ claims: String, _ message: String = "", file: StaticString = #filePath, line: UInt = #line
    ) {
        XCTAssertThrowsError(try caller(claims), claims, file: file, line: line) {
            XCTAssertEqual($0 as? Failure, .unauthenticated, file: file, line: line)
        }
    }

    // MARK: - What a token gives

    func testRolesGivePermissions() throws {
        let all = Set(Permission.allCases)
        for (claims, permissions, administers) in [
            ("\"roles\":[\"Owner\"]", all, true),
            ("\"roles\":[\"Admin\"]", all, true),
            ("\"roles\":\"Admin\"", all, true),
            ("\"role\":\"Admin\"", all, true),
            ("\"role\":[\"Manager\",\"Admin\"]", all, true),
            ("\"roles\":[\"Manager\"]", [.aiRead, .aiUse], false),
            ("\"roles\":[\"Manager\"],\"role\":\"Owner\"", all, true),
            ("\"roles\":[\"admin\",\" Admin\",\"Admin \",\"Administrator\",\"\"]", [], false),
            ("\"roles\":\"Manager Admin\"", [], false),
            ("\"roles\":[1,null,[\"Admin\"],{\"Admin\":true}]", [], false),
            ("\"roles\":{\"Admin\":true}", [], false),
            ("\"Roles\":[\"Admin\"]", [], false),
            ("\"x\":1", [], false),
        ] as [(String, Set<Permission>, Bool)] {
            let caller = try caller(claims)
            XCTAssertEqual(caller.permissions, permissions, claims)
            XCTAssertEqual(caller.isAdministrator, administers, claims)
        }
    }

    func testExplicitPermissionsAddToRolesAndMakeNoAdministrator() throws {
        for (claims, permissions) in [
            ("\"permissions\":[\"ai:read\"]", [.aiRead]),
            ("\"permissions\":\"ai:manage\"", [.aiManage]),
            ("\"permissions\":\"ai:manage ai:read\"", []),
            ("\"scopes\":[\"ai:use\",\"ai:read\"]", [.aiUse, .aiRead]),
            ("\"scope\":\"openid ai:read  ai:manage profile\"", [.aiRead, .aiManage]),
            ("\"scope\":[\"ai:read\"]", []),
            ("\"scope\":\"ai:read,ai:manage\"", []),
            ("\"scope\":\"AI:READ ai:read\u{301} ai:*\"", []),
            (
                "\"permissions\":[\"ai:read\"],\"scope\":\"ai:use\",\"scopes\":[\"ai:manage\"]",
                [.aiRead, .aiUse, .aiManage]
            ),
            ("\"roles\":[\"Manager\"],\"permissions\":[\"ai:manage\"]", [.aiRead, .aiUse, .aiManage]),
        ] as [(String, Set<Permission>)] {
            let caller = try caller(claims)
            XCTAssertEqual(caller.permissions, permissions, claims)
            XCTAssertFalse(caller.isAdministrator, claims)
        }
    }

    func testTheOwnerIsTheTenantOrWithoutOneTheSubject() throws {
        XCTAssertEqual(try caller("\"tenant\":\"acme\"").owner, .tenant("acme"))
        XCTAssertEqual(try caller("\"tenant\":\"acme\"").subject, "alice")
        for claims in ["\"x\":1", "\"tenant\":null", "\"tenant\":\"\"", "\"Tenant\":\"acme\""] {
            XCTAssertEqual(try caller(claims).owner, .user("alice"), claims)
        }
        XCTAssertEqual(try caller("\"org\":\"acme\",\"tenant\":\"x\"", tenantClaim: "org").owner, .tenant("acme"))
        XCTAssertEqual(try caller("\"tenant\":\"acme\"", tenantClaim: "org").owner, .user("alice"))
        let longest = String(repeating: "é", count: 127) + "x"
        XCTAssertEqual(try caller("\"tenant\":\"\(longest)\"").owner, .tenant(longest))
    }

    func testATenantThatCannotBeOneIsRefusedAndNotTakenForNone() {
        for tenant in [
            "42", "true", "[\"acme\"]", "{}", "\"\(String(repeating: "é", count: 128))\"", "\"a\\nb\"", "\"a\\u0085b\"",
        ] {
            assertRefused("\"tenant\":\(tenant)")
        }
    }

    // MARK: - The header

    func testTheSchemeIsMatchedWithoutCase() throws {
        let token = try Tokens.sign("{\"sub\":\"alice\",\"exp\":\(noon.seconds + 60)}")
        let authenticator = try authenticator()
        for header in ["Bearer \(token)", "bearer \(token)", "BEARER \(token)", "bEaReR \(token)", "Bearer   \(token)"]
        {
            XCTAssertEqual(try authenticator.caller(authorization: header, now: noon).subject, "alice", header)
        }
        for header in [
            nil, "", " ", "Bearer", "Bearer ", "Bearer  ", token, "Basic \(token)", "Bearer\(token)",
            "Bearer\t\(token)",
            " Bearer \(token)", "Bearer \(token) x", "Bearer \(token) ", "Bearer \(token),", "Bearer \"\(token)\"",
            "Bearer: \(token)", "Bearer \(token.dropLast())", "Bearer x.\(token)", "Bearer ..", "\u{2}earer \(token)",
            "Token \(token)", "Bearеr \(token)",
        ] {
            XCTAssertThrowsError(try authenticator.caller(authorization: header, now: noon), header ?? "nil") {
                XCTAssertEqual($0 as? Failure, .unauthenticated)
            }
        }
    }

    // MARK: - Time and keys

    func testATokenEndsWithItsLeewayThoughItWasRememberedBefore() throws {
        let token = "Bearer " + (try Tokens.sign("{\"sub\":\"alice\",\"exp\":\(noon.seconds + 60)}"))
        let authenticator = try authenticator()
        for seconds in [0, 59, 60, 89] as [Int64] {
            let now = Timestamp(seconds: noon.seconds + seconds)
            XCTAssertEqual(try authenticator.caller(authorization: token, now: now).subject, "alice")
        }
        for seconds in [90, 1_000] as [Int64] {
            let now = Timestamp(seconds: noon.seconds + seconds)
            XCTAssertThrowsError(try authenticator.caller(authorization: token, now: now))
        }
    }

    func testATokenThatWasVerifiedIsNotVerifiedAgainWithTheSameKeys() throws {
        let verifications = Mutex(try Tokens.keys())
        let authenticator = Authenticator(
            verification: {
                Verification(
                    verifier: JWTVerifier(keys: verifications.withLock { $0 }, settings: JWTSettings()), generation: 7)
            }, roles: .standard, claims: TokenClaims())
        let token = "Bearer " + (try Tokens.sign("{\"sub\":\"alice\",\"exp\":\(noon.seconds + 60)}"))
        XCTAssertEqual(try authenticator.caller(authorization: token, now: noon).subject, "alice")
        // Nothing verifies any more, and nobody said so with a new number.
        verifications.withLock { $0 = .empty }
        XCTAssertEqual(try authenticator.caller(authorization: token, now: noon).subject, "alice")
    }

    func testANewGenerationOfKeysVerifiesEverythingAgain() throws {
        let current = Mutex((keys: try Tokens.keys(), generation: 0))
        let authenticator = Authenticator(
            verification: {
                let (keys, generation) = current.withLock { $0 }
                return Verification(
                    verifier: JWTVerifier(keys: keys, settings: JWTSettings()), generation: generation)
            }, roles: .standard, claims: TokenClaims())
        let token = "Bearer " + (try Tokens.sign("{\"sub\":\"alice\",\"exp\":\(noon.seconds + 60)}"))
        XCTAssertEqual(try authenticator.caller(authorization: token, now: noon).subject, "alice")
        let others = try Tokens.keys(octet: 9)
        current.withLock { $0 = (others, 1) }
        XCTAssertThrowsError(try authenticator.caller(authorization: token, now: noon)) {
            XCTAssertEqual($0 as? Failure, .unauthenticated)
        }
        let first = try Tokens.keys()
        current.withLock { $0 = (first, 2) }
        XCTAssertEqual(try authenticator.caller(authorization: token, now: noon).subject, "alice")
    }
}

/// Tokens of a key that only the tests know.
enum Tokens {
    static func keys(octet: UInt8 = 5) throws -> JWTKeySet {
        try .secret(Array(repeating: octet, count: 32), algorithm: .hs256)
    }

    static func sign(_ claims: String) throws -> String {
        try JWTSigner.sign(
            claims: Array(claims.utf8), secret: Array(repeating: 5, count: 32), algorithm: .hs256)
    }
}

import Crypto
import Domain
import Foundation
import HTTP
import Outbound
import Providers
import ScratchDatabase
import Store
import XCTest

@testable import API

/// A test case whose application has a migrated database and no network.
class ApplicationTestCase: XCTestCase {
    nonisolated(unsafe) private static var shared: Result<MigratedDatabase, any Error>?

    override class func setUp() {
        super.setUp()
        shared = Result { try MigratedDatabase() }
    }

    override class func tearDown() {
        do {
            try shared?.get().drop()
        } catch {
            XCTFail("the scratch database is still there: \(error)")
        }
        shared = nil
        super.tearDown()
    }

    let sink = Sink()
    let tenant = "tenant \(UInt64.random(in: 0 ... .max))"

    func ring(octet: UInt8 = 1) throws -> KeyRing {
        try KeyRing(parsing: "k1 \(Data(repeating: octet, count: 32).base64EncodedString())")
    }

    func store(octet: UInt8 = 1) throws -> Store {
        Store(pool: try XCTUnwrap(Self.shared).get().application, keys: try ring(octet: octet))
    }

    func application(
        isDevelopment: Bool = false, corsOrigins: Set<String> = [], readiness: Readiness = .ready
    ) throws -> Application {
        let pool = try XCTUnwrap(Self.shared).get().application
        let (ring, keys) = (try ring(), try Tokens.keys())
        return Application(
            Installation(
                isDevelopment: isDevelopment,
                authenticator: Authenticator(
                    verification: {
                        Verification(verifier: JWTVerifier(keys: keys, settings: JWTSettings()), generation: 0)
                    }, roles: .standard, claims: TokenClaims()),
                providers: ProviderClient(try HTTPClient(policy: .production, authoritiesFile: nil)),
                gate: ReadinessGate { readiness }, corsOrigins: corsOrigins, log: sink.log,
                makeStore: { Store(pool: pool, keys: ring, durations: $0) }))
    }

    func token(_ role: String = "Admin") throws -> String {
        "Bearer "
            + (try Tokens.sign(
                """
                {"sub":"alice","tenant":"\(tenant)","role":"\(role)","exp":\(Timestamp.now().seconds + 600)}
                """))
    }

    /// Sends a request; with a token unless `role` is nil.
    func send(
        _ method: String, _ path: String, _ headers: [String: String] = [:], query: String = "",
        body: String = "", role: String? = "Admin", to application: Application? = nil
    ) throws -> Response {
        var headers = headers
        if let role { headers["authorization"] = try token(role) }
        let request = Request(
            method: Method(rawValue: method) ?? .get, path: path, query: try Query(query), id: "request-1",
            remoteAddress: "192.0.2.7", receivedAt: .now(), bodyLimit: 1_024,
            source: FakeSource(headers: headers, body: Array(body.utf8)))
        return try (application ?? self.application()).respond(method: method, to: request, durations: Durations())
    }

    /// A connection whose credential was never proved, since nothing leaves the machine.
    func connection(octet: UInt8 = 1) throws -> Connection {
        try store(octet: octet).transaction { (transaction) throws(Failure) in
            try transaction.configure(
                ProviderSlug("openai"), for: .tenant(tenant),
                with: NewCredential(
                    secret: Secret("{\"apiKey\":\"sk-0123456789abcdef\"}"), type: "api_key", hint: nil),
                settings: ModelSettingsChange(), defaultModel: "gpt-4o", at: .now()
            ).connection
        }
    }
}

/// What nginx would send.
private struct FakeSource: RequestSource {
    let headers: [String: String]
    let body: [UInt8]

    func header(_ name: String) -> String? { headers[name] }

    func readBody(limit: Int) throws(Failure) -> [UInt8] {
        guard body.count <= limit else { throw .tooLarge(limit: limit) }
        return body
    }
}

extension Response {
    var text: String { String(decoding: body, as: UTF8.self) }

    /// The names of the headers in their order.
    var names: [String] { headers.map(\.0) }
}

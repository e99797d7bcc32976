import Domain
import Postgres
import XCTest

@testable import Store

final class ProviderTests: StoreTestCase {
    func testTheProvidersAreThoseOfTheContract() throws {
        let providers = try store.providers()
        XCTAssertEqual(
            providers.filter { $0.kind == "language" }.map(\.slug), ["claude", "cohere", "gemini", "ollama", "openai"])
        XCTAssertEqual(
            providers.filter { $0.kind == "media" }.map(\.displayName),
            ["Black Forest Labs", "Fal.ai", "MiniMax", "Replicate", "Runway ML"])
        XCTAssertEqual(Set(providers.map(\.kind)), ["compute", "image", "language", "media"])
        XCTAssertEqual(providers.filter { $0.kind == "image" }.map(\.displayName), ["OpenRouter", "Requesty"])
        XCTAssertTrue(providers.allSatisfy { $0.kind == "compute" || $0.enabled && $0.timeoutMilliseconds == 30_000 })
        XCTAssertTrue(providers.allSatisfy { $0.defaultModel != nil || ["compute", "image"].contains($0.kind) })
        XCTAssertEqual(try store.provider(Slug.openai).endpointURL, "https://api.openai.com/v1")
        XCTAssertEqual(failure { try store.provider(Slug.nobody) }, .notFound("Provider"))
    }

    func testAnEndpointIsChangedAndGivenBack() throws {
        func set(_ slug: ProviderSlug, _ url: String?) throws -> ProviderRecord {
            try transact { (transaction) throws(Failure) in try transaction.setEndpoint(of: slug, to: url) }
        }
        XCTAssertEqual(try set(Slug.gemini, "http://127.0.0.1:9/v1").endpointURL, "http://127.0.0.1:9/v1")
        XCTAssertEqual(try store.provider(Slug.gemini).endpointURL, "http://127.0.0.1:9/v1")
        XCTAssertEqual(try set(Slug.gemini, nil).endpointURL, "https://generativelanguage.googleapis.com")
        XCTAssertEqual(failure { try set(Slug.nobody, nil) }, .notFound("Provider"))
        XCTAssertEqual(try value("SELECT version FROM providers WHERE slug = 'gemini'", as: Int.self), 3)
    }

    func testASlugIsReservedInTheDatabaseWhereItIsInTheProgram() throws {
        for word in ProviderSlug.reserved {
            XCTAssertThrowsError(
                try run(
                    """
                    INSERT INTO providers (slug, display_name, kind, endpoint_url, vendor_endpoint_url, auth_type)
                    VALUES ('\(word)', 'x', 'language', 'x', 'x', 'bearer')
                    """),
                word
            ) { XCTAssertEqual(($0 as? PostgresError)?.sqlState, "23514", "\(word): \($0)") }
        }
    }

    // MARK: - Failures of the database

    func testAFailureOfTheDatabaseShowsNothingOfIt() throws {
        func failure(_ state: String) -> Failure {
            Failure(postgres: .server(sqlState: state, constraint: "c", message: "secret table"))
        }
        for state in ["40001", "40P01", "53000", "53100", "53200", "53300", "53400", "25006"] {
            XCTAssertEqual(failure(state), .unavailable(retryAfter: 1), state)
        }
        for state in ["22021", "22P05"] {
            XCTAssertEqual(failure(state), .invalid("body", "contains characters that cannot be stored"), state)
        }
        XCTAssertEqual(failure("23505"), .defect("SQLSTATE 23505 c secret table"))
        for error in [PostgresError.unavailable("host"), .outcomeUnknown, .timedOut] {
            XCTAssertEqual(Failure(postgres: error), .unavailable(retryAfter: 2))
        }
        XCTAssertEqual(Failure(postgres: .decoding(column: 2, "is NULL")), .defect("column 2: is NULL"))
    }

    func testATextWithANULIsTheCallersMistake() throws {
        XCTAssertEqual(
            failure { try configure(settings: .named("a\u{0}b")) },
            .invalid("body", "contains characters that cannot be stored"))
        XCTAssertEqual(try store.connections(of: owner).count, 0)
    }

    // MARK: - Moments

    func testMomentsComeBackToTheMicrosecond() throws {
        for microseconds in [
            0, 1, 999_999, 1_000_000, 1_772_712_000_123_456, 1_772_712_000_120_000, 951_782_400_000_000,
            253_402_300_799_999_999, -1, -62_135_596_800_000_000,
        ] as [Int64] {
            let moment = Timestamp(microseconds: microseconds)
            XCTAssertEqual(try value("SELECT \(moment)::timestamptz", as: Timestamp.self), moment)
        }
    }

    func testWhatIsNoMomentIsNotRead() {
        for text in [
            "", "infinity", "-infinity", "2024-01-01", "2024-01-01 12:00:00", "2024-01-01 12:00:00+01",
            "2024-02-30 12:00:00+00", "2024-01-01 12:00:00.1234567+00", "0044-03-15 00:00:00+00 BC",
            "12024-01-01 12:00:00+00", "2024-01-01 12:00:00.+00x", "2024-1-01 12:00:00.00+00",
        ] {
            let octets = Array(text.utf8)
            XCTAssertNil(octets.withUnsafeBufferPointer { Timestamp(sqlText: $0) }, text)
        }
    }
}

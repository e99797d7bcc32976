import Domain
import JSON
import Outbound
import Providers
import XCTest

final class CredentialsTests: XCTestCase {
    private func parse(_ provider: String, _ json: String) throws -> Credentials {
        try Credentials.parse(provider, try XCTUnwrap(try JSONParser.parse(json).object))
    }

    private func assert(
        _ provider: String, _ json: String, isRefusedWith expected: [FieldProblem], line: UInt = #line
    ) {
        XCTAssertThrowsError(try parse(provider, json), line: line) {
            XCTAssertEqual($0 as? Failure, .invalid(expected), line: line)
        }
    }

    func testEachProviderHasItsField() throws {
        for slug in ["openai", "claude", "gemini", "cohere"] {
            XCTAssertEqual(try parse(slug, #"{"apiKey":"sk-1"}"#), .apiKey(Secret("sk-1")))
            assert(slug, "{}", isRefusedWith: [FieldProblem("credentials.apiKey", "is required")])
        }
        XCTAssertEqual(
            try parse("ollama", #"{"baseUrl":"http://localhost:11434"}"#),
            .baseURL(try HTTPURL("http://localhost:11434")))
        assert("ollama", "{}", isRefusedWith: [FieldProblem("credentials.baseUrl", "is required")])
    }

    func testEveryProblemIsNamedAtOnce() {
        assert(
            "openai", #"{"foo":1,"baseUrl":"http://x"}"#,
            isRefusedWith: [
                FieldProblem("credentials.foo", "is not known"), FieldProblem("credentials.baseUrl", "is not known"),
                FieldProblem("credentials.apiKey", "is required"),
            ])
        assert(
            "openai", #"{"apiKey":"sk-1","foo":1}"#, isRefusedWith: [FieldProblem("credentials.foo", "is not known")])
    }

    func testAKeyThatCannotTravelInAHeaderIsRefused() {
        for (value, reason) in [
            ("null", "must be a string"), ("7", "must be a string"), (#""""#, "must not be empty"),
            (#""a b""#, "must be printable ASCII without spaces"),
            (#""a\r\nX: y""#, "must be printable ASCII without spaces"),
            (#""sk-é""#, "must be printable ASCII without spaces"),
            (#""sk-1\n""#, "must be printable ASCII without spaces"),
            ("\"" + String(repeating: "k", count: 4_097) + "\"", "must not be longer than 4,096 characters"),
        ] {
            assert("claude", "{\"apiKey\":\(value)}", isRefusedWith: [FieldProblem("credentials.apiKey", reason)])
        }
    }

    func testTheMaskOfWhatIsStoredIsNotStoredInItsPlace() {
        let mask = "is the mask of what is stored"
        assert("openai", #"{"apiKey":"***masked***"}"#, isRefusedWith: [FieldProblem("credentials.apiKey", mask)])
        assert("ollama", #"{"baseUrl":"***masked***"}"#, isRefusedWith: [FieldProblem("credentials.baseUrl", mask)])
        assert(
            "vsphere", #"{"host":"vcenter.example.com","username":"u","password":"***masked***"}"#,
            isRefusedWith: [FieldProblem("credentials.password", mask)])
    }

    func testAProviderThatCannotBeCalledTakesNothing() {
        XCTAssertThrowsError(try parse("hyperv", "{}")) {
            guard case .invalid(let problems)? = $0 as? Failure else { return XCTFail("\($0)") }
            XCTAssertEqual(problems.map(\.field), ["provider"])
        }
        XCTAssertEqual(
            ["openai", "fal_ai", "requesty", "vsphere", "hyperv", "nobody"].filter(Adapters.canCall),
            ["openai", "fal_ai", "requesty", "vsphere"])
    }

    func testAnAddressThatIsNoBaseURLIsRefused() {
        for value in ["localhost", "ftp://localhost", "http://", "http://user:hunter2@localhost", "http://h/?x=1"] {
            XCTAssertThrowsError(try parse("ollama", "{\"baseUrl\":\"\(value)\"}"), value) {
                guard case .invalid(let problems)? = $0 as? Failure else { return XCTFail("\($0)") }
                XCTAssertEqual(problems.map(\.field), ["credentials.baseUrl"])
                XCTAssertFalse(problems.contains { $0.reason.contains("hunter2") })
            }
        }
    }

    func testWhatIsSealedIsReadBack() throws {
        for credentials in [
            Credentials.apiKey(Secret("sk-\"\\/1")), .baseURL(try HTTPURL("http://127.0.0.1:11434/api")),
        ] {
            XCTAssertEqual(try Credentials(serialized: credentials.serialized()), credentials)
        }
        XCTAssertEqual(Credentials.apiKey(Secret("sk-1")).serialized().exposeText(), #"{"apiKey":"sk-1"}"#)
    }

    func testWhatWasNotSealedByUsIsADefectWithoutItsText() {
        for text in ["", "sk-topsecret", #"{"apiKey":""}"#, #"{"apiKey":"a","b":"c"}"#, #"{"password":"topsecret"}"#] {
            XCTAssertThrowsError(try Credentials(serialized: Secret(text))) {
                guard case .defect(let reason)? = $0 as? Failure else { return XCTFail("\($0)") }
                XCTAssertFalse(reason.contains("topsecret"))
            }
        }
    }

    func testTheHintIsTheEndOfALongKeyOnly() throws {
        XCTAssertEqual(Credentials.apiKey(Secret("sk-0123456789abcdef")).hint, "…cdef")
        XCTAssertNil(Credentials.apiKey(Secret("short")).hint)
        XCTAssertNil(Credentials.baseURL(try HTTPURL("http://localhost:11434")).hint)
    }

    func testADescriptionMasksTheKey() {
        let credentials = Credentials.apiKey(Secret("sk-topsecret"))
        XCTAssertFalse("\(credentials) \(String(reflecting: credentials))".contains("topsecret"))
    }
}

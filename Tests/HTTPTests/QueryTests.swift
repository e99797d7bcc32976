import Domain
import HTTP
import XCTest

final class QueryTests: XCTestCase {
    func testValuesAreDecodedAfterSplitting() throws {
        let query = try Query("a=1&b=x%26y%3Dz&c=&d&e=a+b&f=%C3%A4")
        XCTAssertEqual(query.names, ["a", "b", "c", "d", "e", "f"])
        XCTAssertEqual(query.names.map { query[$0] }, ["1", "x&y=z", "", "", "a b", "ä"])
        XCTAssertNil(query["g"])
    }

    /// nginx sees `refresh=` and `format=` where they stand; another spelling of them must not do the same.
    func testAnEscapedNameIsNotKnown() throws {
        let query = try Query("%72efresh=true&for+mat=csv")
        XCTAssertNil(query["refresh"])
        XCTAssertThrowsError(try query.allow(["refresh", "for mat"])) {
            XCTAssertEqual(
                $0 as? Failure,
                .invalid([
                    FieldProblem("%72efresh", "is not a known parameter"),
                    FieldProblem("for+mat", "is not a known parameter"),
                ]))
        }
    }

    func testAnEmptyQueryHasNoParameters() throws {
        XCTAssertEqual(try Query("").names, [])
        XCTAssertEqual(try Query("&&").names, [])
    }

    func testWhatIsNoQueryIsRefused() {
        for text in ["a=%", "a=%4", "a=%zz", "%ff=1", "a=%00", "a=1&a=2", "a=%C3"] {
            XCTAssertThrowsError(try Query(text), text)
        }
    }

    func testTooManyParametersAreRefused() {
        let many = (0...100).map { "p\($0)=1" }.joined(separator: "&")
        XCTAssertThrowsError(try Query(many))
    }

    func testUnknownParametersAreNamed() throws {
        let query = try Query("limit=1&colour=red")
        XCTAssertNoThrow(try query.allow(["limit", "colour"]))
        XCTAssertThrowsError(try query.allow(["limit"])) {
            XCTAssertEqual($0 as? Failure, .invalid("colour", "is not a known parameter"))
        }
    }

    func testLongAndManyAndMissingNamesAreNamedBriefly() throws {
        let long = String(repeating: "n", count: 9_000)
        XCTAssertThrowsError(try Query(long).allow([])) {
            XCTAssertEqual($0 as? Failure, .invalid(String(long.prefix(64)), "is not a known parameter"))
        }
        XCTAssertThrowsError(try Query("=1").allow([])) {
            XCTAssertEqual($0 as? Failure, .invalid("A parameter without a name", "is not a known parameter"))
        }
        let many = try Query((0..<100).map { "p\($0)" }.joined(separator: "&"))
        XCTAssertThrowsError(try many.allow([])) {
            guard case .invalid(let problems)? = $0 as? Failure else { return XCTFail("\($0)") }
            XCTAssertEqual(problems.count, 20)
        }
    }
}

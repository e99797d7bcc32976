import Domain
import HTTP
import XCTest

final class ConditionalTests: XCTestCase {
    private let tag = EntityTag(version: 3, rest: "17")

    func testATagBeginsWithItsVersion() {
        XCTAssertEqual(tag.text, "\"3-17\"")
    }

    func testIfMatchComparesVersions() throws {
        XCTAssertNil(try EntityTag.versions(ifMatch: nil))
        XCTAssertNil(try EntityTag.versions(ifMatch: "*"))
        XCTAssertEqual(try EntityTag.versions(ifMatch: "\"3-17\""), [3])
        XCTAssertEqual(try EntityTag.versions(ifMatch: "\"3-99\" , \"5-0\""), [3, 5])
    }

    func testWeakAndForeignTagsMatchNothing() throws {
        XCTAssertEqual(try EntityTag.versions(ifMatch: "W/\"3-17\""), [])
        XCTAssertEqual(try EntityTag.versions(ifMatch: "\"abc\", \"\""), [])
    }

    func testWhatIsNoListOfTagsIsRefused() {
        for header in [
            "", "3-17", "\"3-17", "3-17\"", "\"", ",", "*, \"3-17\"", "w/\"3\"", "\"3-1\"7\"", "\"3 17\"", "\"3-é\"",
        ] {
            XCTAssertThrowsError(try EntityTag.versions(ifMatch: header), header)
        }
    }

    func testIfNoneMatchComparesTheWholeTagWeakly() {
        for header in ["*", "\"3-17\"", "W/\"3-17\"", "\"x\", \"3-17\""] {
            XCTAssertTrue(tag.isNamed(by: header), header)
        }
        for header in [nil, "\"3-18\"", "3-17", ""] { XCTAssertFalse(tag.isNamed(by: header), header ?? "none") }
    }
}

import Domain
import XCTest

final class SecretTests: XCTestCase {
    private struct Holder {
        let name = "holder"
        let secret: Secret
        let optional: Secret?
        let list: [Secret]
    }

    func testASecretShowsInNoDescription() {
        let secret = Secret("sk-live-hunter2hunter2")
        let holder = Holder(secret: secret, optional: secret, list: [secret])
        var dumped = ""
        dump(secret, to: &dumped)
        dump(holder, to: &dumped)
        var printed = ""
        print(secret, holder, Optional(secret) as Any, to: &printed)
        debugPrint(secret, holder, [secret], ["key": secret], to: &printed)
        let texts = [
            dumped, printed, "\(secret)", "\(holder)", String(describing: secret), String(reflecting: secret),
            String(describing: holder), String(reflecting: holder),
            String(describing: Mirror(reflecting: secret).children.map(\.value)),
            "\(Result<Secret, any Error>.success(secret))",
        ]
        for text in texts {
            XCTAssertFalse(text.contains("hunter2"), text)
            // The octets as numbers would show it, too.
            XCTAssertFalse(text.contains("115, 107"), text)
        }
        XCTAssertTrue(dumped.contains("***masked***"))
        XCTAssertEqual("\(secret)", "***masked***")
    }

    func testASecretIsExposedWhereThatIsSaid() {
        XCTAssertEqual(Secret("käse").exposeText(), "käse")
        XCTAssertEqual(Secret("ab").expose(), [0x61, 0x62])
        XCTAssertEqual(Secret([0, 255]).expose(), [0, 255])
        XCTAssertTrue(Secret("").isEmpty)
        XCTAssertFalse(Secret("x").isEmpty)
        XCTAssertEqual(Secret("a"), Secret([0x61]))
        XCTAssertNotEqual(Secret("a"), Secret("b"))
    }

    func testAHintIsGivenOnlyWhenEnoughStaysHidden() {
        XCTAssertEqual(Secret("0123456789abcdef").hint, "…cdef")
        XCTAssertNil(Secret("0123456789abcde").hint)
        XCTAssertNil(Secret("").hint)
    }
}

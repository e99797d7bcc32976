import Domain
import Foundation
import XCTest

final class CurrencyTests: XCTestCase {
    func testCodesOfTheListAreCurrencies() {
        for code in ["USD", "EUR", "JPY", "CHF", "ZWG", "XCG", "XOF"] { XCTAssertEqual(Currency(code)?.code, code) }
    }

    func testNothingElseIsOne() {
        for code in ["", "usd", "Usd", "US", "USDT", "ZZZ", " USD", "USD ", "XAU", "XXX", "XTS", "DEM", "ЕUR"] {
            XCTAssertNil(Currency(code), code)
        }
    }

    /// The list of another library, which keeps the currencies of the past as well.
    func testEveryCodeOfTheListIsKnownElsewhereOrNewerThanThat() {
        let known = Set(Locale.Currency.isoCurrencies.map(\.identifier))
        let letters = (UInt8(ascii: "A")...UInt8(ascii: "Z")).map { String(UnicodeScalar($0)) }
        let ours = letters.flatMap { first in letters.flatMap { second in letters.map { first + second + $0 } } }
            .filter { Currency($0) != nil }
        XCTAssertGreaterThan(ours.count, 150)
        XCTAssertEqual(Set(ours).subtracting(known).subtracting(["XCG", "ZWG"]), [])
    }
}

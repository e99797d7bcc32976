import XCTest

final class CryptoPlaceholder: XCTestCase {}

import XCTest

final class APIPlaceholder: XCTestCase {}

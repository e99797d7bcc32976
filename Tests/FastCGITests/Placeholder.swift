import XCTest

final class FastCGIPlaceholder: XCTestCase {}

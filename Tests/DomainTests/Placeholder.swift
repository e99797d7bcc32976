import XCTest

final class DomainPlaceholder: XCTestCase {}

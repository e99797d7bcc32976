import XCTest

final class OutboundPlaceholder: XCTestCase {}

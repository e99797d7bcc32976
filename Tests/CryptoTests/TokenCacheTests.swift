import XCTest

@testable import Crypto

final class TokenCacheTests: XCTestCase {
    func testAStoredValueIsFoundByItsExactToken() {
        let cache = TokenCache<String>(capacity: 10)
        cache.store("a", for: "token-a", until: 100)
        XCTAssertEqual(cache.value(for: "token-a", now: 50), "a")
        for token in ["token-b", "token-a ", "Token-a", "", "token-a\0"] {
            XCTAssertNil(cache.value(for: token, now: 50))
        }
    }

    func testNothingOutlivesItsExpiry() {
        let cache = TokenCache<Int>(capacity: 10)
        cache.store(1, for: "a", until: 100)
        XCTAssertEqual(cache.value(for: "a", now: 99), 1)
        XCTAssertNil(cache.value(for: "a", now: 100))
        XCTAssertNil(cache.value(for: "a", now: .max))
        cache.store(2, for: "a", until: 200)
        XCTAssertEqual(cache.value(for: "a", now: 150), 2)
        XCTAssertEqual(cache.count, 1)
    }

    func testTheBoundHoldsAndTheOldestGoes() {
        let cache = TokenCache<Int>(capacity: 3)
        for value in 0..<5 { cache.store(value, for: "\(value)", until: 100) }
        XCTAssertEqual((0..<5).map { cache.value(for: "\($0)", now: 0) }, [nil, nil, 2, 3, 4])
        XCTAssertEqual(cache.count, 3)
    }

    func testALargeCacheIsBoundedToo() {
        let cache = TokenCache<Int>(capacity: 2_000)
        for value in 0..<20_000 { cache.store(value, for: "\(value)", until: 100) }
        XCTAssertLessThanOrEqual(cache.count, 2_000)
        XCTAssertGreaterThan(cache.count, 1_900)
        XCTAssertEqual(cache.value(for: "19999", now: 0), 19_999)
        XCTAssertNil(cache.value(for: "0", now: 0))
    }

    func testRepeatedStoresOfOneTokenTakeOneRoom() {
        let cache = TokenCache<Int>(capacity: 2)
        cache.store(0, for: "kept", until: 100)
        for value in 0..<100 { cache.store(value, for: "again", until: 100) }
        XCTAssertEqual(cache.value(for: "kept", now: 0), 0)
        XCTAssertEqual(cache.value(for: "again", now: 0), 99)
    }

    func testWithoutRoomNothingIsStored() {
        for capacity in [0, -1] {
            let cache = TokenCache<Int>(capacity: capacity)
            cache.store(1, for: "a", until: 100)
            XCTAssertNil(cache.value(for: "a", now: 0))
        }
    }

    func testRemoveAllForgetsEverything() {
        let cache = TokenCache<Int>(capacity: 5_000)
        for value in 0..<3_000 { cache.store(value, for: "\(value)", until: 100) }
        cache.removeAll()
        XCTAssertEqual(cache.count, 0)
        XCTAssertNil(cache.value(for: "2999", now: 0))
        cache.store(7, for: "a", until: 100)
        XCTAssertEqual(cache.value(for: "a", now: 0), 7)
    }

    func testManyThreadsShareACache() {
        let cache = TokenCache<Int>(capacity: 1_024)
        let results = onThreads(8) {
            (0..<5_000).allSatisfy { turn in
                cache.store(turn % 700, for: "\(turn % 700)", until: 100)
                return cache.value(for: "\(turn % 700)", now: 0).map { $0 == turn % 700 } ?? true
            }
        }
        XCTAssertEqual(results, Array(repeating: true, count: 8))
        XCTAssertLessThanOrEqual(cache.count, 1_024)
    }
}

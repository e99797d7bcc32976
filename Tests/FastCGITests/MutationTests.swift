import Glibc
import XCTest

@testable import FastCGI

/// Whatever a client sends, the worker lives and serves the next one.
final class MutationTests: XCTestCase {
    /// xorshift64*, so that a failure can be repeated.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state ^= state >> 12
            state ^= state << 25
            state ^= state >> 27
            return state &* 0x2545_f491_4f6c_dd1d
        }
    }

    private func mutate(_ octets: inout [UInt8], _ random: inout Generator) {
        for _ in 0..<Int.random(in: 1...6, using: &random) where !octets.isEmpty {
            let place = Int.random(in: octets.indices, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: octets[place] = UInt8.random(in: 0...255, using: &random)
            case 1: octets[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 2: octets.remove(at: place)
            case 3: octets.insert(UInt8.random(in: 0...255, using: &random), at: place)
            case 4: octets.removeSubrange(place..<min(octets.count, place + 9))
            default: octets.insert(contentsOf: octets[place..<min(octets.count, place + 20)], at: place)
            }
        }
    }

    func testTwoThousandMutationsLeaveTheWorkerAlive() throws {
        let running = try RunningWorker { settings in
            settings.requestReadMilliseconds = 300
            settings.threads = 2
        }
        defer { running.stop() }
        var random = Generator(state: 0x9e37_79b9_7f4a_7c15)
        let valid = Records.request(
            [("A", "1"), ("LONG", String(repeating: "x", count: 200)), ("LANE", "direct")],
            body: Array("body of a request".utf8), keep: true)
        var clients: [RecordClient] = []
        for number in 0..<2_000 {
            var octets = valid + (number % 3 == 0 ? valid : [])
            mutate(&octets, &random)
            let client = try running.connect()
            client.send(octets)
            clients.append(client)
            if clients.count == 50 {
                let answer = try running.connect(receiveMilliseconds: 2_000).exchange(Records.request(body: [66]))
                XCTAssertEqual(answer.body, "B", "after mutation \(number)")
                clients = []
            }
        }
        XCTAssertFalse(running.log.all.contains { $0.contains("libfcgi does not accept") }, "\(running.log.all)")
    }

    func testWhatTheScanCallsCompleteIsReadByLibfcgiWithoutWaiting() throws {
        let running = try RunningWorker { $0.threads = 1 }
        defer { running.stop() }
        var random = Generator(state: 42)
        let valid = Records.request([("A", "1"), ("B", "22")], body: Array("0123456789".utf8))
        var complete = 0
        for _ in 0..<20_000 {
            var octets = valid
            mutate(&octets, &random)
            var scan = RecordScan()
            guard case .complete = octets.withUnsafeBytes({ scan.feed($0) }) else { continue }
            complete += 1
            let answer = try running.connect(receiveMilliseconds: 3_000).exchange(octets)
            guard answer.isWhole else { return XCTFail("no answer to \(octets)") }
            if complete == 500 { break }
        }
        XCTAssertEqual(complete, 500)
    }
}

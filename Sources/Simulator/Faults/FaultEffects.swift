import JSON

/// What a fault does to an answer that would otherwise be right.
enum FaultEffects {
    /// `hang` answers after this time, which is later than any client should wait.
    static let hangMilliseconds = 61_000
    static let dripMilliseconds = 200
    /// Deep enough to overflow the stack of a parser that recurses without a limit.
    static let depth = 50_000

    /// The answer with the fault in it. A refusal is not treated here: `Fault.problem` names it.
    static func distort(_ ordinary: SimAnswer, by fault: Fault) -> SimAnswer {
        switch fault {
        case .slow(let milliseconds): delayed(ordinary, milliseconds)
        case .hang: delayed(ordinary, hangMilliseconds)
        case .drip: dripping(ordinary)
        case .cut: cut(ordinary)
        case .garbage: garbage
        case .html: html
        case .empty: .whole(200, "application/json", "")
        case .endless: endless(ordinary)
        case .redirect: redirect
        case .deepJSON: deep
        case .unknown: unknown
        case .badKey, .forbidden, .noMoney, .rateLimit, .overloaded, .serverError, .modelGone, .wrongModel: ordinary
        }
    }

    private static func delayed(_ answer: SimAnswer, _ milliseconds: Int) -> SimAnswer {
        var answer = answer
        answer.delayMilliseconds += milliseconds
        return answer
    }

    private static func dripping(_ answer: SimAnswer) -> SimAnswer {
        var answer = answer
        let bytes = answer.bytes
        answer.headers.append(SimHeader("Content-Length", String(bytes.count)))
        answer.body = .pieces(bytes.map { SimAnswer.Piece(delayMilliseconds: dripMilliseconds, bytes: [$0]) })
        return answer
    }

    private static func cut(_ answer: SimAnswer) -> SimAnswer {
        var answer = answer
        let bytes = answer.bytes
        answer.body = .cut(Array(bytes.prefix(bytes.count / 2)), promised: bytes.count)
        return answer
    }

    /// Every octet value occurs, so it is neither JSON nor UTF-8 whatever the reader tries.
    private static var garbage: SimAnswer {
        let noise = (0..<64).flatMap { SHA256.hash([UInt8($0)]) } + (0...255).reversed().map { UInt8($0) }
        return SimAnswer(200, headers: [SimHeader("Content-Type", "application/json")], body: .whole(noise))
    }

    private static var html: SimAnswer {
        .whole(
            200, "text/html; charset=utf-8",
            "<!DOCTYPE html><html><head><title>Welcome</title></head><body><h1>Sign in to the network</h1></body></html>\n"
        )
    }

    private static var unknown: SimAnswer {
        .json(501) { json in
            json.field("error", "the simulator knows no fault of that name")
            json.field("names", array: Fault.names)
        }
    }

    private static var redirect: SimAnswer {
        var answer = SimAnswer.whole(302, "text/html", "Found\n")
        answer.headers.append(SimHeader("Location", "https://elsewhere.invalid/collect"))
        return answer
    }

    private static var deep: SimAnswer {
        let text = String(repeating: "{\"a\":[", count: depth / 2) + String(repeating: "]}", count: depth / 2)
        return .whole(200, "application/json", text)
    }

    /// A stream goes on for ever with its second part; anything else becomes a string that never ends.
    private static func endless(_ answer: SimAnswer) -> SimAnswer {
        var answer = answer
        if case .pieces(let pieces) = answer.body, let first = pieces.first, let second = pieces.dropFirst().first {
            answer.body = .endless(opening: first.bytes, repeated: second.bytes, everyMilliseconds: 20)
        } else {
            let filling = [UInt8](repeating: UInt8(ascii: "a"), count: 65_536)
            answer.body = .endless(opening: Array("{\"text\":\"".utf8), repeated: filling, everyMilliseconds: 10)
        }
        return answer
    }
}

import Domain

/// When providers were slow or away.
struct Weather: Sendable {
    enum State: String, Sendable {
        case healthy, degraded, down
    }

    private struct Storm {
        let start: Timestamp
        let end: Timestamp
        let state: State

        init(from start: Int64, minutes: Int, state: State) {
            self.start = Timestamp(microseconds: start)
            end = Timestamp(microseconds: start + Int64(minutes) * 60_000_000)
            self.state = state
        }
    }

    private let storms: [Storm]

    /// About three outages and six slow spells a month, of ten minutes to an hour and a half, and one or the other in the
    /// last day, so that there are errors of late.
    init(_ plan: SamplePlan, of slug: String) {
        var dice = Dice(
            seed: plan.seed ^ slug.utf8.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 })
        let length = Int(plan.end.microseconds - plan.start.microseconds)
        var storms = (0..<plan.days * 9 / 30 + 1).map { number in
            Storm(
                from: plan.start.microseconds + Int64(dice.below(length)), minutes: 10 + dice.below(80),
                state: number % 3 == 0 ? .down : .degraded)
        }
        let hour: Int64 = 3_600 * 1_000_000
        storms.append(
            Storm(
                from: plan.end.microseconds - 3 * hour - Int64(dice.below(Int(18 * hour))),
                minutes: 10 + dice.below(50), state: dice.below(3) == 0 ? .down : .degraded))
        self.storms = storms
    }

    func state(at moment: Timestamp) -> State {
        let now = storms.filter { $0.start <= moment && moment < $0.end }.map(\.state)
        return now.contains(.down) ? .down : now.contains(.degraded) ? .degraded : .healthy
    }
}

import Domain

/// Health checks of one provider, every five minutes.
package struct SampleChecks {
    private let providerID: String
    private let weather: Weather
    private let end: Timestamp
    private var next: Timestamp
    private var dice: Dice
    private var held: Weather.State?

    private static let interval: Int64 = 5 * 60 * 1_000_000

    /// Those before `end`, which is the end of the plan or earlier where there are checks already.
    package init(_ plan: SamplePlan, providerID: String, slug: String, until end: Timestamp) {
        self.providerID = providerID
        self.end = end
        weather = Weather(plan, of: slug)
        next = plan.start
        dice = Dice(seed: plan.seed &+ UInt64(slug.utf8.count) &* 0x1000_0001)
    }

    /// The columns of `piece`.
    package static let columns =
        "provider_id, checked_at, status, response_ms, error_kind, error_message, reason, held_status, held_ms"

    /// The next rows, at most so many, in the text format of COPY; nil when there are no more.
    package mutating func piece(rows: Int) -> [UInt8]? {
        var text = CopyText()
        var count = 0
        while count < rows, next < end {
            write(to: &text)
            next = Timestamp(microseconds: next.microseconds + Self.interval)
            count += 1
        }
        return count > 0 ? text.octets : nil
    }

    private mutating func write(to text: inout CopyText) {
        let state = weather.state(at: next)
        text.text(providerID)
        text.text(next.iso(.microseconds))
        text.text(state.rawValue)
        switch state {
        case .healthy: text.number(80 + dice.below(120) + dice.below(120))
        case .degraded: text.number(5_200 + dice.below(4_000))
        case .down: text.text(nil)
        }
        text.text(state == .down ? "overloaded" : nil)
        text.text(state == .down ? "The provider is overloaded" : nil)
        text.text("scheduled")
        text.text(held?.rawValue)
        text.number(held == nil ? 0 : Int(Self.interval / 1_000))
        text.endRow()
        held = state
    }
}

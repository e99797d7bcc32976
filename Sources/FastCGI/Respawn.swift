/// Decides when a child that ended is replaced. Times are milliseconds on any clock that only goes forward.
struct Respawn {
    /// A child that lived longer than this did not fail at its start.
    static let quickMilliseconds = 10_000
    /// Deaths in a row, each within `quickMilliseconds`, that are answered at once.
    static let toleratedDeaths = 3
    /// Between two starts when there were more.
    static let pauseMilliseconds = 1_000

    private(set) var quickDeaths = 0
    private var lastStart: Int?

    /// Whether children keep dying at their start.
    var isThrottled: Bool { quickDeaths >= Self.toleratedDeaths }

    /// Records a start.
    mutating func started(at now: Int) { lastStart = now }

    /// Records the end of a child that was not asked to end.
    mutating func died(startedAt: Int, at now: Int) {
        if now - startedAt <= Self.quickMilliseconds {
            quickDeaths += 1
        } else if lastStart.map({ now - $0 > Self.quickMilliseconds }) ?? true {
            // Nothing was started lately, so what failed before has recovered.
            quickDeaths = 0
        }
    }

    /// Milliseconds until the next start may happen, 0 for at once.
    func delay(at now: Int) -> Int {
        guard isThrottled, let lastStart else { return 0 }
        return max(0, lastStart + Self.pauseMilliseconds - now)
    }
}

import Domain

/// How many requests fall into each quarter of an hour: more by day than by night, fewer at weekends, and a little more
/// every week.
struct Rhythm {
    /// How many requests there are up to the beginning of each quarter; one more than there are quarters.
    private let before: [Int]

    /// Weights of the hours, UTC.
    private static let hours = [
        14, 10, 8, 7, 8, 12, 22, 40, 64, 82, 92, 96, 88, 90, 98, 100, 94, 84, 70, 60, 52, 42, 30, 20,
    ]
    /// Weights of the days from Thursday, which the first of January 1970 was.
    private static let days = [100, 92, 48, 40, 98, 104, 102]

    init(_ plan: SamplePlan) {
        let quarters = Int(
            (plan.end.microseconds - plan.start.microseconds + SamplePlan.quarter - 1) / SamplePlan.quarter)
        var sum = 0
        let sums = (0..<max(quarters, 1)).map { index in
            sum += Self.weight(of: plan.start.microseconds / SamplePlan.quarter + Int64(index), age: index)
            return sum
        }
        before = [0] + sums.map { sum.dividingFullWidth(plan.requests.multipliedFullWidth(by: $0)).quotient }
    }

    private static func weight(of quarter: Int64, age: Int) -> Int {
        let hour = Int(quarter / 4 % 24)
        let day = Int(quarter / 96 % 7)
        // A fiftieth more each week.
        return hours[hour] * days[day] * (50 + age / 672)
    }

    var quarters: Int { before.count - 1 }

    /// The numbers of the requests in a quarter.
    func requests(in quarter: Int) -> Range<Int> {
        guard before.indices.contains(quarter), before.indices.contains(quarter + 1) else { return 0..<0 }
        return before[quarter]..<before[quarter + 1]
    }
}

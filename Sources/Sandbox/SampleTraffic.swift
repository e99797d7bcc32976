import Domain

/// Calls in the order of their time, made on the way: a million take no more memory than one piece of them.
package struct SampleTraffic {
    /// Some rows of `requests` and of `request_payloads`, in the text format of COPY.
    package struct Piece {
        package let requests: [UInt8]
        package let payloads: [UInt8]
        package let count: Int
    }

    /// The columns of a piece's requests.
    package static let columns = SampleCall.columns
    /// The columns of a piece's payloads.
    package static let payloadColumns = SampleCall.payloadColumns

    private let plan: SamplePlan
    private let rhythm: Rhythm
    private var caller: SampleCaller
    private var quarter = 0
    private var number = 0

    /// Nil when there is nothing that could be called.
    package init?(_ plan: SamplePlan, offers: [Offer]) {
        guard let caller = SampleCaller(plan, offers: offers) else { return nil }
        self.caller = caller
        self.plan = plan
        rhythm = Rhythm(plan)
    }

    /// The next calls, about so many; nil when there are no more.
    package mutating func piece(rows: Int) -> Piece? {
        var requests = CopyText()
        var payloads = CopyText()
        var count = 0
        while count < rows, quarter < rhythm.quarters {
            let numbers = rhythm.requests(in: quarter)
            guard number < numbers.upperBound else {
                quarter += 1
                continue
            }
            let call = caller.call(at: moment(of: number, in: numbers), isNearEnd: number + 24 > plan.requests, number)
            call.write(to: &requests)
            call.writePayload(to: &payloads)
            number += 1
            count += 1
        }
        return count > 0 ? Piece(requests: requests.octets, payloads: payloads.octets, count: count) : nil
    }

    /// Spread over the quarter with some unrest, in order, in whole milliseconds, before the end of the plan.
    private mutating func moment(of number: Int, in numbers: Range<Int>) -> Timestamp {
        let begin = plan.start.microseconds + Int64(quarter) * SamplePlan.quarter
        let length = max(Int(min(SamplePlan.quarter, plan.end.microseconds - begin) / 1_000), 1)
        let share = length / max(numbers.count, 1)
        let offset = (number - numbers.lowerBound) * share + caller.unrest(below: share)
        return Timestamp(microseconds: begin + Int64(offset) * 1_000)
    }
}

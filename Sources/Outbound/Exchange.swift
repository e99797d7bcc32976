/// One request and its answer on one connection.
struct Exchange {
    let connection: Connection
    let request: OutboundRequest
    let deadline: Moment
    /// Whether at least one octet of an answer came.
    private(set) var hasReceived = false
    private var decoder: AnswerDecoder
    private var isCancelled = false
    private var isSent = true

    init(on connection: Connection, _ request: OutboundRequest, until deadline: Moment) {
        self.connection = connection
        self.request = request
        self.deadline = deadline
        let limits = AnswerLimits(
            headOctets: request.maxHeadOctets, headers: request.maxHeaders, bodyOctets: request.maxBodyOctets)
        decoder = AnswerDecoder(method: request.method, limits: limits)
    }

    /// Whether the connection may carry another request.
    var leavesReusable: Bool { isSent && !isCancelled && decoder.isComplete && decoder.canBeKept }

    /// Sends the octets and reads the answer; `deliver` gets the head with every piece of the body and ends the exchange
    /// by returning false.
    mutating func run(
        _ octets: [UInt8], _ deliver: (ResponseHead, ArraySlice<UInt8>) -> Bool
    ) throws(OutboundError) -> ResponseHead {
        let pace = Pace(deadline: deadline, idleMilliseconds: request.idleMilliseconds)
        do throws(OutboundError) {
            try connection.send(octets, pace)
        } catch {
            // A server that refuses a large body answers and closes before it has read it: look for that answer.
            guard error == .closed else { throw error }
            isSent = false
        }
        while !decoder.isComplete, !isCancelled {
            let phase: OutboundError.Phase = decoder.head == nil ? .head : .body
            let piece = try connection.receive(pace, phase)
            if piece.isEmpty {
                try decoder.end()
            } else {
                hasReceived = true
                try feed(piece, deliver)
            }
        }
        guard let head = decoder.head else { throw .closed }
        return head
    }

    private mutating func feed(
        _ octets: [UInt8], _ deliver: (ResponseHead, ArraySlice<UInt8>) -> Bool
    ) throws(OutboundError) {
        var wantsMore = true
        try decoder.feed(octets[...]) { head, piece in
            wantsMore = deliver(head, piece)
            return wantsMore
        }
        isCancelled = !wantsMore
    }
}

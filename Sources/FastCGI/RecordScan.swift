/// Decides whether octets of a connection are one whole FastCGI request, before libfcgi sees them.
///
/// libfcgi blocks its thread until a request is complete, answers management records into a buffer of
/// fixed size, and takes lengths on trust. It therefore only gets what this scan calls complete:
/// one BEGIN_REQUEST as responder, PARAMS up to the empty one, STDIN up to the empty one, all of one
/// request ID. The scan takes the octets in pieces of any size and keeps none of them.
struct RecordScan {
    /// What the octets up to now are.
    enum Verdict: Equatable {
        /// The start of a request.
        case incomplete
        /// A request, and `extra` octets after it that do not belong to it.
        case complete(extra: Int)
        /// Not a request that is served here.
        case broken(Flaw)
    }

    /// Why octets are not a request.
    enum Flaw: String, Equatable {
        case version = "a record of another protocol version"
        case order = "records out of order"
        case role = "a role other than responder"
        case requestID = "another request ID within a request, or none"
        case padding = "padding where libfcgi does not skip it"
        case recordType = "a management record, an abort or an unknown record"
        case parameters = "parameters that are cut off or too long"
    }

    private enum Stage { case begin, parameters, body }

    private static let headerOctets = 8
    private static let beginRequest: UInt8 = 1
    private static let parameters: UInt8 = 4
    private static let standardInput: UInt8 = 5

    private var stage = Stage.begin
    private var header: (UInt64, count: Int) = (0, 0)
    private var contentLeft = 0
    private var paddingLeft = 0
    private var beginBody: (UInt64, count: Int) = (0, 0)
    private var requestID = 0
    private var parameterScan = ParameterScan()
    private var isFinished = false

    /// Octets of the request up to now, records included.
    private(set) var octets = 0
    /// Octets of the request's body up to now.
    private(set) var bodyOctets = 0
    /// Whether everything but the body has arrived.
    var hasParameters: Bool { stage == .body }
    /// See `ParameterScan.suspects`.
    var suspects: [Int] { parameterScan.suspects }

    /// Takes the next octets. After anything but `incomplete` the scan is over.
    mutating func feed(_ piece: UnsafeRawBufferPointer) -> Verdict {
        var rest = piece[...]
        while !rest.isEmpty {
            let before = rest.count
            let flaw = contentLeft > 0 ? content(&rest) : frame(&rest)
            octets &+= before - rest.count
            if let flaw { return .broken(flaw) }
            if isFinished { return .complete(extra: rest.count) }
        }
        return .incomplete
    }

    /// Padding of the last record, then the header of the next one.
    private mutating func frame(_ rest: inout Slice<UnsafeRawBufferPointer>) -> Flaw? {
        if paddingLeft > 0 {
            let part = min(paddingLeft, rest.count)
            paddingLeft -= part
            rest = rest.dropFirst(part)
            return nil
        }
        while header.count < Self.headerOctets, let octet = rest.popFirst() {
            header = (header.0 << 8 | UInt64(octet), header.count + 1)
        }
        guard header.count == Self.headerOctets else { return nil }
        defer { header = (0, 0) }
        return record(header.0)
    }

    /// A header: version, type, request ID (2), content length (2), padding length, reserved.
    private mutating func record(_ header: UInt64) -> Flaw? {
        let type = UInt8(truncatingIfNeeded: header >> 48)
        let identifier = Int(header >> 32 & 0xffff)
        contentLeft = Int(header >> 16 & 0xffff)
        paddingLeft = Int(header >> 8 & 0xff)
        guard header >> 56 == 1 else { return .version }
        guard [Self.beginRequest, Self.parameters, Self.standardInput].contains(type) else { return .recordType }
        switch (stage, type) {
        case (.begin, Self.beginRequest):
            guard requestID == 0, contentLeft == 8 else { return .order }
            guard identifier != 0 else { return .requestID }
            guard paddingLeft == 0 else { return .padding }
            requestID = identifier
            return nil
        case (.parameters, Self.parameters):
            guard identifier == requestID else { return .requestID }
            return contentLeft == 0 ? endParameters() : nil
        case (.body, Self.standardInput):
            guard identifier == requestID else { return .requestID }
            isFinished = contentLeft == 0
            return nil
        default:
            return .order
        }
    }

    private mutating func endParameters() -> Flaw? {
        stage = .body
        guard paddingLeft == 0 else { return .padding }
        return parameterScan.isBetweenPairs ? nil : .parameters
    }

    private mutating func content(_ rest: inout Slice<UnsafeRawBufferPointer>) -> Flaw? {
        let part = rest.prefix(contentLeft)
        rest = rest.dropFirst(part.count)
        contentLeft -= part.count
        switch stage {
        case .begin:
            return begin(part)
        case .parameters:
            return parameterScan.feed(UnsafeRawBufferPointer(rebasing: part)) ? nil : .parameters
        case .body:
            bodyOctets &+= part.count
            return nil
        }
    }

    /// The body of BEGIN_REQUEST: role (2), flags, five reserved octets.
    private mutating func begin(_ part: Slice<UnsafeRawBufferPointer>) -> Flaw? {
        for octet in part { beginBody = (beginBody.0 << 8 | UInt64(octet), beginBody.count + 1) }
        guard contentLeft == 0 else { return nil }
        guard beginBody.0 >> 48 == 1 else { return .role }
        stage = .parameters
        return nil
    }
}

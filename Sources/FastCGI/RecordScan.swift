/// What the octets that wait in a connection's buffer are, without consuming them.
///
/// libfcgi reads blockingly: it is given a connection only when a whole request is there, so that a client that stops
/// halfway holds no thread. Everything is checked against the octets at hand; nothing here can trap.
package enum RecordScan: Equatable, Sendable {
    /// One whole request, from BEGIN_REQUEST to the end of its body.
    case complete
    /// More octets must come. `parametersComplete` says whether only the body is missing.
    case incomplete(parametersComplete: Bool)
    /// Not a request that a web server would send.
    case garbage

    /// Record types of the FastCGI specification 1.0, section 8.
    private enum Kind {
        static let beginRequest: UInt8 = 1
        static let abortRequest: UInt8 = 2
        static let parameters: UInt8 = 4
        static let standardInput: UInt8 = 5
        static let data: UInt8 = 8
    }

    private static let headerLength = 8
    /// More parameters than any web server sends; nginx limits a head to far less.
    private static let maxParameterOctets = 262_144

    package static func scan(_ octets: UnsafeRawBufferPointer) -> RecordScan {
        var at = 0
        var began = false
        var parametersComplete = false
        var parameterOctets = 0
        while octets.count - at >= headerLength {
            let kind = octets[at + 1]
            let length = Int(octets[at + 4]) << 8 | Int(octets[at + 5])
            guard octets[at] == 1 else { return .garbage }
            // The first record opens request 1 to 65535 in the role of a responder; no second one may come in between.
            if !began {
                guard kind == Kind.beginRequest, length == 8, octets[at + 2] | octets[at + 3] != 0 else {
                    return .garbage
                }
                guard octets.count - at >= headerLength + length else { break }
                guard octets[at + 8] == 0, octets[at + 9] == 1 else { return .garbage }
                began = true
            } else {
                switch kind {
                case Kind.parameters where !parametersComplete:
                    parameterOctets += length
                    guard parameterOctets <= maxParameterOctets else { return .garbage }
                    parametersComplete = length == 0
                case Kind.standardInput where parametersComplete:
                    if length == 0 {
                        return octets.count - at >= headerLength + Int(octets[at + 6])
                            ? .complete : .incomplete(parametersComplete: true)
                    }
                case Kind.abortRequest, Kind.data: return .garbage
                default: return .garbage
                }
            }
            at += headerLength + length + Int(octets[at + 6])
        }
        // A first octet that is no version needs no more to be told.
        if at < octets.count, octets[at] != 1 { return .garbage }
        return .incomplete(parametersComplete: parametersComplete)
    }
}

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

    package static func scan(_ octets: UnsafeRawBufferPointer) -> RecordScan {
        var at = 0
        var progress = Progress()
        while let record = Record(octets, at: at) {
            guard progress.accepts(record, octets) else { return .garbage }
            if progress.bodyComplete {
                // A web server sends the next request after the answer; libfcgi would swallow its beginning.
                guard record.end >= octets.count else { return .garbage }
                return record.end == octets.count ? .complete : .incomplete(parametersComplete: true)
            }
            at = record.end
        }
        // A first octet that is no version needs no more to be told.
        if at < octets.count, octets[at] != 1 { return .garbage }
        return .incomplete(parametersComplete: progress.parametersComplete)
    }
}

/// A record's header (FastCGI specification 1.0, section 3.3).
private struct Record {
    static let headerLength = 8

    let version: UInt8
    let kind: UInt8
    let requestID: Int
    /// Where the content begins, and where it ends; it may not all be there.
    let content: Int
    let contentEnd: Int
    /// Where the padding ends.
    let end: Int

    /// Nil when the header is not wholly there.
    init?(_ octets: UnsafeRawBufferPointer, at start: Int) {
        guard octets.count - start >= Self.headerLength else { return nil }
        version = octets[start]
        kind = octets[start + 1]
        requestID = Int(octets[start + 2]) << 8 | Int(octets[start + 3])
        content = start + Self.headerLength
        contentEnd = content + (Int(octets[start + 4]) << 8 | Int(octets[start + 5]))
        end = contentEnd + Int(octets[start + 6])
    }

    var length: Int { contentEnd - content }
}

/// How far a request has come.
private struct Progress {
    /// Record types (section 8).
    private enum Kind {
        static let beginRequest: UInt8 = 1
        static let parameters: UInt8 = 4
        static let standardInput: UInt8 = 5
    }

    private var requestID = 0
    private var pairs = PairLengths()
    private(set) var parametersComplete = false
    private(set) var bodyComplete = false

    /// False for a record that cannot come here. Records of another request count as such: libfcgi would skip them and
    /// wait for its own.
    mutating func accepts(_ record: Record, _ octets: UnsafeRawBufferPointer) -> Bool {
        guard record.version == 1 else { return false }
        if requestID == 0 { return begins(record, octets) }
        guard record.requestID == requestID else { return false }
        switch record.kind {
        case Kind.parameters where !parametersComplete:
            let there = min(record.contentEnd, octets.count)
            guard record.content > there || pairs.take(octets[record.content..<there]) else { return false }
            parametersComplete = record.length == 0
            return !parametersComplete || pairs.isBetweenPairs
        case Kind.standardInput where parametersComplete:
            bodyComplete = record.length == 0
            return true
        default: return false
        }
    }

    /// The first record opens request 1 to 65535 in the role of a responder.
    private mutating func begins(_ record: Record, _ octets: UnsafeRawBufferPointer) -> Bool {
        guard record.kind == Kind.beginRequest, record.length == 8, record.requestID != 0 else { return false }
        requestID = record.requestID
        guard octets.count >= record.content + 2 else { return true }
        return octets[record.content] == 0 && octets[record.content + 1] == 1
    }
}

/// Follows the lengths of names and values through the octets of the parameters (section 3.4).
///
/// libfcgi allocates what a length says, up to two gigabytes, and ends the process when it does not get it.
private struct PairLengths {
    /// More parameters than any web server sends; nginx limits a head to far less.
    private static let mostOctets = 262_144

    private var octetsTaken = 0
    private var contentLeft = 0
    private var lengthOctetsLeft = 0
    private var length = 0
    private var nameLength: Int?

    var isBetweenPairs: Bool { contentLeft == 0 && lengthOctetsLeft == 0 && nameLength == nil }

    /// False when there is more than may be, or will be.
    mutating func take(_ octets: Slice<UnsafeRawBufferPointer>) -> Bool {
        octetsTaken += octets.count
        var at = octets.startIndex
        while at < octets.endIndex {
            if contentLeft > 0 {
                let count = min(contentLeft, octets.endIndex - at)
                contentLeft -= count
                at += count
            } else {
                guard takeLengthOctet(octets[at]) else { return false }
                at += 1
            }
        }
        return octetsTaken <= Self.mostOctets
    }

    private mutating func takeLengthOctet(_ octet: UInt8) -> Bool {
        if lengthOctetsLeft > 0 {
            length = length << 8 | Int(octet)
            lengthOctetsLeft -= 1
        } else if octet & 0x80 != 0 {
            length = Int(octet & 0x7F)
            lengthOctetsLeft = 3
        } else {
            length = Int(octet)
        }
        guard lengthOctetsLeft == 0 else { return true }
        if let name = nameLength {
            contentLeft = name + length
            nameLength = nil
        } else {
            nameLength = length
        }
        return length <= Self.mostOctets && contentLeft <= Self.mostOctets
    }
}

/// Takes the chunked coding off a body (RFC 9112, 7.1), octet by octet, whatever pieces it comes in.
package struct ChunkedDecoder {
    private enum State {
        case size
        case sizeExtension
        case sizeEnd
        case data(Int)
        case dataEnd(Bool)
        case trailer(lineLength: Int)
        case trailerEnd(lineLength: Int)
        case done
    }

    private var state = State.size
    private var size = 0
    private var sizeDigits = 0
    /// Extensions and trailers are ignored; more of them than this is an attack.
    private var overhead = 0

    private static let mostOverhead = 16_384

    package init() {}

    /// Whether the last chunk and its trailer have come.
    package var isDone: Bool { if case .done = state { true } else { false } }

    /// Decodes a piece. Octets behind the end of the body are malformed: we did not ask for a second answer.
    package mutating func decode(_ octets: ArraySlice<UInt8>) throws(OutboundError) -> [UInt8] {
        var decoded: [UInt8] = []
        var at = octets.startIndex
        while at < octets.endIndex {
            if case .data(let remaining) = state {
                let count = min(remaining, octets.endIndex - at)
                decoded.append(contentsOf: octets[at..<at + count])
                at += count
                state = remaining == count ? .dataEnd(false) : .data(remaining - count)
            } else {
                try step(octets[at])
                at += 1
            }
        }
        return decoded
    }

    private mutating func step(_ octet: UInt8) throws(OutboundError) {
        overhead += 1
        switch (state, octet) {
        case (.size, UInt8(ascii: ";")) where sizeDigits > 0: state = .sizeExtension
        case (.size, 0x0D) where sizeDigits > 0: state = .sizeEnd
        case (.size, _): try addDigit(octet)
        case (.sizeExtension, 0x0D): state = .sizeEnd
        case (.sizeExtension, 0x20...0x7E), (.sizeExtension, 0x09): break
        case (.sizeEnd, 0x0A):
            state = size == 0 ? .trailer(lineLength: 0) : .data(size)
            size = 0
            sizeDigits = 0
        case (.dataEnd(false), 0x0D): state = .dataEnd(true)
        case (.dataEnd(true), 0x0A):
            state = .size
            overhead = min(overhead, 0)
        case (.trailer(let length), 0x0D): state = .trailerEnd(lineLength: length)
        case (.trailer(let length), 0x20...0x7E), (.trailer(let length), 0x09): state = .trailer(lineLength: length + 1)
        case (.trailerEnd(let length), 0x0A): state = length == 0 ? .done : .trailer(lineLength: 0)
        default: throw .malformed("chunk")
        }
        guard overhead <= Self.mostOverhead else { throw .tooLarge("chunk extensions or trailers") }
    }

    private mutating func addDigit(_ octet: UInt8) throws(OutboundError) {
        let digit: UInt8
        switch octet {
        case 0x30...0x39: digit = octet - 0x30
        case 0x41...0x46: digit = octet - 0x37
        case 0x61...0x66: digit = octet - 0x57
        default: throw .malformed("chunk size")
        }
        sizeDigits += 1
        guard sizeDigits <= 12 else { throw .malformed("chunk size") }
        size = size << 4 | Int(digit)
    }
}

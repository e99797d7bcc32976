import Glibc

/// Follows the name-value pairs of FCGI_PARAMS through any split into pieces, without keeping them.
///
/// It exists because libfcgi trusts the announced lengths (it allocates them, and ends the process when
/// that fails) and joins name and value with "=", so that a name with "=" can pass for another one.
struct ParameterScan {
    /// All parameters of a request together; nginx forwards at most 32 KiB of headers by default.
    static let maxOctets = 64 << 10

    private enum Phase {
        case nameLength, nameLengthRest(Int), valueLength, valueLengthRest(Int), name, value
    }

    private var phase = Phase.nameLength
    private var nameLeft = 0
    private var valueLeft = 0
    private var total = 0
    private var ordinal = 0
    private var isSuspect = false

    /// The positions (from 0) of pairs that must not be believed: "=" or NUL in the name, NUL in the
    /// value, or an empty name.
    private(set) var suspects: [Int] = []

    /// Whether a pair is complete at this point, so that the stream may end here.
    var isBetweenPairs: Bool {
        if case .nameLength = phase { return true }
        return false
    }

    /// Takes the next piece of the stream; false when a length is absurd.
    mutating func feed(_ piece: UnsafeRawBufferPointer) -> Bool {
        total &+= piece.count
        guard total <= Self.maxOctets else { return false }
        var rest = piece[...]
        while let octet = rest.first {
            switch phase {
            case .name:
                let taken = take(nameLeft, from: &rest, forbidsEquals: true)
                nameLeft -= taken
                if nameLeft == 0 { beginValue() }
            case .value:
                let taken = take(valueLeft, from: &rest, forbidsEquals: false)
                valueLeft -= taken
                if valueLeft == 0 { endPair() }
            default:
                rest = rest.dropFirst()
                guard lengthOctet(Int(octet)) else { return false }
            }
        }
        return true
    }

    /// Takes at most `count` octets of a name or value; returns how many were there.
    private mutating func take(
        _ count: Int, from rest: inout Slice<UnsafeRawBufferPointer>, forbidsEquals: Bool
    ) -> Int {
        let part = rest.prefix(count)
        let octets = UnsafeRawBufferPointer(rebasing: part)
        if contains(octets, 0) || (forbidsEquals && contains(octets, UInt8(ascii: "="))) { isSuspect = true }
        rest = rest.dropFirst(part.count)
        return part.count
    }

    private func contains(_ octets: UnsafeRawBufferPointer, _ octet: UInt8) -> Bool {
        guard let start = octets.baseAddress else { return false }
        return memchr(start, Int32(octet), octets.count) != nil
    }

    private mutating func lengthOctet(_ octet: Int) -> Bool {
        switch phase {
        case .nameLength:
            isSuspect = false
            nameLeft = octet & 0x7f
            phase = octet & 0x80 == 0 ? .valueLength : .nameLengthRest(3)
        case .nameLengthRest(let missing):
            nameLeft = nameLeft << 8 | octet
            phase = missing == 1 ? .valueLength : .nameLengthRest(missing - 1)
        case .valueLength:
            valueLeft = octet & 0x7f
            if octet & 0x80 == 0 { beginName() } else { phase = .valueLengthRest(3) }
        case .valueLengthRest(let missing):
            valueLeft = valueLeft << 8 | octet
            if missing == 1 { beginName() } else { phase = .valueLengthRest(missing - 1) }
        case .name, .value:
            return false
        }
        return nameLeft <= Self.maxOctets && valueLeft <= Self.maxOctets
    }

    private mutating func beginName() {
        phase = .name
        if nameLeft == 0 {
            isSuspect = true
            beginValue()
        }
    }

    private mutating func beginValue() {
        phase = .value
        if valueLeft == 0 { endPair() }
    }

    private mutating func endPair() {
        if isSuspect { suspects.append(ordinal) }
        ordinal &+= 1
        phase = .nameLength
    }
}

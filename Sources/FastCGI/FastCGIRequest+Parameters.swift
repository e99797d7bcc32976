import CFastCGI
import Glibc

/// Parameters are looked up among what libfcgi parsed ("NAME=value" strings), without those that the
/// scan found able to pass for others. Of several with one name the first counts, which is the server's
/// configuration before the client's headers.
extension FastCGIRequest {
    /// The value; nil when there is none or it is not UTF-8.
    package func parameter(_ name: String) -> String? {
        guard let value = value(of: name) else { return nil }
        return String(validating: value, as: UTF8.self)
    }

    /// The octets of the value; nil when there is none.
    package func parameterBytes(_ name: String) -> [UInt8]? {
        value(of: name).map { Array($0) }
    }

    /// All parameters in the order of arrival, without those that are not UTF-8.
    package func forEachParameter(_ body: (_ name: String, _ value: String) -> Void) {
        _ = firstPair { name, value in
            guard let name = String(validating: name, as: UTF8.self),
                let value = String(validating: value, as: UTF8.self)
            else { return false }
            body(name, value)
            return false
        }
    }

    private func value(of name: String) -> UnsafeBufferPointer<UInt8>? {
        var name = name
        return name.withUTF8 { wanted in
            guard let start = wanted.baseAddress, !wanted.isEmpty else { return nil }
            return firstPair { candidate, _ in
                guard candidate.count == wanted.count, let octets = candidate.baseAddress else { return false }
                return memcmp(octets, start, wanted.count) == 0
            }
        }
    }

    /// The value of the first pair for which `isWanted`. It lives as long as the request is not finished.
    private func firstPair(
        where isWanted: (_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) -> Bool
    ) -> UnsafeBufferPointer<UInt8>? {
        guard var entry = handle.pointee.envp else { return nil }
        // In the order of the parameters: with a search in them, a request of nothing but such would take seconds.
        var suspects = incoming.scan.suspects[...]
        // libfcgi puts FCGI_ROLE in front of what arrived.
        var ordinal = -1
        while let text = entry.pointee {
            let isSuspect = suspects.first == ordinal
            if isSuspect {
                suspects = suspects.dropFirst()
            } else if let equals = strchr(text, Int32(UInt8(ascii: "="))) {
                let name = Self.octets(from: text, count: text.distance(to: equals))
                let value = Self.octets(from: equals.advanced(by: 1), count: strlen(equals) - 1)
                if isWanted(name, value) { return value }
            }
            ordinal &+= 1
            entry = entry.advanced(by: 1)
        }
        return nil
    }

    private static func octets(from start: UnsafeMutablePointer<CChar>, count: Int) -> UnsafeBufferPointer<UInt8> {
        let octets = UnsafeRawPointer(start).assumingMemoryBound(to: UInt8.self)
        return UnsafeBufferPointer(start: octets, count: max(0, count))
    }
}

extension Array: SQLDecodable where Element: SQLDecodable {
    /// A one-dimensional array without NULL elements; nil for anything else.
    @usableFromInline
    package init?(sqlText: UnsafeBufferPointer<UInt8>) {
        var reader = SQLArrayReader(text: sqlText)
        guard let elements = reader.elements() else { return nil }
        self = []
        reserveCapacity(elements.count)
        for element in elements {
            guard let value = element.withUnsafeBufferPointer({ Element(sqlText: $0) }) else { return nil }
            append(value)
        }
    }
}

/// Reads what `array_out` writes: `{1,2}`, `{"a b","c\"d",e}`.
private struct SQLArrayReader {
    let text: UnsafeBufferPointer<UInt8>
    private var at = 0

    init(text: UnsafeBufferPointer<UInt8>) { self.text = text }

    /// The octets of each element, nil when the text is no such array or has a NULL or a nested array in it.
    mutating func elements() -> [[UInt8]]? {
        guard take(UInt8(ascii: "{")) else { return nil }
        var elements: [[UInt8]] = []
        if take(UInt8(ascii: "}")) { return at == text.count ? elements : nil }
        while true {
            guard let element = take(UInt8(ascii: "\"")) ? quoted() : plain() else { return nil }
            elements.append(element)
            if take(UInt8(ascii: ",")) { continue }
            return take(UInt8(ascii: "}")) && at == text.count ? elements : nil
        }
    }

    private mutating func take(_ octet: UInt8) -> Bool {
        guard at < text.count, text[at] == octet else { return false }
        at += 1
        return true
    }

    private mutating func quoted() -> [UInt8]? {
        var element: [UInt8] = []
        while at < text.count {
            var octet = text[at]
            at += 1
            if octet == UInt8(ascii: "\"") { return element }
            if octet == UInt8(ascii: "\\") {
                guard at < text.count else { return nil }
                octet = text[at]
                at += 1
            }
            element.append(octet)
        }
        return nil
    }

    /// PostgreSQL quotes an element that is the word NULL, so the bare word is a NULL.
    private mutating func plain() -> [UInt8]? {
        var element: [UInt8] = []
        while at < text.count, text[at] != UInt8(ascii: ","), text[at] != UInt8(ascii: "}") {
            guard text[at] != UInt8(ascii: "{") else { return nil }
            element.append(text[at])
            at += 1
        }
        return element.isEmpty || element.elementsEqual("NULL".utf8) ? nil : element
    }
}

/// What can write itself as one JSON value.
package protocol JSONWritable {
    func write(to json: inout JSONWriter)
}

/// Writes JSON text: members in the order of the calls, exact decimals, explicit nulls, `/` unescaped.
///
/// A value that must never be written (a `Secret`) simply does not conform to `JSONWritable`.
package struct JSONWriter {
    /// The text so far.
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    package init(capacity: Int = 512) { bytes.reserveCapacity(capacity) }

    /// The text of one value.
    package static func text(of value: some JSONWritable) -> [UInt8] {
        var writer = JSONWriter()
        value.write(to: &writer)
        return writer.bytes
    }

    /// The text of one object, in octets.
    package static func object(_ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.object(members)
        return writer.bytes
    }

    /// The text of one object, for what is kept as text: the details of an audit row.
    package static func text(_ members: (inout JSONWriter) -> Void) -> String {
        String(decoding: object(members), as: UTF8.self)
    }

    // MARK: - Containers

    /// Writes an object whose members `members` adds with `field`.
    package mutating func object(_ members: (inout JSONWriter) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
        members(&self)
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    /// Writes an array with one element for each of `elements`.
    package mutating func array<Elements: Sequence>(
        _ elements: Elements, _ write: (inout JSONWriter, Elements.Element) -> Void
    ) {
        separate()
        bytes.append(UInt8(ascii: "["))
        needsComma = false
        for element in elements { write(&self, element) }
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    package mutating func array(_ elements: some Sequence<some JSONWritable>) {
        array(elements) { $0.value($1) }
    }

    // MARK: - Members

    // The types that nearly all members have, without the cost of looking up a generic one's metadata.

    package mutating func field(_ name: StaticString, _ value: String?) {
        key(name)
        if let value { string(value) } else { null() }
    }

    package mutating func field(_ name: StaticString, _ value: Int?) {
        key(name)
        if let value { raw(String(value)) } else { null() }
    }

    package mutating func field(_ name: StaticString, _ value: Bool) {
        key(name)
        raw(value ? "true" : "false")
    }

    /// A number whose digits are text already, such as an exact decimal.
    package mutating func field(_ name: StaticString, number digits: String?) {
        key(name)
        if let digits { raw(digits) } else { null() }
    }

    /// A text that `append` puts at the end of the octets it gets: ASCII without quotes, backslashes and control
    /// characters, such as a time. For what is written so often that a string of its own is too much.
    package mutating func plainField(_ name: StaticString, _ append: (inout [UInt8]) -> Void) {
        key(name)
        separate()
        bytes.append(UInt8(ascii: "\""))
        append(&bytes)
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    package mutating func field(_ name: StaticString, _ value: (some JSONWritable)?) {
        key(name)
        if let value { self.value(value) } else { null() }
    }

    package mutating func field(_ name: StaticString, object members: (inout JSONWriter) -> Void) {
        key(name)
        object(members)
    }

    package mutating func field(_ name: StaticString, array elements: some Sequence<some JSONWritable>) {
        key(name)
        array(elements)
    }

    /// Leaves the member out when there is no value.
    package mutating func fieldIfPresent(_ name: StaticString, _ value: (some JSONWritable)?) {
        if let value { field(name, value) }
    }

    /// Names from the program, such as the contract's field names, need no escaping.
    package mutating func key(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Names from data.
    package mutating func key(escaping name: String) {
        separate()
        quote(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    // MARK: - Values

    package mutating func value(_ value: some JSONWritable) { value.write(to: &self) }

    package mutating func null() { raw("null") }

    package mutating func string(_ string: String) {
        separate()
        quote(string)
        needsComma = true
    }

    /// Text that is JSON already: a number's digits, or a document that PostgreSQL stored as jsonb.
    package mutating func raw(_ json: String) {
        separate()
        bytes.append(contentsOf: json.utf8)
        needsComma = true
    }

    package mutating func raw(_ json: [UInt8]) {
        separate()
        bytes.append(contentsOf: json)
        needsComma = true
    }

    // MARK: - Octets

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func quote(_ string: String) {
        bytes.append(UInt8(ascii: "\""))
        var string = string
        string.withUTF8 { octets in
            // Nearly every string has nothing to escape and is copied whole.
            if octets.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
                bytes.append(contentsOf: octets)
            } else {
                for octet in octets { escape(octet) }
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ octet: UInt8) {
        switch octet {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), octet]
        case 0x0A: bytes += Array("\\n".utf8)
        case 0x0D: bytes += Array("\\r".utf8)
        case 0x09: bytes += Array("\\t".utf8)
        case 0..<0x20: bytes += Array("\\u00".utf8) + [Self.hex(octet >> 4), Self.hex(octet & 15)]
        default: bytes.append(octet)
        }
    }

    private static func hex(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x57 + digit }
}

extension String: JSONWritable {
    package func write(to json: inout JSONWriter) { json.string(self) }
}

extension Int: JSONWritable {
    package func write(to json: inout JSONWriter) { json.raw(String(self)) }
}

extension Bool: JSONWritable {
    package func write(to json: inout JSONWriter) { json.raw(self ? "true" : "false") }
}

extension JSONNumber: JSONWritable {
    package func write(to json: inout JSONWriter) { json.raw(text) }
}

extension JSONValue: JSONWritable {
    package func write(to json: inout JSONWriter) {
        switch self {
        case .null: json.null()
        case .bool(let value): json.value(value)
        case .number(let value): json.value(value)
        case .string(let value): json.string(value)
        case .array(let elements): json.array(elements)
        case .object(let object): json.value(object)
        }
    }
}

extension JSONObject: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            for member in members {
                $0.key(escaping: member.name)
                $0.value(member.value)
            }
        }
    }
}

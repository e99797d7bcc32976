/// Why a text is not acceptable JSON, with the position of the first offending octet.
package struct JSONError: Error, Equatable, Sendable {
    /// What is wrong, as a sentence part for people.
    package enum Reason: String, Equatable, Sendable {
        case empty = "the text is empty"
        case tooLarge = "the text is too large"
        case tooDeep = "the nesting is too deep"
        case tooManyValues = "there are too many values"
        case unexpectedCharacter = "unexpected character"
        case unexpectedEnd = "the text ends too early"
        case trailingData = "there is text after the value"
        case duplicateName = "the name occurs twice"
        case invalidUTF8 = "the text is not valid UTF-8"
        case invalidEscape = "invalid escape sequence"
        case loneSurrogate = "half of a surrogate pair"
        case controlCharacter = "unescaped control character"
        case nul = "a NUL character is not allowed"
        case invalidNumber = "invalid number"
        case numberTooLong = "the number has too many digits"
    }

    package let reason: Reason
    /// Offset in octets from the start of the text.
    package let position: Int
    /// The path to the member that was being read, such as `modelConfig.temperature` or `items[3]`; empty at the top.
    package let path: String
}

/// What a text may cost.
package struct JSONLimits: Sendable {
    package var octets: Int
    package var depth: Int
    package var values: Int
    package var numberLength: Int

    package init(octets: Int = 1_048_576, depth: Int = 64, values: Int = 200_000, numberLength: Int = 64) {
        self.octets = octets
        self.depth = depth
        self.values = values
        self.numberLength = numberLength
    }
}

/// A strict parser of RFC 8259 texts: no duplicate names, no trailing commas, no NUL, valid UTF-8 only.
///
/// Recursive by nesting, so `JSONLimits.depth` also bounds its stack: about 1 KB a level, 4 KB when not optimised.
package struct JSONParser {
    private let text: UnsafeBufferPointer<UInt8>
    private let limits: JSONLimits
    private var at = 0
    private var depth = 0
    private var valueCount = 0
    private var path: [PathStep] = []

    private enum PathStep {
        case name(String)
        case index(Int)
    }

    private init(_ text: UnsafeBufferPointer<UInt8>, _ limits: JSONLimits) {
        self.text = text
        self.limits = limits
    }

    /// Parses a whole text. Octets after the value, other than white space, are an error.
    package static func parse(_ text: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSONValue {
        let result: Result<JSONValue, JSONError> = text.withUnsafeBufferPointer { buffer in
            var parser = JSONParser(buffer, limits)
            do throws(JSONError) {
                return .success(try parser.parseText())
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Parses the octets of a string.
    package static func parse(_ text: String, limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSONValue {
        try parse(Array(text.utf8), limits: limits)
    }

    /// Whether the octets are exactly one number of the JSON grammar.
    package static func isNumber(_ text: [UInt8]) -> Bool {
        text.withUnsafeBufferPointer { buffer in
            var parser = JSONParser(buffer, JSONLimits(numberLength: 1_000))
            guard (try? parser.parseNumber()) != nil else { return false }
            return parser.at == buffer.count
        }
    }

    // MARK: - Values

    private mutating func parseText() throws(JSONError) -> JSONValue {
        guard text.count <= limits.octets else { throw failure(.tooLarge, at: limits.octets) }
        skipSpace()
        guard at < text.count else { throw failure(.empty) }
        let value = try parseValue()
        skipSpace()
        guard at == text.count else { throw failure(.trailingData) }
        return value
    }

    private mutating func parseValue() throws(JSONError) -> JSONValue {
        valueCount += 1
        guard valueCount <= limits.values else { throw failure(.tooManyValues) }
        switch try peek() {
        case UInt8(ascii: "{"): return .object(try parseObject())
        case UInt8(ascii: "["): return .array(try parseArray())
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try parseNumber())
        case 0: throw failure(.nul)
        default: throw failure(.unexpectedCharacter)
        }
    }

    private mutating func parseWord(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        for offset in 0..<word.utf8CodeUnitCount {
            guard at < text.count else { throw failure(.unexpectedEnd) }
            guard text[at] == word.utf8Start[offset] else { throw failure(.unexpectedCharacter) }
            at += 1
        }
        return value
    }

    private mutating func parseObject() throws(JSONError) -> JSONObject {
        try enter()
        defer { depth -= 1 }
        var object = JSONObject()
        var names = Set<String>()
        guard try !closes(UInt8(ascii: "}")) else { return object }
        while true {
            skipSpace()
            guard try peek() == UInt8(ascii: "\"") else { throw failure(.unexpectedCharacter) }
            let start = at
            let name = try parseString()
            path.append(.name(name))
            // Octets decide: two names that differ only in Unicode form are different names, but a Swift
            // Set would call them equal. Refusing them too is the safe side.
            guard isNew(name, object, &names) else { throw failure(.duplicateName, at: start) }
            skipSpace()
            guard try peek() == UInt8(ascii: ":") else { throw failure(.unexpectedCharacter) }
            at += 1
            skipSpace()
            object.members.append(JSONObject.Member(name: name, value: try parseValue()))
            path.removeLast()
            guard try continues(UInt8(ascii: "}")) else { return object }
        }
    }

    /// Few members are compared one by one, which is faster than a set.
    private func isNew(_ name: String, _ object: JSONObject, _ names: inout Set<String>) -> Bool {
        if object.members.count < 16 { return !object.members.contains { $0.name == name } }
        if names.isEmpty { names = Set(object.members.map(\.name)) }
        return names.insert(name).inserted
    }

    private mutating func parseArray() throws(JSONError) -> [JSONValue] {
        try enter()
        defer { depth -= 1 }
        var elements: [JSONValue] = []
        guard try !closes(UInt8(ascii: "]")) else { return elements }
        while true {
            skipSpace()
            path.append(.index(elements.count))
            elements.append(try parseValue())
            path.removeLast()
            guard try continues(UInt8(ascii: "]")) else { return elements }
        }
    }

    /// Steps over an opening bracket.
    private mutating func enter() throws(JSONError) {
        depth += 1
        guard depth <= limits.depth else { throw failure(.tooDeep) }
        at += 1
    }

    /// Whether the container ends right after its opening bracket; then the bracket is consumed.
    private mutating func closes(_ bracket: UInt8) throws(JSONError) -> Bool {
        skipSpace()
        guard try peek() == bracket else { return false }
        at += 1
        return true
    }

    /// After an element: true for a comma, false for the closing bracket; either is consumed.
    private mutating func continues(_ bracket: UInt8) throws(JSONError) -> Bool {
        skipSpace()
        let next = try peek()
        guard next == UInt8(ascii: ",") || next == bracket else { throw failure(.unexpectedCharacter) }
        at += 1
        return next != bracket
    }

    // MARK: - Numbers

    private mutating func parseNumber() throws(JSONError) -> JSONNumber {
        let start = at
        if at < text.count, text[at] == UInt8(ascii: "-") { at += 1 }
        if at < text.count, text[at] == UInt8(ascii: "0") {
            at += 1
        } else {
            try digits(from: start)
        }
        if at < text.count, text[at] == UInt8(ascii: ".") {
            at += 1
            try digits(from: start)
        }
        if at < text.count, text[at] | 0x20 == UInt8(ascii: "e") {
            at += 1
            if at < text.count, text[at] == UInt8(ascii: "+") || text[at] == UInt8(ascii: "-") { at += 1 }
            try digits(from: start)
        }
        guard at - start <= limits.numberLength else { throw failure(.numberTooLong, at: start) }
        return JSONNumber(trusted: String(decoding: text[start..<at], as: UTF8.self))
    }

    private mutating func digits(from start: Int) throws(JSONError) {
        let first = at
        while at < text.count, UInt8(ascii: "0") <= text[at], text[at] <= UInt8(ascii: "9") { at += 1 }
        guard at > first else { throw failure(at < text.count ? .invalidNumber : .unexpectedEnd, at: at) }
    }

    // MARK: - Strings

    private mutating func parseString() throws(JSONError) -> String {
        at += 1
        let start = at
        // The common case, a run without escapes, is copied in one piece.
        while at < text.count {
            let octet = text[at]
            if octet == UInt8(ascii: "\"") {
                let string = try decode(start..<at)
                at += 1
                return string
            }
            if octet == UInt8(ascii: "\\") { return try parseEscapedString(from: start) }
            guard octet >= 0x20 else { throw failure(octet == 0 ? .nul : .controlCharacter) }
            at += 1
        }
        throw failure(.unexpectedEnd)
    }

    private mutating func parseEscapedString(from start: Int) throws(JSONError) -> String {
        var string = try decode(start..<at)
        while at < text.count {
            let octet = text[at]
            if octet == UInt8(ascii: "\"") {
                at += 1
                return string
            }
            if octet == UInt8(ascii: "\\") {
                string.unicodeScalars.append(try parseEscape())
                continue
            }
            let runStart = at
            while at < text.count, text[at] != UInt8(ascii: "\""), text[at] != UInt8(ascii: "\\") {
                guard text[at] >= 0x20 else { throw failure(text[at] == 0 ? .nul : .controlCharacter) }
                at += 1
            }
            string += try decode(runStart..<at)
        }
        throw failure(.unexpectedEnd)
    }

    private mutating func parseEscape() throws(JSONError) -> Unicode.Scalar {
        let start = at
        at += 1
        let kind = try peek()
        at += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(kind)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try parseUnicodeEscape(from: start)
        default: throw failure(.invalidEscape, at: start)
        }
    }

    private mutating func parseUnicodeEscape(from start: Int) throws(JSONError) -> Unicode.Scalar {
        let first = try hexadecimal(from: start)
        guard first != 0 else { throw failure(.nul, at: start) }
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, at + 1 < text.count, text[at] == UInt8(ascii: "\\"), text[at + 1] == UInt8(ascii: "u")
        else { throw failure(.loneSurrogate, at: start) }
        at += 2
        let second = try hexadecimal(from: start)
        guard 0xDC00...0xDFFF ~= second,
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw failure(.loneSurrogate, at: start) }
        return scalar
    }

    private mutating func hexadecimal(from start: Int) throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard at < text.count else { throw failure(.unexpectedEnd) }
            guard let digit = Character(Unicode.Scalar(text[at])).hexDigitValue, text[at] < 0x80 else {
                throw failure(.invalidEscape, at: start)
            }
            value = value << 4 | UInt32(digit)
            at += 1
        }
        return value
    }

    private func decode(_ range: Range<Int>) throws(JSONError) -> String {
        let octets = UnsafeBufferPointer(rebasing: text[range])
        // Most strings are plain ASCII, for which nothing has to be validated.
        if octets.allSatisfy({ $0 < 0x80 }) { return String(decoding: octets, as: UTF8.self) }
        guard let string = String(validating: octets, as: UTF8.self) else {
            throw failure(.invalidUTF8, at: range.lowerBound + Self.validPrefix(of: text[range]))
        }
        return string
    }

    /// How many octets come before the first that cannot begin or end a character where it stands.
    private static func validPrefix(of octets: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
        var parser = Unicode.UTF8.ForwardParser()
        var rest = octets.makeIterator()
        var valid = 0
        while case .valid(let character) = parser.parseScalar(from: &rest) { valid += character.count }
        return valid
    }

    // MARK: - Position

    private func peek() throws(JSONError) -> UInt8 {
        guard at < text.count else { throw failure(.unexpectedEnd) }
        return text[at]
    }

    private mutating func skipSpace() {
        while at < text.count {
            switch text[at] {
            case 0x20, 0x09, 0x0A, 0x0D: at += 1
            default: return
            }
        }
    }

    private func failure(_ reason: JSONError.Reason, at position: Int? = nil) -> JSONError {
        var description = ""
        for step in path.prefix(8) {
            switch step {
            case .name(let name): description += (description.isEmpty ? "" : ".") + String(name.prefix(64))
            case .index(let index): description += "[\(index)]"
            }
        }
        return JSONError(reason: reason, position: position ?? at, path: description)
    }
}

/// A strict parser of the part of XML 1.0 that answers of programs use: elements, attributes, text, CDATA, comments.
///
/// There are no document types and so no entities of one's own: nothing is fetched and nothing can expand. Only UTF-8
/// is read. It does not recurse, and what is not well-formed is refused at its place.
package struct XMLParser {
    private let octets: [UInt8]
    private let limits: XMLLimits
    private var at = 0
    private var texts: [UInt8] = []
    private var nodes: [XMLDocument.Node] = []
    private var attributes: [XMLDocument.Attribute] = []
    /// The elements that are open, with the last node directly inside each, and the whole name to be closed.
    private var open: [(node: Int32, lastChild: Int32, name: Range<Int32>)] = []

    private init(_ octets: [UInt8], _ limits: XMLLimits) {
        self.octets = octets
        self.limits = limits
    }

    /// The root element.
    package static func parse(_ text: [UInt8], limits: XMLLimits = XMLLimits()) throws(XMLError) -> XMLElement {
        guard !text.isEmpty else { throw XMLError(reason: .empty, position: 0) }
        guard text.count <= min(limits.octets, Int(Int32.max)) else {
            throw XMLError(reason: .tooLarge, position: limits.octets)
        }
        try XMLCharacters.check(text)
        var parser = XMLParser(text, limits)
        return try parser.document()
    }

    private mutating func document() throws(XMLError) -> XMLElement {
        texts.reserveCapacity(octets.count / 2)
        if octets.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
        if isAt("<?xml"), at + 5 < octets.count, XMLCharacters.isSpace(octets[at + 5]) { try declaration() }
        try miscellaneous()
        guard at < octets.count else { throw problem(.unexpectedEnd) }
        guard octets[at] == UInt8(ascii: "<") else { throw problem(.trailingData) }
        try startTag()
        while !open.isEmpty { try content() }
        try miscellaneous()
        guard at == octets.count else { throw problem(.trailingData) }
        return XMLElement(XMLDocument(octets: octets, texts: texts, nodes: nodes, attributes: attributes), 0)
    }

    // MARK: - Around the root

    private mutating func declaration() throws(XMLError) {
        let start = at
        at += 5
        var seen: [(name: String, value: String)] = []
        while true {
            let hadSpace = skipSpace()
            if take("?>") { break }
            guard hadSpace, at < octets.count else { throw XMLError(reason: .declaration, position: start) }
            let name = try name()
            _ = skipSpace()
            guard take("=") else { throw XMLError(reason: .declaration, position: start) }
            _ = skipSpace()
            let value = try attributeValue()
            seen.append((text(name, octets), text(value, texts)))
        }
        guard Self.isKnown(seen) else { throw XMLError(reason: .declaration, position: start) }
    }

    private static func isKnown(_ declared: [(name: String, value: String)]) -> Bool {
        let order = ["version", "encoding", "standalone"]
        let places = declared.compactMap { order.firstIndex(of: $0.name) }
        guard places.count == declared.count, places.first == 0, zip(places, places.dropFirst()).allSatisfy(<) else {
            return false
        }
        return declared.allSatisfy { name, value in
            switch name {
            case "version": value.hasPrefix("1.") && value.utf8.count == 3
            case "encoding": ["utf-8", "us-ascii"].contains(value.lowercased())
            default: value == "yes" || value == "no"
            }
        }
    }

    /// White space, comments and processing instructions.
    private mutating func miscellaneous() throws(XMLError) {
        while true {
            _ = skipSpace()
            if isAt("<!--") { try comment() } else if isAt("<?") { try instruction() } else { break }
        }
        if isAt("<!") { throw problem(.documentType) }
    }

    private mutating func comment() throws(XMLError) {
        at += 4
        while !isAt("--") { try advance() }
        guard take("-->") else { throw problem(.unexpectedCharacter) }
    }

    private mutating func instruction() throws(XMLError) {
        let start = at
        at += 2
        guard text(try name(), octets).lowercased() != "xml" else {
            throw XMLError(reason: .declaration, position: start)
        }
        while !isAt("?>") { try advance() }
        at += 2
    }

    // MARK: - Elements

    private mutating func content() throws(XMLError) {
        guard at < octets.count else { throw problem(.unexpectedEnd) }
        guard octets[at] == UInt8(ascii: "<") else { return try characters() }
        if isAt("</") {
            try endTag()
        } else if isAt("<!--") {
            try comment()
        } else if isAt("<![CDATA[") {
            try literal()
        } else if isAt("<!") {
            throw problem(.documentType)
        } else if isAt("<?") {
            try instruction()
        } else {
            try startTag()
        }
    }

    private mutating func startTag() throws(XMLError) {
        guard open.count < limits.depth else { throw problem(.tooDeep) }
        at += 1
        let fullName = try name()
        let index = try add(XMLDocument.Node(content: try localName(fullName), isElement: true))
        nodes[Int(index)].firstAttribute = Int32(truncatingIfNeeded: attributes.count)
        while true {
            let hadSpace = skipSpace()
            if take("/>") { return }
            if take(">") { break }
            guard at < octets.count else { throw problem(.unexpectedEnd) }
            guard hadSpace else { throw problem(.unexpectedCharacter) }
            try attribute(of: index)
        }
        open.append((node: index, lastChild: -1, name: fullName))
    }

    private mutating func attribute(of index: Int32) throws(XMLError) {
        let start = at
        guard nodes.count + attributes.count < limits.nodes else { throw problem(.tooManyNodes) }
        let fullName = try name()
        let count = Int(nodes[Int(index)].attributeCount)
        // Every new one is compared with all others: their number is bounded, so that this is too.
        guard count < 256 else { throw XMLError(reason: .tooManyNodes, position: start) }
        let isDouble = attributes.suffix(count).contains { slice($0.fullName) == slice(fullName) }
        guard !isDouble else { throw XMLError(reason: .duplicateAttribute, position: start) }
        _ = skipSpace()
        guard take("=") else { throw problem(at < octets.count ? .unexpectedCharacter : .unexpectedEnd) }
        _ = skipSpace()
        let value = try attributeValue()
        attributes.append(
            XMLDocument.Attribute(name: try localName(fullName), value: value, fullName: fullName))
        nodes[Int(index)].attributeCount += 1
    }

    private mutating func attributeValue() throws(XMLError) -> Range<Int32> {
        guard at < octets.count else { throw problem(.unexpectedEnd) }
        let quote = octets[at]
        guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { throw problem(.unexpectedCharacter) }
        at += 1
        let start = texts.count
        while true {
            guard at < octets.count else { throw problem(.unexpectedEnd) }
            switch octets[at] {
            case quote:
                at += 1
                return range(from: start)
            case UInt8(ascii: "<"): throw problem(.unexpectedCharacter)
            case UInt8(ascii: "&"): try reference()
            case 0x0D where at + 1 < octets.count && octets[at + 1] == 0x0A: at += 1
            case 0x09, 0x0A, 0x0D:
                texts.append(0x20)
                at += 1
            case let octet:
                texts.append(octet)
                at += 1
            }
        }
    }

    private mutating func endTag() throws(XMLError) {
        let start = at
        at += 2
        guard let element = open.popLast() else { throw problem(.mismatchedTag) }
        let name = try name()
        guard slice(name) == slice(element.name) else { throw XMLError(reason: .mismatchedTag, position: start) }
        _ = skipSpace()
        guard take(">") else { throw problem(at < octets.count ? .unexpectedCharacter : .unexpectedEnd) }
    }

    // MARK: - Text

    private mutating func characters() throws(XMLError) {
        let start = texts.count
        while at < octets.count, octets[at] != UInt8(ascii: "<") {
            switch octets[at] {
            case UInt8(ascii: "&"): try reference()
            case UInt8(ascii: "]") where isAt("]]>"): throw problem(.unexpectedCharacter)
            case let octet: plain(octet)
            }
        }
        _ = try add(XMLDocument.Node(content: range(from: start), isElement: false))
    }

    private mutating func literal() throws(XMLError) {
        at += 9
        let start = texts.count
        while !isAt("]]>") {
            guard at < octets.count else { throw problem(.unexpectedEnd) }
            plain(octets[at])
        }
        at += 3
        _ = try add(XMLDocument.Node(content: range(from: start), isElement: false))
    }

    /// One octet of text; every way to end a line becomes a line feed.
    private mutating func plain(_ octet: UInt8) {
        at += 1
        guard octet == 0x0D else { return texts.append(octet) }
        if at < octets.count, octets[at] == 0x0A { return }
        texts.append(0x0A)
    }

    private mutating func reference() throws(XMLError) {
        let start = at
        at += 1
        // The longest is `&#x0010FFFF;` with a few zeros more.
        guard let end = octets[at...].prefix(16).firstIndex(of: UInt8(ascii: ";")) else {
            throw XMLError(reason: .unknownEntity, position: start)
        }
        let name = octets[at..<end]
        at = end + 1
        if name.first == UInt8(ascii: "#") {
            guard let scalar = XMLCharacters.scalar(name.dropFirst()) else {
                throw XMLError(reason: .invalidReference, position: start)
            }
            texts += Array(String(scalar).utf8)
        } else if let octet = XMLCharacters.entity(name) {
            texts.append(octet)
        } else {
            throw XMLError(reason: .unknownEntity, position: start)
        }
    }

    // MARK: - Octets

    /// The parser's place is behind it afterwards.
    private mutating func name() throws(XMLError) -> Range<Int32> {
        let start = at
        while at < octets.count, XMLCharacters.isName(octets[at], first: at == start) { at += 1 }
        guard at > start else { throw problem(at < octets.count ? .invalidName : .unexpectedEnd) }
        return Int32(start)..<Int32(at)
    }

    /// The part behind the prefix.
    private func localName(_ name: Range<Int32>) throws(XMLError) -> Range<Int32> {
        let colons = slice(name).indices.filter { octets[$0] == UInt8(ascii: ":") }
        guard let colon = colons.first else { return name }
        let start = Int32(colon) + 1
        guard colons.count == 1, start < name.upperBound, Int32(colon) > name.lowerBound,
            XMLCharacters.isName(octets[Int(start)], first: true)
        else {
            throw XMLError(reason: .invalidName, position: Int(name.lowerBound))
        }
        return start..<name.upperBound
    }

    private mutating func add(_ node: XMLDocument.Node) throws(XMLError) -> Int32 {
        guard nodes.count + attributes.count < limits.nodes else { throw problem(.tooManyNodes) }
        let index = Int32(truncatingIfNeeded: nodes.count)
        nodes.append(node)
        guard let parent = open.last else { return index }
        if parent.lastChild >= 0 {
            nodes[Int(parent.lastChild)].next = index
        } else {
            nodes[Int(parent.node)].firstChild = index
        }
        open[open.count - 1].lastChild = index
        return index
    }

    private func isAt(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard octets.count - at >= count else { return false }
        return octets[at..<at + count].elementsEqual(UnsafeBufferPointer(start: word.utf8Start, count: count))
    }

    private mutating func take(_ word: StaticString) -> Bool {
        guard isAt(word) else { return false }
        at += word.utf8CodeUnitCount
        return true
    }

    private mutating func advance() throws(XMLError) {
        guard at < octets.count else { throw problem(.unexpectedEnd) }
        at += 1
    }

    private mutating func skipSpace() -> Bool {
        let start = at
        while at < octets.count, XMLCharacters.isSpace(octets[at]) { at += 1 }
        return at > start
    }

    private func range(from start: Int) -> Range<Int32> { Int32(start)..<Int32(texts.count) }

    private func slice(_ range: Range<Int32>) -> ArraySlice<UInt8> {
        octets[Int(range.lowerBound)..<Int(range.upperBound)]
    }

    private func text(_ range: Range<Int32>, _ octets: [UInt8]) -> String {
        String(decoding: octets[Int(range.lowerBound)..<Int(range.upperBound)], as: UTF8.self)
    }

    private func problem(_ reason: XMLError.Reason) -> XMLError { XMLError(reason: reason, position: at) }
}

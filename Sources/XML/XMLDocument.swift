/// A parsed text: one flat list of nodes, so that a long answer costs three allocations and not one for each element.
final class XMLDocument: Sendable {
    /// An element or a piece of text. Indexes are -1 where there is none.
    struct Node {
        /// The local name in `octets`, the text in `texts`.
        var content: Range<Int32>
        var isElement: Bool
        var firstChild: Int32 = -1
        var next: Int32 = -1
        var firstAttribute: Int32 = 0
        var attributeCount: Int32 = 0
    }

    /// An attribute without its prefix: its name in `octets`, its value in `texts`.
    struct Attribute {
        let name: Range<Int32>
        let value: Range<Int32>
        /// The whole name, with the prefix.
        let fullName: Range<Int32>
    }

    let octets: [UInt8]
    /// Texts and values with their references resolved and their line ends normalised, one after the other.
    let texts: [UInt8]
    let nodes: [Node]
    let attributes: [Attribute]

    init(octets: [UInt8], texts: [UInt8], nodes: [Node], attributes: [Attribute]) {
        self.octets = octets
        self.texts = texts
        self.nodes = nodes
        self.attributes = attributes
    }

    func slice(_ range: Range<Int32>, of octets: [UInt8]) -> ArraySlice<UInt8> {
        let whole = Int(range.lowerBound)..<Int(range.upperBound)
        return octets.indices.contains(whole) ? octets[whole] : []
    }
}

extension Array<UInt8>.Indices {
    fileprivate func contains(_ range: Range<Int>) -> Bool {
        lowerBound <= range.lowerBound && range.upperBound <= upperBound
    }
}

/// One element of a document. Names are local ones: prefixes are dropped, since answers differ in them and each
/// protocol that is read here has one vocabulary.
package struct XMLElement: Sendable {
    private let document: XMLDocument
    private let index: Int32

    init(_ document: XMLDocument, _ index: Int32) {
        self.document = document
        self.index = index
    }

    private var node: XMLDocument.Node { document.nodes[Int(index)] }

    /// Without a prefix.
    package var name: String { String(decoding: document.slice(node.content, of: document.octets), as: UTF8.self) }

    /// Whether that is its local name.
    package func isNamed(_ name: String) -> Bool {
        Self.equals(document.slice(node.content, of: document.octets), name)
    }

    private static func equals(_ octets: ArraySlice<UInt8>, _ name: String) -> Bool {
        octets.count == name.utf8.count && octets.elementsEqual(name.utf8)
    }

    /// The elements directly inside, in order.
    package var children: XMLChildren { XMLChildren(document, node.firstChild, nil) }

    /// Those of that name.
    package func children(_ name: String) -> XMLChildren { XMLChildren(document, node.firstChild, name) }

    /// The first one of that name directly inside.
    package subscript(_ name: String) -> XMLElement? { children(name).first { _ in true } }

    /// The first one that this path of names leads to.
    package func at(_ names: String...) -> XMLElement? {
        var current: XMLElement? = self
        for name in names { current = current?[name] }
        return current
    }

    /// All text directly inside, as it stands.
    package var text: String {
        var pieces: [UInt8] = []
        var next = node.firstChild
        while next >= 0 {
            let child = document.nodes[Int(next)]
            if !child.isElement {
                pieces += document.slice(child.content, of: document.texts)
            }
            next = child.next
        }
        return String(decoding: pieces, as: UTF8.self)
    }

    /// The text of the first element of that name directly inside, nil where there is none.
    package func text(_ name: String) -> String? { self[name]?.text }

    /// The value of the attribute of that local name, the first one where several prefixes have it.
    package func attribute(_ name: String) -> String? {
        let node = node
        let first = Int(node.firstAttribute)
        for attribute in document.attributes[first..<first + Int(node.attributeCount)]
        where Self.equals(document.slice(attribute.name, of: document.octets), name) {
            return String(decoding: document.slice(attribute.value, of: document.texts), as: UTF8.self)
        }
        return nil
    }

    /// The first element of that name at any depth, in the order of the text, itself included.
    package func firstDescendant(_ name: String) -> XMLElement? {
        // Nodes are in the order of the text, and those inside come right after; what is outside has a parent before.
        if isNamed(name) { return self }
        for child in children {
            if let found = child.firstDescendant(name) { return found }
        }
        return nil
    }
}

/// The elements directly inside another one.
package struct XMLChildren: Sequence, IteratorProtocol, Sendable {
    private let document: XMLDocument
    private let name: String?
    private var at: Int32

    init(_ document: XMLDocument, _ first: Int32, _ name: String?) {
        self.document = document
        self.name = name
        at = first
    }

    /// No elements.
    package static let none = XMLChildren(XMLDocument(octets: [], texts: [], nodes: [], attributes: []), -1, nil)

    package mutating func next() -> XMLElement? {
        while at >= 0 {
            let index = at
            let node = document.nodes[Int(index)]
            at = node.next
            guard node.isElement else { continue }
            let element = XMLElement(document, index)
            if name.map(element.isNamed) ?? true { return element }
        }
        return nil
    }
}

/// Why a text is not acceptable XML, with the position of the first offending octet.
package struct XMLError: Error, Equatable, Sendable {
    /// What is wrong, as a sentence part for people.
    package enum Reason: String, Equatable, Sendable {
        case empty = "the text is empty"
        case tooLarge = "the text is too large"
        case tooDeep = "the nesting is too deep"
        case tooManyNodes = "there are too many elements, attributes and texts"
        case invalidUTF8 = "the text is not valid UTF-8"
        case forbiddenCharacter = "a character that XML does not allow"
        case declaration = "the XML declaration is broken, late or names another version or encoding"
        case documentType = "document types and their entities are not read"
        case unexpectedCharacter = "unexpected character"
        case unexpectedEnd = "the text ends too early"
        case invalidName = "a name is missing or broken"
        case duplicateAttribute = "the attribute stands twice"
        case mismatchedTag = "the end tag does not fit the element"
        case unknownEntity = "an entity that is not one of the five predefined ones"
        case invalidReference = "a broken character reference"
        case trailingData = "there is text outside of the root element"
    }

    package let reason: Reason
    /// Offset in octets from the start of the text.
    package let position: Int

    package init(reason: Reason, position: Int) {
        self.reason = reason
        self.position = position
    }
}

/// What a text may cost.
package struct XMLLimits: Sendable {
    package var octets: Int
    package var depth: Int
    /// Elements, attributes and pieces of text together.
    package var nodes: Int

    package init(octets: Int = 1_048_576, depth: Int = 64, nodes: Int = 200_000) {
        self.octets = octets
        self.depth = depth
        self.nodes = nodes
    }
}

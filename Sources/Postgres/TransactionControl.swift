/// Finds statements that would end the transaction they run in.
///
/// A reader of PostgreSQL's lexical rules (documentation, "Lexical Structure"), so that the words may occur in
/// comments, strings, quoted names, function bodies and inside other statements.
struct TransactionControl {
    private let text: [UInt8]
    private var at = 0
    /// Open `CASE` and `BEGIN ATOMIC`, both closed by `END`; a semicolon inside does not end the statement.
    private var nesting = 0
    private var isAtStart = true

    private init(_ text: String) { self.text = Array(text.utf8) }

    /// The first such word at the start of a statement, in upper case.
    static func firstWord(in text: String) -> String? {
        var reader = TransactionControl(text)
        return reader.find()
    }

    private static let words: Set<String> = ["BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT"]

    private mutating func find() -> String? {
        while at < text.count {
            if skipComment() { continue }
            let octet = text[at]
            if Self.startsWord(octet) {
                if let word = readWord() { return word }
                continue
            }
            switch octet {
            case 0x20, 0x09, 0x0A, 0x0B, 0x0C, 0x0D:
                at += 1
                continue
            case UInt8(ascii: "'"): skipQuoted(octet, backslashEscapes: false)
            case UInt8(ascii: "\""): skipQuoted(octet, backslashEscapes: false)
            case UInt8(ascii: "$"): skipDollar()
            case UInt8(ascii: ";"):
                at += 1
                isAtStart = nesting == 0
                continue
            default: at += 1
            }
            isAtStart = false
        }
        return nil
    }

    /// Reads one word; returns it when it controls the transaction.
    private mutating func readWord() -> String? {
        let start = at
        while at < text.count, Self.continuesWord(text[at]) { at += 1 }
        let word = String(decoding: text[start..<at], as: UTF8.self).uppercased()
        let wasAtStart = isAtStart
        isAtStart = false
        if word == "E", at < text.count, text[at] == UInt8(ascii: "'") {
            skipQuoted(UInt8(ascii: "'"), backslashEscapes: true)
            return nil
        }
        if wasAtStart, Self.words.contains(word) { return word }
        if wasAtStart, word == "PREPARE", nextWordIsTransaction() { return "PREPARE TRANSACTION" }
        switch word {
        case "CASE", "ATOMIC": nesting += 1
        case "END": nesting = max(0, nesting - 1)
        default: break
        }
        return nil
    }

    private func nextWordIsTransaction() -> Bool {
        var ahead = self
        while ahead.at < text.count, ahead.skipComment() || text[ahead.at] <= 0x20 {
            if ahead.at < text.count, text[ahead.at] <= 0x20 { ahead.at += 1 }
        }
        return String(decoding: text[min(ahead.at, text.count)...].prefix(11), as: UTF8.self).uppercased()
            == "TRANSACTION"
    }

    private static func startsWord(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }

    private static func continuesWord(_ octet: UInt8) -> Bool {
        startsWord(octet) || UInt8(ascii: "0")...UInt8(ascii: "9") ~= octet || octet == UInt8(ascii: "$")
    }

    // MARK: - What is stepped over

    private func starts(_ first: UInt8, _ second: UInt8) -> Bool {
        at + 1 < text.count && text[at] == first && text[at + 1] == second
    }

    /// `-- …` to the end of the line, or `/* … */`, which nests.
    private mutating func skipComment() -> Bool {
        let slash = UInt8(ascii: "/")
        let star = UInt8(ascii: "*")
        if starts(UInt8(ascii: "-"), UInt8(ascii: "-")) {
            while at < text.count, text[at] != 0x0A, text[at] != 0x0D { at += 1 }
            return true
        }
        guard starts(slash, star) else { return false }
        var depth = 0
        while at < text.count {
            if starts(slash, star) {
                depth += 1
                at += 2
            } else if starts(star, slash) {
                depth -= 1
                at += 2
                if depth == 0 { return true }
            } else {
                at += 1
            }
        }
        return true
    }

    /// A doubled quote needs no rule: it ends one quoted piece and begins the next.
    private mutating func skipQuoted(_ quote: UInt8, backslashEscapes: Bool) {
        at += 1
        while at < text.count, text[at] != quote {
            at += backslashEscapes && text[at] == UInt8(ascii: "\\") ? 2 : 1
        }
        at += 1
        // The next piece of a doubled quote keeps the rules of the first.
        if backslashEscapes, at < text.count, text[at] == quote { skipQuoted(quote, backslashEscapes: true) }
    }

    /// `$tag$ … $tag$`; anything else that begins with a dollar, such as `$1`, is one octet.
    private mutating func skipDollar() {
        var end = at + 1
        while end < text.count, Self.continuesWord(text[end]), text[end] != UInt8(ascii: "$") { end += 1 }
        let isTag = end < text.count && text[end] == UInt8(ascii: "$")
        guard isTag, end == at + 1 || Self.startsWord(text[at + 1]) else {
            at += 1
            return
        }
        let tag = text[at...end]
        at = end + 1
        while at < text.count, !text[at...].starts(with: tag) { at += 1 }
        at = min(text.count, at + tag.count)
    }
}

import Domain

/// A generation. Everything about it is in its ID, so that any process can tell how far it is.
struct JobTicket: Equatable, Sendable {
    /// How it will end; a prompt orders another end than the usual one with `[[job NAME]]`.
    enum Course: Int, CaseIterable, Sendable {
        case usual, failed, moderated, endless, instant

        init?(name: String) {
            guard let found = Self.allCases.first(where: { "\($0)" == name }) else { return nil }
            self = found
        }
    }

    /// How a vendor writes IDs.
    enum Spelling: Sendable {
        /// `0190c1a2-…`, 32 hexadecimal digits.
        case uuid
        /// 26 letters and digits.
        case word
        /// 24 decimal digits.
        case number
    }

    let submittedMilliseconds: Int64
    let course: Course
    /// The place of the model in its vendor's catalogue.
    let model: Int
    /// Tells apart what is submitted within the same millisecond.
    let number: Int

    /// The ID: the ticket and enough of its hash to refuse IDs that nobody gave out.
    func id(_ spelling: Spelling) -> String {
        switch spelling {
        case .uuid:
            let digits = hexadecimal + Self.check(hexadecimal, 13)
            return Cohere.uuid(digits)
        case .word: return hexadecimal + Self.check(hexadecimal, 7)
        case .number: return decimal + Self.decimalCheck(decimal)
        }
    }

    /// Reads an ID back, nil for one that was not given out.
    init?(_ id: String, _ spelling: Spelling) {
        let isNumber = spelling == .number
        let digits = id.filter { $0 != "-" }
        let widths = isNumber ? [13, 1, 2, 5] : [12, 1, 2, 4]
        var rest = digits[...]
        var values: [Int64] = []
        for width in widths {
            guard let value = Int64(rest.prefix(width), radix: isNumber ? 10 : 16), value >= 0 else { return nil }
            values.append(value)
            rest = rest.dropFirst(width)
        }
        guard let course = Course(rawValue: Int(values[1])) else { return nil }
        self.init(
            submittedMilliseconds: values[0], course: course, model: Int(values[2]), number: Int(values[3]))
        guard self.id(spelling) == id else { return nil }
    }

    init(submittedMilliseconds: Int64, course: Course, model: Int, number: Int) {
        self.submittedMilliseconds = submittedMilliseconds
        self.course = course
        self.model = model
        self.number = number
    }

    var submitted: Timestamp { Timestamp(microseconds: submittedMilliseconds * 1_000) }

    private var hexadecimal: String {
        Self.padded(String(submittedMilliseconds, radix: 16), 12) + String(course.rawValue, radix: 16)
            + Self.padded(String(model, radix: 16), 2) + Self.padded(String(number, radix: 16), 4)
    }

    private var decimal: String {
        Self.padded(String(submittedMilliseconds), 13) + String(course.rawValue) + Self.padded(String(model), 2)
            + Self.padded(String(number), 5)
    }

    private static func padded(_ digits: String, _ width: Int) -> String {
        String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func check(_ text: String, _ length: Int) -> String { String(SHA256.hex(text).prefix(length)) }

    private static func decimalCheck(_ text: String) -> String {
        padded(String((Int(check(text, 4), radix: 16) ?? 0) % 1_000), 3)
    }
}

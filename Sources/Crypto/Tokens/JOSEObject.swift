import JSON

/// The JSON objects of a token, read by the strict parser: no duplicate names, which two readers of one token could
/// resolve differently.
enum JOSEObject {
    /// Why a text is not such an object, as a part of a sentence.
    struct Problem: Error {
        let text: String
    }

    /// The text is bounded by the length of its token; depth and number of values are bounded here.
    static func parse(_ text: [UInt8]) throws(Problem) -> JSONObject {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONParser.parse(text, limits: JSONLimits(octets: text.count, depth: 16, values: 4_000))
        } catch {
            throw Problem(text: error.reason.rawValue)
        }
        guard let object = value.object else { throw Problem(text: "the text is not an object") }
        return object
    }
}

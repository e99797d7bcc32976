import Foundation
import JSON

/// The embedding of a text: of unit length, the same for the same text, without meaning.
struct Vector: JSONWritable {
    let values: [Float]

    init(of text: String, dimensions: Int) {
        var values: [Float] = []
        var block = Array(text.utf8)
        while values.count < dimensions {
            block = SHA256.hash(block)
            values += block.map { (Float($0) - 127.5) / 128 }
        }
        values = Array(values.prefix(dimensions))
        let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        self.values = length > 0 ? values.map { $0 / length } : values
    }

    /// The values as 32-bit floats, least significant octet first, which is what OpenAI's `base64` means.
    var base64: String {
        let octets = values.flatMap { value in
            [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: value.bitPattern >> UInt32($0)) }
        }
        return Data(octets).base64EncodedString()
    }

    func write(to json: inout JSONWriter) { json.array(values) { $0.raw("\($1)") } }
}

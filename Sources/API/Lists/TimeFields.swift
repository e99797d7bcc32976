import Domain
import JSON

extension JSONWriter {
    /// A time in ISO 8601; nil is null.
    mutating func field(_ name: StaticString, _ time: Timestamp?, _ precision: Timestamp.Precision) {
        if let time {
            plainField(name) { time.append(iso: precision, to: &$0) }
        } else {
            key(name)
            null()
        }
    }
}

/// FastCGI records as a web server sends them.
enum Records {
    static func record(
        _ type: UInt8, _ content: [UInt8], id: Int = 1, padding: Int = 0, version: UInt8 = 1
    ) -> [UInt8] {
        let identifier = [UInt8(id >> 8), UInt8(id & 0xff)]
        let length = [UInt8(content.count >> 8), UInt8(content.count & 0xff)]
        return [version, type] + identifier + length + [UInt8(padding), 0] + content
            + [UInt8](repeating: 0, count: padding)
    }

    static func begin(keep: Bool = false, role: UInt8 = 1, id: Int = 1) -> [UInt8] {
        record(1, [0, role, keep ? 1 : 0, 0, 0, 0, 0, 0], id: id)
    }

    static func pair(_ name: String, _ value: String) -> [UInt8] { pair(Array(name.utf8), Array(value.utf8)) }

    static func pair(_ name: [UInt8], _ value: [UInt8]) -> [UInt8] {
        length(name.count) + length(value.count) + name + value
    }

    private static func length(_ count: Int) -> [UInt8] {
        if count < 128 { return [UInt8(count)] }
        return [UInt8(count >> 24 | 0x80), UInt8(count >> 16 & 0xff), UInt8(count >> 8 & 0xff), UInt8(count & 0xff)]
    }

    static func stream(_ type: UInt8, _ octets: [UInt8], chunk: Int = 32_760, padding: Int = 0) -> [UInt8] {
        var records: [UInt8] = []
        for start in stride(from: 0, to: octets.count, by: chunk) {
            records += record(type, Array(octets[start..<min(start + chunk, octets.count)]), padding: padding)
        }
        return records + record(type, [])
    }

    /// A whole request; `length` is the announced one.
    static func request(
        _ parameters: [(String, String)] = [], body: [UInt8] = [], length: String? = nil, keep: Bool = false
    ) -> [UInt8] {
        let announced = ("CONTENT_LENGTH", length ?? (body.isEmpty ? "" : String(body.count)))
        let pairs = ([("REQUEST_METHOD", "GET"), ("REQUEST_URI", "/"), announced] + parameters)
            .flatMap { pair($0.0, $0.1) }
        return begin(keep: keep) + stream(4, pairs) + stream(5, body)
    }
}

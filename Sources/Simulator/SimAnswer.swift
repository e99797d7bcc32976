import JSON

/// What goes back to the client, with the manners in which it goes.
package struct SimAnswer: Equatable, Sendable {
    /// A part of a body and how long to wait before it is sent.
    package struct Piece: Equatable, Sendable {
        package let delayMilliseconds: Int
        package let bytes: [UInt8]
    }

    /// The body and the way it is sent.
    package enum Body: Equatable, Sendable {
        /// Sent at once with its length.
        case whole([UInt8])
        /// Sent and flushed one by one, without a length unless a header states one.
        case pieces([Piece])
        /// Fewer octets than `Content-Length` promises, then the end.
        case cut([UInt8], promised: Int)
        /// An opening and then the same octets again and again, until the client leaves or a minute has passed.
        case endless(opening: [UInt8], repeated: [UInt8], everyMilliseconds: Int)
    }

    package var status: Int
    /// Without `Content-Length`, except where a fault states one.
    package var headers: [SimHeader]
    package var body: Body
    /// How long to wait before the first octet of the head.
    package var delayMilliseconds = 0

    init(_ status: Int, headers: [SimHeader], body: Body) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// One whole body of any type.
    package static func whole(_ status: Int, _ contentType: String, _ text: String) -> SimAnswer {
        SimAnswer(status, headers: [SimHeader("Content-Type", contentType)], body: .whole(Array(text.utf8)))
    }

    /// One JSON object, whose members the closure writes.
    static func json(
        _ status: Int = 200, headers: [SimHeader] = [], _ members: (inout JSONWriter) -> Void
    ) -> SimAnswer {
        let type = SimHeader("Content-Type", "application/json")
        return SimAnswer(status, headers: [type] + headers, body: .whole(JSONWriter.object(members)))
    }

    /// A stream of parts, 20 ms apart so that a reader can see them arrive one by one.
    static func stream(_ contentType: String, headers: [SimHeader] = [], _ parts: [[UInt8]]) -> SimAnswer {
        let pieces = parts.enumerated().map { Piece(delayMilliseconds: $0.offset == 0 ? 0 : 20, bytes: $0.element) }
        let type = SimHeader("Content-Type", contentType)
        return SimAnswer(200, headers: [type] + headers, body: .pieces(pieces))
    }

    /// Every octet of the body in its order; of an endless one, its opening.
    package var bytes: [UInt8] {
        switch body {
        case .whole(let bytes), .cut(let bytes, _), .endless(let bytes, _, _): bytes
        case .pieces(let pieces): pieces.flatMap(\.bytes)
        }
    }

    /// The first header of that name, compared without regard to case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// Parts of a server-sent event stream.
enum EventStream {
    static let contentType = "text/event-stream; charset=utf-8"

    /// One event of a JSON object, named or not.
    static func event(_ name: String? = nil, _ members: (inout JSONWriter) -> Void) -> [UInt8] {
        let opening = name.map { "event: \($0)\n" } ?? ""
        return Array((opening + "data: ").utf8) + JSONWriter.object(members) + Array("\n\n".utf8)
    }
}

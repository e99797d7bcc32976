/// The head of an answer as a FastCGI server expects it: a `Status` line, headers, an empty line.
enum ResponseHead {
    /// Refuses with `defect` what could forge a header or end the head early.
    static func octets(status: Int, headers: [(String, String)]) throws(FastCGIError) -> [UInt8] {
        guard (100...599).contains(status) else { throw .defect("status \(status)") }
        var head: [UInt8] = []
        head.reserveCapacity(headers.reduce(64) { $0 + $1.0.utf8.count + $1.1.utf8.count + 4 })
        head += "Status: \(status)\(reason(status))\r\n".utf8
        for (name, value) in headers {
            guard isName(name) else { throw .defect("a header name with octets that are not allowed") }
            guard isValue(value) else { throw .defect("header \(name) with a control character in its value") }
            head += name.utf8
            head.append(UInt8(ascii: ":"))
            head.append(UInt8(ascii: " "))
            head += value.utf8
            head += [13, 10]
        }
        head += [13, 10]
        return head
    }

    /// RFC 9110, field-name: letters, digits and some marks. `Status` would contradict the first line.
    private static func isName(_ name: String) -> Bool {
        guard !name.isEmpty, name.lowercased() != "status" else { return false }
        return name.utf8.allSatisfy { octet in
            switch octet {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
    }

    /// Anything but control characters; the tab is allowed.
    private static func isValue(_ value: String) -> Bool {
        value.utf8.allSatisfy { $0 >= 32 && $0 != 127 || $0 == 9 }
    }

    /// The reason phrases of RFC 9110 that APIs use, each with the space before it.
    private static func reason(_ status: Int) -> String {
        switch status {
        case 200: " OK"
        case 201: " Created"
        case 202: " Accepted"
        case 204: " No Content"
        case 304: " Not Modified"
        case 400: " Bad Request"
        case 401: " Unauthorized"
        case 402: " Payment Required"
        case 403: " Forbidden"
        case 404: " Not Found"
        case 405: " Method Not Allowed"
        case 409: " Conflict"
        case 412: " Precondition Failed"
        case 413: " Content Too Large"
        case 415: " Unsupported Media Type"
        case 422: " Unprocessable Content"
        case 428: " Precondition Required"
        case 429: " Too Many Requests"
        case 500: " Internal Server Error"
        case 501: " Not Implemented"
        case 502: " Bad Gateway"
        case 503: " Service Unavailable"
        case 504: " Gateway Timeout"
        default: ""
        }
    }
}

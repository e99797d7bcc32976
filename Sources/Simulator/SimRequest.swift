/// One header of a request or an answer; also a parameter of a query.
package struct SimHeader: Equatable, Sendable {
    /// As written; `SimRequest` turns those of a request into lower case.
    package let name: String
    package let value: String

    /// A name and its value, neither checked nor changed.
    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// A request as it came over the wire, taken apart but not interpreted.
package struct SimRequest: Sendable {
    /// In upper case, `GET`.
    package let method: String
    /// The path and query exactly as sent, such as `/gemini/v1beta/models?pageSize=1`.
    package let target: String
    /// The path's segments, percent-decoded after splitting, because model names may contain an encoded `/`.
    package let segments: [String]
    /// The query's parameters, decoded, in their order.
    package let query: [SimHeader]
    /// Names in lower case.
    package let headers: [SimHeader]
    /// Every octet of the body, whatever its type.
    package let body: [UInt8]

    /// Takes any target; one that is not a path has no segments that anything answers to.
    package init(method: String, target: String, headers: [SimHeader] = [], body: [UInt8] = []) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var segments = (parts.first ?? "").split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        if segments.last == "" { segments.removeLast() }
        self.method = method
        self.target = target
        self.segments = segments.map { Percent.decoded($0, plusIsSpace: false) }
        self.query = parts.count > 1 ? Percent.pairs(parts[1]) : []
        self.headers = headers.map { SimHeader($0.name.lowercased(), $0.value) }
        self.body = body
    }

    /// The path as sent, without the query.
    var path: String { String(target.prefix { $0 != "?" }) }

    /// The first header of that name, which is given in lower case.
    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    /// The first parameter of that name.
    func parameter(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// The token of `Authorization: Bearer …`, nil when there is none or it is empty.
    var bearerToken: String? {
        guard let value = header("authorization"), value.lowercased().hasPrefix("bearer ") else { return nil }
        let token = value.dropFirst(7).drop { $0 == " " }
        return token.isEmpty ? nil : String(token)
    }
}

import Crypto
import Domain
import HTTP
import JSON

/// `POST …/requests`: one call, or up to 1,000 of them.
struct RecordingBody {
    let reports: [RequestReport]
    let isBatch: Bool

    private static let most = 1_000

    init(_ request: Request, of slug: ProviderSlug) throws(Failure) {
        var fields = try request.fields()
        guard let list = fields.value("requests") else {
            isBatch = false
            reports = [try RequestReport(fields.object, of: slug, at: "", now: request.receivedAt)]
            return
        }
        try fields.finish()
        guard let elements = list.array, 1...Self.most ~= elements.count else {
            throw .invalid("requests", "must be an array of 1 to \(Self.most) objects")
        }
        var reports: [RequestReport] = []
        reports.reserveCapacity(elements.count)
        // By octets: two IDs that look alike may be two.
        var positions: [[UInt8]: Int] = [:]
        for (index, element) in elements.enumerated() {
            let path = Self.path(index)
            guard let object = element.object else { throw .invalid(path, "must be an object") }
            let report = try RequestReport(object, of: slug, at: path, now: request.receivedAt)
            if let first = positions.updateValue(index, forKey: Array(report.externalID.utf8)) {
                throw .invalid(path + ".id", "stands also at \(Self.path(first))")
            }
            reports.append(report)
        }
        isBatch = true
        self.reports = reports
    }

    static func path(_ index: Int) -> String { "requests[\(index)]" }

    /// How the caller knows a report's ID.
    func idPath(_ index: Int) -> String { isBatch ? Self.path(index) + ".id" : "id" }
}

extension RequestReport {
    /// A member that is null is a member that is not there, as the answers of this surface have it. The provider stands
    /// in the path; who names it here as well must mean the same one.
    fileprivate init(_ object: JSONObject, of slug: ProviderSlug, at path: String, now: Timestamp) throws(Failure) {
        let given = object.withoutNulls
        var fields = Fields(given, in: path)
        let externalID = try fields.required("id", fields.string("id", length: 1...200))
        if let provider = try fields.string("provider"), provider != slug.text {
            throw .invalid(fields.path("provider"), "must be \(slug.text), the provider in the path")
        }
        let model = try fields.required("model", fields.string("model", length: 1...200))
        let status = try fields.status() ?? .completed
        let userID = try fields.string("userId", length: 1...200)
        let (createdAt, end) = try fields.course(of: status, now: now)
        let payload = RequestPayload(
            metadata: try fields.json("metadata", objectOnly: true), request: try fields.json("request"),
            response: try fields.json("response"), error: try fields.json("error"))
        let (metadata, request) = (object["metadata"], object["request"])
        let providerRequestID = try fields.string("providerRequestId", length: 1...500)
        try fields.finish()
        self.init(
            externalID: externalID, model: model, status: status, userID: userID, createdAt: createdAt,
            completedAt: end.completedAt, responseTime: end.responseTime, cost: end.cost,
            quantity: try Self.quantity([
                (request, fields.path("request.n")), (metadata, fields.path("metadata.n")),
            ]),
            resolution: Self.resolution(metadata?["resolution"] ?? request?["resolution"]), payload: payload,
            providerRequestID: providerRequestID, fingerprint: Digest.sha256(JSONWriter.text(of: given.content)))
    }

    /// `n` of the call, of the first of its objects that has one: how many pictures it asks for.
    private static func quantity(_ objects: [(value: JSONValue?, path: String)]) throws(Failure) -> ExactDecimal {
        guard let one = ExactDecimal("1") else { throw .defect("1 is no number") }
        for (value, path) in objects {
            guard let number = value?["n"]?.number else { continue }
            guard let quantity = ExactDecimal(number.text), !quantity.isNegative, quantity.text != "0" else {
                throw .invalid(path, "must be a number above 0")
            }
            return quantity
        }
        return one
    }

    /// One that no price can have prices nothing by itself.
    private static func resolution(_ value: JSONValue?) -> String? {
        guard let text = value?.string, 1...50 ~= text.unicodeScalars.count else { return nil }
        return text
    }
}

/// `PUT …/requests/:requestId`
struct RequestProgressBody {
    let progress: RequestProgress

    /// `createdAt` is the call's own.
    init(_ request: Request, createdAt: Timestamp) throws(Failure) {
        let asked = try request.fields()
        var fields = Fields(asked.object.withoutNulls)
        let status = try fields.required("status", fields.status())
        let end = try fields.ending(of: status, since: createdAt, now: request.receivedAt)
        progress = RequestProgress(
            status: status, completedAt: end.completedAt,
            responseTime: end.responseTime ?? end.responseTime(since: createdAt),
            cost: end.cost, response: try fields.json("response"), error: try fields.json("error"),
            providerRequestID: try fields.string("providerRequestId", length: 1...500))
        try fields.finish()
    }
}

/// What only a call that has ended has.
private struct RequestEnding {
    let completedAt: Timestamp?
    let responseTime: Int?
    let cost: ExactDecimal?

    /// Milliseconds from a moment to the end; nil where the end is not given.
    func responseTime(since start: Timestamp) -> Int? {
        completedAt.map { max(0, Int(Int32(clamping: ($0.microseconds - start.microseconds) / 1_000))) }
    }
}

extension Fields {
    fileprivate mutating func status() throws(Failure) -> RequestStatus? {
        guard let text = try string("status") else { return nil }
        guard let status = RequestStatus(rawValue: text) else {
            throw .invalid(
                path("status"), "must be one of " + RequestStatus.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return status
    }

    /// When a reported call began, and its end, of which a finished one has the time. A call whose beginning is not given
    /// began its response time before its end, which is now unless it is given.
    fileprivate mutating func course(
        of status: RequestStatus, now: Timestamp
    ) throws(Failure) -> (createdAt: Timestamp, end: RequestEnding) {
        let oldest = now.adding(seconds: -90 * 86_400)
        let created = try moment("createdAt", from: oldest, until: now.adding(seconds: 300))
        let end = try ending(of: status, since: created ?? oldest, now: now)
        let duration = end.responseTime ?? 0
        let createdAt = created ?? (end.completedAt ?? now).adding(milliseconds: -duration)
        let completedAt = end.completedAt.map { max($0, createdAt) } ?? createdAt.adding(milliseconds: duration)
        return (
            createdAt,
            RequestEnding(
                completedAt: status.isFinished ? completedAt : nil,
                responseTime: end.responseTime ?? created.flatMap { end.responseTime(since: $0) }, cost: end.cost)
        )
    }

    /// `completedAt`, `responseTime` and `cost`. What a call costs is known when it has ended, and is charged once. An end
    /// in the second of the beginning is one: answers write no fractions.
    fileprivate mutating func ending(
        of status: RequestStatus, since createdAt: Timestamp, now: Timestamp
    ) throws(Failure) -> RequestEnding {
        for name in ["completedAt", "responseTime", "cost"] where !status.isFinished && value(name) != nil {
            throw .invalid(path(name), "cannot be given before the request has ended")
        }
        return RequestEnding(
            completedAt: try moment(
                "completedAt", from: Timestamp(seconds: createdAt.seconds), until: now.adding(seconds: 300)),
            responseTime: try int("responseTime", in: 0...Int(Int32.max)),
            cost: try decimal("cost", in: 0...1_000_000_000_000))
    }

    /// A moment with its offset from UTC.
    fileprivate mutating func moment(
        _ name: String, from first: Timestamp, until last: Timestamp
    ) throws(Failure) -> Timestamp? {
        guard let text = try string(name) else { return nil }
        guard case .moment(let moment, _)? = ISODate(text) else {
            throw .invalid(path(name), "must be a time such as 2025-11-26T17:00:00Z")
        }
        guard moment >= first else { throw .invalid(path(name), "must not be before \(first.iso(.seconds))") }
        guard moment <= last else { throw .invalid(path(name), "must not be after \(last.iso(.seconds))") }
        return moment
    }

    /// Any JSON value, or any object, as text.
    fileprivate mutating func json(_ name: String, objectOnly: Bool = false) throws(Failure) -> String? {
        guard let value = value(name) else { return nil }
        if objectOnly, value.object == nil { throw .invalid(path(name), "must be an object") }
        return String(decoding: JSONWriter.text(of: value), as: UTF8.self)
    }
}

extension Timestamp {
    fileprivate func adding(seconds: Int64) -> Timestamp { Timestamp(microseconds: microseconds + seconds * 1_000_000) }

    fileprivate func adding(milliseconds: Int) -> Timestamp {
        Timestamp(microseconds: microseconds + Int64(milliseconds) * 1_000)
    }
}

extension JSONObject {
    fileprivate var withoutNulls: JSONObject { JSONObject(members.filter { !$0.value.isNull }) }

    /// What tells a report from another one with the same ID: all of it but the provider, which the path has.
    fileprivate var content: JSONObject { JSONObject(members.filter { $0.name != "provider" }).inOrder }

    /// The same object with the members of all objects in the order of their names: equal objects have equal texts.
    fileprivate var inOrder: JSONObject {
        JSONObject(
            members.map { Member(name: $0.name, value: $0.value.inOrder) }
                .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) })
    }
}

extension JSONValue {
    fileprivate var inOrder: JSONValue {
        switch self {
        case .object(let object): .object(object.inOrder)
        case .array(let elements): .array(elements.map(\.inOrder))
        default: self
        }
    }
}

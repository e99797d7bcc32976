import Crypto
import Domain
import HTTP
import JSON

extension Response {
    /// Contract 3's envelope around one value.
    static func success(
        _ message: String, status: Int = 200, etag: EntityTag? = nil, meta: (inout JSONWriter) -> Void = { _ in },
        _ data: some JSONWritable
    ) -> Response {
        .json(
            JSONWriter.object {
                $0.field("data", data)
                $0.field("meta", object: meta)
                $0.field("status", "success")
                $0.field("message", message)
            }, status: status, etag: etag?.text)
    }

    /// Contract 3's envelope around a page of a list.
    static func success<Row: JSONWritable>(
        _ message: String, _ slice: Slice<Row>, _ page: Page, meta: (inout JSONWriter) -> Void = { _ in }
    ) -> Response {
        .json(
            JSONWriter.object {
                $0.field("data", array: slice.rows)
                $0.field("meta") {
                    $0.field("total", slice.total)
                    $0.field("count", slice.rows.count)
                    $0.field("limit", page.limit)
                    $0.field("offset", page.offset)
                    meta(&$0)
                }
                $0.field("status", "success")
                $0.field("message", message)
            })
    }
}

/// Contract 3's error form. `meta.errors` names each field with what is wrong with it; `meta.job` is what is under way
/// already; in development mode `meta.detail` says what the message does not.
@Sendable
func renderStatusError(_ failure: Failure, _ detail: String?) -> Response {
    let body = JSONWriter.object {
        $0.key("data")
        $0.null()
        $0.field("meta") {
            switch failure {
            case .invalid(let problems) where !problems.isEmpty: $0.errors(problems)
            case .running(_, let id): $0.field("job", id)
            default: $0.fieldIfPresent("detail", detail == failure.message ? nil : detail)
            }
        }
        $0.field("status", "error")
        $0.field("message", failure.message)
    }
    var response = Response.json(body, status: failure.status)
    response.headers += failure.headers
    return response
}

extension JSONWriter {
    /// The first problem of each field, under its name.
    fileprivate mutating func errors(_ problems: [FieldProblem]) {
        var seen: Set<String> = []
        field("errors") {
            for problem in problems where seen.insert(problem.field).inserted {
                $0.key(escaping: problem.field)
                $0.string(problem.reason)
            }
        }
    }
}

extension EntityTag {
    /// Changes with everything that a representation shows; its first part is the version, so that `If-Match` only
    /// minds changes.
    init(version: Int, of representation: some JSONWritable) {
        let digest = Digest.sha256(JSONWriter.text(of: representation))
        self.init(version: version, rest: digest.prefix(6).map { String($0, radix: 16) }.joined(separator: "."))
    }
}

extension AuditEntry {
    /// The details of something that happened to a provider, or to what belongs to it.
    mutating func tell(_ slug: ProviderSlug, subject: String? = nil, _ members: (inout JSONWriter) -> Void) {
        self.subject = subject ?? slug.text
        provider = slug.text
        details = JSONWriter.text(members)
    }
}

import Domain
import HTTP
import JSON

extension RequestRecord: ListRow {
    /// What the contract shows inside `metadata` has columns of its own; the last one has all of it.
    static let columns = [
        "id", "provider", "model", "status", "userId", "createdAt", "completedAt", "responseTime", "cost",
        "metadata.prompt", "metadata.resolution", "metadata",
    ]

    package func write(to json: inout JSONWriter) {
        json.object {
            members(&$0)
            $0.key("metadata")
            $0.raw(metadata ?? "{}")
        }
    }

    /// What lists and details have in common.
    fileprivate func members(_ json: inout JSONWriter) {
        json.field("id", name)
        json.field("provider", provider)
        json.field("model", model)
        json.field("status", status.rawValue)
        json.field("userId", userID)
        json.field("createdAt", createdAt.iso(.seconds))
        json.field("completedAt", completedAt?.iso(.seconds))
        json.field("responseTime", responseTime)
        json.field("cost", number: cost?.text)
    }

    func write(to csv: inout CSVWriter) {
        let members = metadata.flatMap { try? JSONParser.parse(Array($0.utf8)) }
        csv.text(name)
        csv.text(provider)
        csv.text(model)
        csv.text(status.rawValue)
        csv.text(userID)
        csv.text(createdAt.iso(.seconds))
        csv.text(completedAt?.iso(.seconds))
        csv.number(responseTime)
        csv.number(cost?.text)
        csv.text(members?["prompt"]?.string)
        csv.text(members?["resolution"]?.string)
        csv.text(metadata ?? "{}")
    }
}

extension RequestDetail {
    /// Contract 2's details of a request.
    func members(_ json: inout JSONWriter) {
        record.members(&json)
        for (name, text) in [("request", request), ("response", response), ("error", error)] {
            json.key(escaping: name)
            json.raw(text ?? "null")
        }
    }
}

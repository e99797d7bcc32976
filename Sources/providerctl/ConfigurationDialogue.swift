import Domain
import Foundation
import JSON
import Providers

/// The questions about a provider of machines, one for each field of its configuration. Who answers wrongly is asked
/// again.
enum ConfigurationDialogue {
    /// Throws when the answers end.
    static func answers(_ adapter: any ComputeAdapter) throws(Refusal) -> JSONObject {
        var members: [JSONObject.Member] = []
        for field in adapter.fields {
            guard let value = try answer(field) else { continue }
            members.append(JSONObject.Member(name: field.name, value: .string(value)))
        }
        return JSONObject(members)
    }

    /// Nil for a field that was left out.
    private static func answer(_ field: ConfigField) throws(Refusal) -> String? {
        while true {
            guard let line = ask(field) else { throw Refusal("the answers ended too early; nothing was stored") }
            let answer = line.trimmed
            if answer.isEmpty, !field.isRequired { return nil }
            do throws(Refusal) {
                let value = try field.form == .document ? content(of: answer) : answer
                guard let problem = field.problem(value) else { return value }
                Terminal.write("\(field.name) \(problem)\n")
            } catch {
                Terminal.write(error.reason + "\n")
            }
        }
    }

    private static func ask(_ field: ConfigField) -> String? {
        let end = field.isRequired ? ": " : ", empty for none: "
        if field.form == .document { return Terminal.ask("file with the \(field.name)\(end)") }
        return field.isSecret
            ? Terminal.askSecretly("\(field.name), which is not shown\(end)") : Terminal.ask(field.name + end)
    }

    /// A document has several lines, which no terminal takes as one answer.
    private static func content(of path: String) throws(Refusal) -> String {
        guard let data = FileManager.default.contents(atPath: path) else { throw Refusal("\(path) cannot be read") }
        guard let text = String(validating: data, as: UTF8.self) else { throw Refusal("\(path) is not text") }
        return text
    }
}

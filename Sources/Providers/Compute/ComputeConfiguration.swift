import Domain
import JSON

/// What an administrator entered for a compute provider, checked.
package struct ComputeConfiguration: Sendable, Equatable {
    /// All values are kept as secrets: whether one may be shown is the field's matter.
    private let values: [String: Secret]

    /// Reads the `config` object of a request. Throws `.invalid` with every problem of every field, named as
    /// `config.host`.
    package static func parse(
        _ object: JSONObject, for adapter: any ComputeAdapter, in prefix: String = "config"
    ) throws(Failure) -> ComputeConfiguration {
        var values: [String: Secret] = [:]
        var problems: [FieldProblem] = []
        for field in adapter.fields {
            let path = "\(prefix).\(field.name)"
            switch object[field.name] {
            case nil: if field.isRequired { problems.append(FieldProblem(path, "is required")) }
            case .string(let text)?:
                if let problem = field.problem(text) {
                    problems.append(FieldProblem(path, problem))
                } else {
                    values[field.name] = Secret(text)
                }
            default: problems.append(FieldProblem(path, "must be a string"))
            }
        }
        let known = Set(adapter.fields.map(\.name))
        problems += object.members.map(\.name).filter { !known.contains($0) }.prefix(20)
            .map { FieldProblem("\(prefix).\($0.prefix(64))", "is not known") }
        let configuration = ComputeConfiguration(values: values)
        if problems.isEmpty {
            problems = adapter.problems(configuration).map { FieldProblem("\(prefix).\($0.field)", $0.reason) }
        }
        guard problems.isEmpty else { throw .invalid(problems) }
        return configuration
    }

    private init(values: [String: Secret]) { self.values = values }

    /// What `serialized` wrote; nil for anything else.
    init?(_ object: JSONObject) {
        var values: [String: Secret] = [:]
        for member in object.members {
            guard let text = member.value.string else { return nil }
            values[member.name] = Secret(text)
        }
        self.init(values: values)
    }

    /// The value of a field, for a call to the provider; nil where it was left out.
    subscript(_ name: String) -> String? { values[name]?.exposeText() }

    /// The value of a field that the adapter requires.
    func required(_ name: String) throws(Failure) -> String {
        guard let value = self[name] else { throw .defect("the stored configuration has no \(name)") }
        return value
    }

    func isSet(_ flag: String) -> Bool { self[flag] == "true" }

    /// The octets of a secret, for signing.
    func octets(_ name: String) -> [UInt8] { values[name]?.expose() ?? [] }

    /// Everything, as JSON to be sealed.
    var object: JSONObject {
        JSONObject(
            values.sorted { $0.key < $1.key }
                .map { JSONObject.Member(name: $0.key, value: .string($0.value.exposeText())) })
    }

    /// What may be shown: the fields that the adapter does not call secret, in its order.
    package func shown(by adapter: any ComputeAdapter) -> JSONObject {
        JSONObject(
            adapter.fields.filter { !$0.isSecret }.compactMap { field in
                self[field.name].map { JSONObject.Member(name: field.name, value: .string($0)) }
            })
    }
}

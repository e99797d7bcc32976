import Configuration
import JSON
import Outbound

extension Command {
    static let checkEgress = Command(
        "egress check", "says whether an address may be called, and why not",
        usage: """
            [--policy production|installation] URL
              --policy production    public addresses only; needs neither a configuration nor a server
              --policy installation  what the configuration allows (the default)
              URL                    the address; its name is resolved, and nothing else is contacted
            """
    ) { arguments, invocation in
        let name = try arguments.option("--policy") ?? "installation"
        guard ["production", "installation"].contains(name) else {
            throw UsageError("--policy must be production or installation")
        }
        guard let text = arguments.word() else { throw UsageError("the URL is missing") }
        try arguments.finish()
        let output = invocation.output
        let policy =
            try name == "production" ? .production : invocation.installation().configuration.addressPolicy
        let verdict = EgressVerdict(text, policy)
        output.text("\(text): \(verdict.sentence)")
        output.json {
            $0.object {
                $0.field("url", text)
                $0.field("allowed", verdict.isAllowed)
                $0.field("reason", verdict.isAllowed ? nil : verdict.sentence)
            }
        }
        return verdict.isAllowed ? .success : .no
    }
}

/// Whether an address may be called.
enum EgressVerdict {
    case allowed([String])
    case unresolved
    case refused(String)

    init(_ text: String, _ policy: AddressPolicy) {
        do throws(URLProblem) {
            self.init(try HTTPURL(text), policy)
        } catch {
            self = .refused(error.reason)
        }
    }

    init(_ url: HTTPURL, _ policy: AddressPolicy) {
        do throws(OutboundError) {
            self = .allowed(try policy.resolve(url, withinMilliseconds: 5_000).map(\.description))
        } catch .addressRefused(let reason) {
            self = .refused(reason)
        } catch {
            self = .unresolved
        }
    }

    var isAllowed: Bool { if case .allowed = self { true } else { false } }

    var sentence: String {
        switch self {
        case .allowed(let addresses): "allowed (\(addresses.joined(separator: ", ")))"
        case .unresolved: "the name does not resolve"
        case .refused(let reason): "refused: \(reason)"
        }
    }
}

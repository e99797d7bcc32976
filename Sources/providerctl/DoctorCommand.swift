import Configuration
import Crypto
import Domain
import Foundation
import JSON
import Outbound
import Postgres
import Store

extension Command {
    static let doctor = Command(
        "doctor", "looks at everything an installation needs, and says what is wrong and how to mend it"
    ) { arguments, invocation in
        try arguments.finish()
        let output = invocation.output
        let path = try Configuration.path(option: invocation.configurationOption)
        // Mistakes in the configuration are findings; without the file there is nothing to look at.
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw ConfigurationError("configuration file", "\(path) cannot be read")
        }
        let findings = Examination(path: path).findings
        output.table(["", "WHAT", "FOUND"], findings.map { [$0.isGood ? "ok" : "BAD", $0.what, $0.found] })
        output.json {
            $0.array(findings) { json, finding in
                json.object {
                    $0.field("check", finding.what)
                    $0.field("ok", finding.isGood)
                    $0.field("found", finding.found)
                }
            }
        }
        return findings.allSatisfy(\.isGood) ? .success : .no
    }
}

/// A walk over configuration, keys, database and endpoints. It stops where the rest cannot be looked at.
private struct Examination {
    struct Finding {
        let what: String
        let found: String
        let isGood: Bool
    }

    private(set) var findings: [Finding] = []

    init(path: String) {
        do {
            let configuration = try Configuration(path: path)
            note("configuration", "\(path) has no mistakes")
            let keys = try configuration.keyRing()
            note("master keys", "\(keys.keyIDs.count), sealing with \(keys.sealingKeyID)")
            _ = try configuration.tokens.fixedKeys()
            note("token keys", "readable")
            look(at: configuration.socket)
            let store = Store(pool: Pool(configuration.poolSettings), keys: keys)
            guard note(store.readiness(migrations: try configuration.migrator())) else { return }
            for provider in try store.providers() { look(at: provider, configuration.addressPolicy) }
        } catch let failure as Failure {
            findings.append(Finding(what: "database", found: explanation(of: failure), isGood: false))
        } catch {
            findings.append(Finding(what: "configuration", found: explanation(of: error), isGood: false))
        }
    }

    private mutating func note(_ what: String, _ found: String) {
        findings.append(Finding(what: what, found: found, isGood: true))
    }

    /// Whether the rest can be looked at.
    private mutating func note(_ readiness: Readiness) -> Bool {
        switch readiness {
        case .ready: note("database", "reachable, migrations current, keys open it")
        case .databaseAway:
            findings.append(Finding(what: "database", found: "cannot be reached: check 'database'", isGood: false))
        case .migrations(let state):
            findings.append(Finding(what: "migrations", found: "\(state); run 'providerctl migrate'", isGood: false))
        case .sealed(let reason): findings.append(Finding(what: "master keys", found: reason, isGood: false))
        }
        return readiness == .ready
    }

    private mutating func look(at socket: String) {
        var status = stat()
        guard stat(socket, &status) == 0 else {
            return findings.append(
                Finding(what: "socket", found: "\(socket) is not there: is providerd running?", isGood: false))
        }
        let mode = String(status.st_mode & 0o777, radix: 8)
        findings.append(
            Finding(what: "socket", found: "\(socket), mode \(mode)", isGood: status.st_mode & 0o007 == 0))
    }

    private mutating func look(at provider: ProviderRecord, _ policy: AddressPolicy) {
        // Where those are is in each configuration, not here.
        guard provider.enabled, provider.slug != "ollama", provider.kind != "compute" else { return }
        let verdict = EgressVerdict(provider.endpointURL, policy)
        findings.append(
            Finding(
                what: "endpoint of \(provider.slug)", found: "\(provider.endpointURL): \(verdict.sentence)",
                isGood: verdict.isAllowed))
    }
}

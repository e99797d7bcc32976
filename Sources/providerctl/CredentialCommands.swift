import Configuration
import Domain
import Foundation
import JSON
import Providers
import Store

extension Command {
    static let listCredentials = Command(
        "ai:credentials:list", "shows the installation's keys, masked",
        usage: """
            [PROVIDER]
              PROVIDER  only those of this one, as 'provider list' names it
            """
    ) { arguments, invocation in
        let slug = try arguments.slug()
        try arguments.finish()
        let store = try invocation.installation().store()
        if let slug { _ = try store.provider(named: slug) }
        let credentials = try store.installationCredentials(of: slug)
        let output = invocation.output
        output.table(
            ["PROVIDER", "ENVIRONMENT", "KEY", "STATE", "ACTIVE", "EXPIRES", "LAST USED", "ID"],
            credentials.map { credential in
                [
                    credential.provider, credential.environment, credential.key, credential.state,
                    credential.isActive ? "yes" : "no", credential.expiresAt?.iso(.seconds) ?? "never",
                    credential.lastUsedAt?.iso(.seconds) ?? "never", credential.id.text,
                ]
            })
        output.json { $0.array(credentials) { $0.credential($1) } }
        return .success
    }

    static let setCredential = Command(
        "ai:credentials:set", "stores a provider's key in the place of the former one of its environment",
        usage: """
            PROVIDER [--environment NAME] [--stdin] [--no-test]
              PROVIDER            as 'provider list' names it
              --environment NAME  what the key is for, such as dev or prod; 'default' unless given
              --stdin             reads the key from standard input; without it, a terminal is asked and shows nothing
              --no-test           stores the key without asking the provider about it

            The key is never an argument: those are seen by everybody who lists processes. A provider of virtual machines
            has a configuration instead: one JSON object on standard input, or a question for each of its fields.
            """
    ) { arguments, invocation in
        let environment = try arguments.environment()
        let isPiped = arguments.flag("--stdin")
        let isTested = !arguments.flag("--no-test")
        guard let slug = try arguments.slug() else { throw UsageError("the provider is missing") }
        guard arguments.word() == nil else {
            throw UsageError("a key is never an argument; one that was given so is known to others: renew it")
        }
        try arguments.finish()
        guard isPiped || Terminal.isInteractive else {
            throw UsageError("there is no terminal to ask: give the key on standard input, with --stdin")
        }
        let installation = try invocation.installation()
        let provider = try installation.store().provider(named: slug)
        // What is typed is not shown, whatever the line says.
        let key =
            isPiped && isatty(STDIN_FILENO) == 0
            ? try NewKey(StandardInput.text(), for: provider, in: environment)
            : try NewKey.asked(for: provider, in: environment)
        try key.check(by: installation)
        let finding = isTested ? try key.test(by: installation) : nil
        try key.store(in: installation.store(), finding)
        let output = invocation.output
        output.text(
            "\(provider.displayName), \(environment.text): "
                + (finding == nil ? "stored, not tested" : "accepted and stored"))
        output.json {
            $0.object {
                $0.field("provider", provider.slug)
                $0.field("environment", environment.text)
                $0.field("hint", key.credentials.hint)
                $0.field("tested", finding != nil)
            }
        }
        return .success
    }

    static let removeCredential = Command(
        "ai:credentials:remove", "deletes a key of the installation",
        usage: """
            ID [--yes]
              ID     the key, as 'ai:credentials:list' names it
              --yes  does not ask first
            """
    ) { arguments, invocation in
        let isSure = arguments.flag("--yes")
        guard let word = arguments.word() else { throw UsageError("the ID is missing") }
        try arguments.finish()
        guard let id = ID<Credential>(word) else {
            throw UsageError("that is not an ID: 'ai:credentials:list' shows them")
        }
        guard isSure || Terminal.isInteractive else { throw UsageError("there is no terminal to ask: give --yes") }
        let store = try invocation.installation().store()
        guard let known = try store.installationCredentials(of: nil).first(where: { $0.id == id }) else {
            throw Refusal("there is no key \(id.text) of the installation: 'ai:credentials:list' shows them")
        }
        if !isSure {
            let answer = Terminal.ask(
                "Delete the key \(known.key) of \(known.provider) (\(known.environment))? [y/N] ")
            guard let answer, ["y", "yes"].contains(answer.lowercased()) else { throw Refusal("nothing was deleted") }
        }
        let removed = try remove(id, from: store)
        invocation.output.text("deleted the key \(removed.key) of \(removed.provider) (\(removed.environment))")
        invocation.output.json { $0.credential(removed) }
        return .success
    }
}

private func remove(_ id: ID<Credential>, from store: Store) throws(Failure) -> ShownCredential {
    try store.transaction { (transaction) throws(Failure) in
        let removed = try transaction.removeInstallationCredential(id)
        try transaction.reviewAlerts(of: ProviderSlug(removed.provider), at: .now())
        try transaction.audit(
            Installation.entry(
                "credential.delete", subject: id.text, provider: removed.provider,
                details: JSONWriter.text {
                    $0.field("before", object: { $0.describe(removed) })
                    $0.key("after")
                    $0.null()
                }),
            at: .now())
        return removed
    }
}

extension ShownCredential {
    /// What a person may see of it.
    fileprivate var key: String {
        switch type {
        case "config": "configuration"
        case "base_url": "address"
        default: hint ?? "…"
        }
    }
}

extension JSONWriter {
    fileprivate mutating func describe(_ credential: ShownCredential) {
        field("environment", credential.environment)
        field("hint", credential.hint)
        field("state", credential.state)
        field("active", credential.isActive)
    }

    fileprivate mutating func credential(_ credential: ShownCredential) {
        object {
            $0.field("id", credential.id.text)
            $0.field("provider", credential.provider)
            $0.field("type", credential.type)
            $0.describe(credential)
            $0.field("expiresAt", credential.expiresAt?.iso(.seconds))
            $0.field("lastUsedAt", credential.lastUsedAt?.iso(.seconds))
            $0.field("createdAt", credential.createdAt.iso(.seconds))
        }
    }
}

import Configuration
import Domain
import Foundation
import JSON
import Providers
import Store

extension Command {
    static let setup = Command(
        "setup", "asks for a provider, its key and its default model, and stores them",
        usage: """
            [--no-test]
              --no-test  stores the key without asking the provider about it

            Answers can also come from standard input, one on each line: the provider, the environment, the key, the
            model. An empty line takes what stands in brackets.
            """
    ) { arguments, invocation in
        let isTested = !arguments.flag("--no-test")
        try arguments.finish()
        let installation = try invocation.installation()
        let dialogue = SetupDialogue(store: try installation.store())
        let provider = try dialogue.provider()
        let environment = try dialogue.environment()
        let key = try dialogue.key(for: provider, in: environment)
        let model = try dialogue.model(for: provider)
        try key.check(by: installation)
        if isTested { Terminal.write("asking \(provider.displayName) …\n") }
        let finding = isTested ? try key.test(by: installation) : nil
        try key.store(in: dialogue.store, finding, model: model)
        let output = invocation.output
        output.text(
            "\(provider.displayName) is set up: environment \(environment.text), model \(model ?? "none"), key "
                + (finding == nil ? "not tested" : "accepted"))
        output.json {
            $0.object {
                $0.field("provider", provider.slug)
                $0.field("environment", environment.text)
                $0.field("defaultModel", model)
                $0.field("hint", key.credentials.hint)
                $0.field("tested", finding != nil)
            }
        }
        return .success
    }
}

/// The questions of `setup`. A person who answers wrongly is asked again; a script is not.
private struct SetupDialogue {
    let store: Store
    private let isPerson = Terminal.isInteractive

    func provider() throws -> ProviderRecord {
        let providers = try store.providers().filter { $0.enabled && $0.kind != "compute" }
        for (index, provider) in providers.enumerated() {
            Terminal.write("\(index < 9 ? " " : "")\(index + 1)  \(provider.slug)  (\(provider.displayName))\n")
        }
        return try ask("Provider, by number or name [gemini]: ", standard: "gemini") { answer in
            if let number = Int(answer), let place = providers.indices.first(where: { $0 + 1 == number }) {
                return providers[place]
            }
            guard let found = providers.first(where: { $0.slug == answer.lowercased() }) else {
                throw Refusal("there is no provider '\(answer)' that is switched on")
            }
            return found
        }
    }

    func environment() throws -> EnvironmentName {
        try ask("Environment [default]: ", standard: EnvironmentName.standard.text) { answer in
            do throws(Failure) {
                return try EnvironmentName(answer)
            } catch {
                throw Refusal(error.told("the environment"))
            }
        }
    }

    func key(for provider: ProviderRecord, in environment: EnvironmentName) throws -> NewKey {
        try ask("\(NewKey.noun(for: provider)), which is not shown: ", isSecret: true) { answer in
            try NewKey(answer, for: provider, in: environment)
        }
    }

    func model(for provider: ProviderRecord) throws -> String? {
        let standard = provider.defaultModel
        return try ask("Default model [\(standard ?? "none")]: ", standard: standard ?? "") { answer in
            guard !answer.isEmpty else { return nil }
            do throws(Failure) { return try ModelName(answer).text } catch { throw Refusal(error.told("the model")) }
        }
    }

    private func ask<Value>(
        _ question: String, standard: String? = nil, isSecret: Bool = false, _ read: (String) throws -> Value
    ) throws -> Value {
        while true {
            guard let line = isSecret ? Terminal.askSecretly(question) : Terminal.ask(question) else {
                throw Refusal("the answers ended too early; nothing was stored")
            }
            let answer = line.trimmed
            do {
                return try read(answer.isEmpty ? standard ?? "" : answer)
            } catch let refusal as Refusal where isPerson {
                Terminal.write(refusal.reason + "\n")
            }
        }
    }
}

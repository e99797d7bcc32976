import Configuration
import Domain
import Foundation
import JSON
import Providers
import Store

extension Command {
    static let generateImage = Command(
        "image generate", "has a picture made and writes it to a file",
        usage: """
            --provider gemini|openrouter|requesty (--prompt TEXT | --stdin) [OPTION …]
              --provider SLUG       who paints: gemini, openrouter or requesty
              --prompt TEXT         what is to be seen
              --stdin               reads the prompt from standard input
              --model NAME          the provider's name of the model; without it the one that the provider is set to
              --input FILE          a PNG, JPEG or WebP that the prompt speaks of; may be repeated
              --aspect-ratio W:H    such as 1:1 or 16:9
              --size WORD           such as 1K or 2K, where the model has sizes
              --output FILE         where the picture goes; a name made of the time without it
              --force               writes over a file that is there
              --environment NAME    whose key is used, 'default' unless given
            """
    ) { arguments, invocation in
        let order = try ImageOrder(&arguments)
        let installation = try invocation.installation()
        let store = try installation.store()
        let provider = try store.provider(named: order.slug)
        let adapter = try order.adapter(for: provider)
        let request = try order.request(for: provider, adapter)
        guard let credential = try store.installationCredential(of: order.slug, in: order.environment) else {
            throw Refusal(
                "\(provider.displayName) has no active key in the environment \(order.environment.text): "
                    + "'providerctl ai:credentials:set \(provider.slug)' stores one")
        }
        try order.checkFile()
        let painting = Painting(order: order, provider: provider, credential: credential, model: request.model)
        let credentials = try Credentials(serialized: credential.secret)
        let reply: ImageReply
        let milliseconds: Int
        do throws(Failure) {
            (reply, milliseconds) = try painting.paint(request, credentials, try installation.providerClient())
        } catch {
            guard case .upstream(let failure) = error else { throw error }
            try painting.account(failure, in: store)
            throw Refusal(failure.message)
        }
        // The picture is paid: it is on the disk before anything else can go wrong.
        let files = Result { () throws(Refusal) in try order.write(reply.images) }
        let cost = try painting.account(reply, milliseconds, in: store)
        let result = PaintedFiles(files: try files.get(), reply: reply, cost: cost, milliseconds: milliseconds)
        result.print(painting, to: invocation.output)
        return reply.images.isEmpty ? .no : .success
    }
}

extension Installation {
    /// As `client`, for where only failures of calls are expected.
    fileprivate func providerClient() throws(Failure) -> ProviderClient {
        do throws(ConfigurationError) { return try client() } catch { throw .defect("\(error)") }
    }
}

/// One call that paints, and its accounts.
struct Painting {
    let order: ImageOrder
    let provider: ProviderRecord
    let credential: InstallationCredential
    let model: String
    let startedAt = Timestamp.now()

    /// A picture takes longer than an answer in words; a provider that is given more time keeps it.
    private static let leastMilliseconds = 180_000

    func paint(
        _ request: ImageRequest, _ credentials: Credentials, _ client: ProviderClient
    ) throws(Failure) -> (ImageReply, milliseconds: Int) {
        let start = Deadline.clock()
        let reply = try client.generate(
            request, credentials, slug: provider.slug, endpoint: provider.endpointURL, authType: provider.authType,
            timeoutMilliseconds: max(Self.leastMilliseconds, provider.timeoutMilliseconds))
        return (reply, Int(clamping: (Deadline.clock() - start) / 1_000_000))
    }

    func account(_ failure: UpstreamFailure, in store: Store) throws(Failure) {
        let milliseconds = Int(clamping: (Timestamp.now().microseconds - startedAt.microseconds) / 1_000)
        try store.transaction { (transaction) throws(Failure) in
            try transaction.record(failure.kind, of: call(max(0, milliseconds)))
            try transaction.reviewAlerts(of: order.slug, at: .now())
            var entry = entry { $0.field("error", failure.kind.rawValue) }
            entry.outcome = failure.kind == .invalidCredential ? .refused : .failed
            try transaction.audit(entry, at: .now())
        }
    }

    func account(_ reply: ImageReply, _ milliseconds: Int, in store: Store) throws(Failure) -> AccountedCost? {
        let painted = PaintedImages(
            count: reply.images.count + reply.unreadableImages, reportedModel: reply.model,
            priceNames: ModelMatch.candidates(reported: reply.model, requested: model),
            promptTokens: reply.usage.promptTokens, cachedPromptTokens: reply.usage.cachedPromptTokens,
            cacheWriteTokens: reply.usage.cacheWriteTokens, completionTokens: reply.usage.completionTokens,
            imageTokens: reply.imageTokens, resolution: order.size,
            reportedCost: reply.cost.map { ($0.amount, $0.currency) })
        return try store.transaction { (transaction) throws(Failure) in
            let cost = try transaction.record(painted, of: call(milliseconds))
            let entry = entry {
                $0.field("images", reply.images.count)
                $0.field("cost", number: cost?.amount.text)
            }
            try transaction.audit(entry, at: .now())
            return cost
        }
    }

    private func call(_ milliseconds: Int) -> InstallationCall {
        InstallationCall(
            slug: order.slug, credential: credential.id, credentialVersion: credential.version,
            environment: order.environment, userID: Installation.actor, model: model, startedAt: startedAt,
            responseMilliseconds: milliseconds)
    }

    private func entry(_ more: (inout JSONWriter) -> Void) -> AuditEntry {
        let details = JSONWriter.object {
            $0.field("model", model)
            $0.field("environment", order.environment.text)
            more(&$0)
        }
        return Installation.entry(
            "image.generate", subject: provider.slug, provider: provider.slug,
            details: String(decoding: details, as: UTF8.self))
    }
}

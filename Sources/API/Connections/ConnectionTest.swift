import Domain
import HTTP
import JSON
import Providers
import Store

/// Sends one message through the connection and accounts the call: tokens, exact cost, last use. A credential that
/// was refused before may be tested again; success makes it usable again.
@Sendable
func testConnection(_ request: Request, _ services: Services) throws(Failure) -> Response {
    let body = try TestConnectionBody(request)
    let owner = try request.authenticated().owner
    let target = try services.store.callTarget(try request.id("id", of: "AI provider"), of: owner)
    guard target.connectionActive else { throw .inactive("AI provider") }
    guard target.credentialUsable else { throw .inactive("The credential") }
    guard target.providerEnabled else { throw .inactive("The provider \(target.displayName)") }
    let stopwatch = CallStopwatch()
    let reply: ChatReply
    do throws(Failure) {
        reply = try services.upstream { (client) throws(Failure) in
            try client.chat(ChatRequest(target, message: body.message, maxTokens: body.maxTokens), through: target)
        }
    } catch {
        try services.account(error, of: request, through: target, owner, stopwatch.ended())
        throw error
    }
    let time = stopwatch.ended()
    return try services.change(request, "connection.test") { (transaction, entry) throws(Failure) in
        let cost = try transaction.record(
            CompletedCall(reply, request: request, target: target, time: time), through: target, of: owner)
        entry.describe(target)
        return .json(
            JSONWriter.object {
                $0.field("success", true)
                $0.field("message", cost == nil ? unpriced(reply) : "AI provider test successful")
                $0.field("data", object: { $0.test(target, reply, cost, milliseconds: time.milliseconds) })
            })
    }
}

/// The warning that stands in for a cost: unknown is not zero.
private func unpriced(_ reply: ChatReply) -> String {
    "AI provider test successful; warning: the price of \(reply.model.prefix(200)) is unknown, so no cost was accounted"
}

extension Services {
    fileprivate func account(
        _ failure: Failure, of request: Request, through target: CallTarget, _ owner: Owner, _ time: CallTime
    ) throws(Failure) {
        guard case .upstream(let upstream) = failure else { return }
        let caller = try request.authenticated()
        try recordFailure(failure, of: request, "connection.test") { (transaction, entry) throws(Failure) in
            let call = FailedCall(
                purpose: "test", userID: caller.subject, model: target.settings.model, kind: upstream.kind,
                startedAt: time.startedAt, completedAt: time.endedAt, responseMilliseconds: time.milliseconds,
                httpRequestID: request.id)
            try transaction.record(call, through: target, of: owner)
            entry.subject = target.connectionID.text
            entry.provider = target.slug
        }
    }
}

/// How long a call took, on the monotonic clock, and when that was.
private struct CallTime {
    let startedAt: Timestamp
    let milliseconds: Int

    var endedAt: Timestamp { Timestamp(microseconds: startedAt.microseconds + Int64(milliseconds) * 1_000) }
}

private struct CallStopwatch {
    private let startedAt = Timestamp.now()
    private let start = Deadline.clock()

    func ended() -> CallTime {
        CallTime(startedAt: startedAt, milliseconds: Int(clamping: (Deadline.clock() - start) / 1_000_000))
    }
}

extension ChatRequest {
    fileprivate init(_ target: CallTarget, message: String, maxTokens: Int) {
        let settings = target.settings
        let number = { (value: ExactDecimal?) in value.flatMap { JSONNumber($0.text) } }
        self.init(
            settings: ChatSettings(
                model: settings.model, temperature: number(settings.temperature), topP: number(settings.topP),
                frequencyPenalty: number(settings.frequencyPenalty),
                presencePenalty: number(settings.presencePenalty), maxTokens: maxTokens),
            message: message, unsupportedParameters: target.unsupportedParameters)
    }
}

extension ProviderClient {
    fileprivate func chat(_ request: ChatRequest, through target: CallTarget) throws(Failure) -> ChatReply {
        try chat(
            request, try Credentials(serialized: target.credential), slug: target.slug,
            endpoint: target.endpointURL, authType: target.authType, timeoutMilliseconds: target.timeoutMilliseconds)
    }
}

extension CompletedCall {
    fileprivate init(_ reply: ChatReply, request: Request, target: CallTarget, time: CallTime) throws(Failure) {
        self.init(
            purpose: "test", userID: try request.authenticated().subject, model: target.settings.model,
            reportedModel: reply.model,
            priceNames: ModelMatch.candidates(reported: reply.model, requested: target.settings.model),
            promptTokens: reply.usage.promptTokens, cachedPromptTokens: reply.usage.cachedPromptTokens,
            cacheWriteTokens: reply.usage.cacheWriteTokens, completionTokens: reply.usage.completionTokens,
            startedAt: time.startedAt, completedAt: time.endedAt, responseMilliseconds: time.milliseconds,
            httpRequestID: request.id)
    }
}

extension AuditEntry {
    fileprivate mutating func describe(_ target: CallTarget) {
        subject = target.connectionID.text
        provider = target.slug
    }
}

extension JSONWriter {
    /// The contract's `data` of a test.
    fileprivate mutating func test(
        _ target: CallTarget, _ reply: ChatReply, _ cost: ExactDecimalSum?, milliseconds: Int
    ) {
        field("provider", target.displayName)
        field("model", target.settings.model)
        field("content", reply.content)
        field(
            "usage",
            object: {
                $0.field("promptTokens", reply.usage.promptTokens)
                $0.field("completionTokens", reply.usage.completionTokens)
                $0.field("totalTokens", reply.usage.totalTokens)
            })
        field("cost", number: cost?.text)
        field("responseTime", "\(milliseconds)ms")
    }
}

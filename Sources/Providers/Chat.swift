import Domain
import JSON

/// The settings of a model that a caller can choose, with our names. Numbers keep their spelling.
package struct ChatSettings: Sendable, Equatable {
    package var model: String
    package var temperature: JSONNumber?
    package var topP: JSONNumber?
    package var frequencyPenalty: JSONNumber?
    package var presencePenalty: JSONNumber?
    /// The most tokens the answer may have.
    package var maxTokens: Int?

    package init(
        model: String, temperature: JSONNumber? = nil, topP: JSONNumber? = nil, frequencyPenalty: JSONNumber? = nil,
        presencePenalty: JSONNumber? = nil, maxTokens: Int? = nil
    ) {
        self.model = model
        self.temperature = temperature
        self.topP = topP
        self.frequencyPenalty = frequencyPenalty
        self.presencePenalty = presencePenalty
        self.maxTokens = maxTokens
    }
}

/// One question to a model.
package struct ChatRequest: Sendable, Equatable {
    package let settings: ChatSettings
    /// What the user says; the only message of the conversation.
    package let message: String
    /// Names of `ChatParameter`s that the model is known to refuse. They are not sent.
    package let unsupportedParameters: Set<String>

    package init(settings: ChatSettings, message: String, unsupportedParameters: Set<String> = []) {
        self.settings = settings
        self.message = message
        self.unsupportedParameters = unsupportedParameters
    }
}

/// What a call consumed. Counts are 0 or more and at most 2^53, so that sums do not overflow.
package struct TokenUsage: Sendable, Equatable {
    /// All prompt tokens, with those from and into the cache.
    package let promptTokens: Int
    /// Those of `promptTokens` that came from the provider's cache.
    package let cachedPromptTokens: Int
    /// Those of `promptTokens` that the provider put into its cache.
    package let cacheWriteTokens: Int
    /// With reasoning tokens, since they are billed.
    package let completionTokens: Int

    package init(
        promptTokens: Int, cachedPromptTokens: Int = 0, cacheWriteTokens: Int = 0, completionTokens: Int
    ) {
        self.promptTokens = promptTokens
        self.cachedPromptTokens = cachedPromptTokens
        self.cacheWriteTokens = cacheWriteTokens
        self.completionTokens = completionTokens
    }

    package var totalTokens: Int { promptTokens &+ completionTokens }
}

/// What a model answered.
package struct ChatReply: Sendable, Equatable {
    /// Empty when the model stopped before it said anything.
    package let content: String
    /// As the provider reports it, which is what it bills; the requested one where it reports none.
    package let model: String
    package let usage: TokenUsage

    package init(content: String, model: String, usage: TokenUsage) {
        self.content = content
        self.model = model
        self.usage = usage
    }
}

extension ChatSettings {
    /// The same without some parameters.
    func without(_ parameters: some Sequence<ChatParameter>) -> ChatSettings {
        var settings = self
        for parameter in parameters {
            switch parameter {
            case .temperature: settings.temperature = nil
            case .topP: settings.topP = nil
            case .frequencyPenalty: settings.frequencyPenalty = nil
            case .presencePenalty: settings.presencePenalty = nil
            case .maxTokens: settings.maxTokens = nil
            }
        }
        return settings
    }

    func has(_ parameter: ChatParameter) -> Bool {
        switch parameter {
        case .temperature: temperature != nil
        case .topP: topP != nil
        case .frequencyPenalty: frequencyPenalty != nil
        case .presencePenalty: presencePenalty != nil
        case .maxTokens: maxTokens != nil
        }
    }
}

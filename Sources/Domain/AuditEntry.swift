/// What an administrator or owner did, as it goes into the audit log. Never holds a secret.
package struct AuditEntry: Sendable {
    /// How it ended.
    package enum Outcome: String, CaseIterable, Sendable {
        case success
        /// A provider did not accept what the caller gave.
        case refused
        case failed
    }

    package let actor: String
    package let owner: String?
    /// A verb and a noun: `connection.update`.
    package let action: String
    /// The ID of what it happened to, or its name.
    package var subject: String
    package var provider: String?
    package var outcome: Outcome
    package let remoteAddress: String
    package let requestID: String
    /// A JSON object with what else is worth knowing.
    package var details: String

    package init(
        actor: String, owner: String?, action: String, subject: String = "", provider: String? = nil,
        outcome: Outcome = .success, remoteAddress: String, requestID: String, details: String = "{}"
    ) {
        self.actor = actor
        self.owner = owner
        self.action = action
        self.subject = subject
        self.provider = provider
        self.outcome = outcome
        self.remoteAddress = remoteAddress
        self.requestID = requestID
        self.details = details
    }
}

/// A provider as the installation knows it.
package struct ProviderRecord: Sendable {
    package let slug: String
    package let displayName: String
    package let kind: String
    /// What the vendor's SDK takes as its base URL.
    package let endpointURL: String
    package let authType: AuthType
    /// Whether it may be called at all.
    package let enabled: Bool
    package let timeoutMilliseconds: Int
    package let defaultModel: String?

    package init(
        slug: String, displayName: String, kind: String, endpointURL: String, authType: AuthType, enabled: Bool,
        timeoutMilliseconds: Int, defaultModel: String?
    ) {
        self.slug = slug
        self.displayName = displayName
        self.kind = kind
        self.endpointURL = endpointURL
        self.authType = authType
        self.enabled = enabled
        self.timeoutMilliseconds = timeoutMilliseconds
        self.defaultModel = defaultModel
    }

    /// The same, with no more than so much time for a call.
    package func limited(toMilliseconds limit: Int) -> ProviderRecord {
        ProviderRecord(
            slug: slug, displayName: displayName, kind: kind, endpointURL: endpointURL, authType: authType,
            enabled: enabled,
            timeoutMilliseconds: min(timeoutMilliseconds, limit), defaultModel: defaultModel)
    }
}

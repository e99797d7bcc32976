/// A provider of virtual machines that somebody has configured.
package struct ComputeProvider: Sendable {
    package let slug: String
    package let name: String
    package let enabled: Bool
    /// What the newest check of this configuration found; nil when it was never tried.
    package let connected: Bool?
    package let lastChecked: Timestamp?
    /// Of that check, in our words; nil for one that succeeded.
    package let error: String?
    /// A JSON object: the fields of the configuration that are not secret.
    package let shown: String

    package init(
        slug: String, name: String, enabled: Bool, connected: Bool?, lastChecked: Timestamp?, error: String?,
        shown: String
    ) {
        self.slug = slug
        self.name = name
        self.enabled = enabled
        self.connected = connected
        self.lastChecked = lastChecked
        self.error = error
        self.shown = shown
    }
}

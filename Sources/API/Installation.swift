import Crypto
import Domain
import HTTP
import JSON
import Providers
import Store

/// What all requests of a process share.
package struct Installation: Sendable {
    /// Whether error details are shown to callers.
    package let isDevelopment: Bool
    package let authenticator: Authenticator
    package let providers: ProviderClient
    package let gate: ReadinessGate
    package let corsOrigins: Set<String>
    package let log: Log
    let exports = ExportLimit(most: 2)
    let timeZones = TimeZones()
    private let makeStore: @Sendable (Durations) -> Store

    package init(
        isDevelopment: Bool, authenticator: Authenticator, providers: ProviderClient, gate: ReadinessGate,
        corsOrigins: Set<String>, log: Log, makeStore: @escaping @Sendable (Durations) -> Store
    ) {
        self.isDevelopment = isDevelopment
        self.authenticator = authenticator
        self.providers = providers
        self.gate = gate
        self.corsOrigins = corsOrigins
        self.log = log
        self.makeStore = makeStore
    }

    /// What the handlers of one request use.
    func services(for durations: Durations) -> Services {
        Services(installation: self, store: makeStore(durations), durations: durations)
    }
}

/// What a handler may use, for one request.
package struct Services {
    let installation: Installation
    let store: Store
    let durations: Durations

    /// Runs a call to a provider, counting its time.
    func upstream<Value>(_ body: (ProviderClient) throws(Failure) -> Value) throws(Failure) -> Value {
        try durations.measure(.upstream) { () throws(Failure) in try body(installation.providers) }
    }
}

import API
import Configuration
import Crypto
import Domain
import Jobs
import Outbound
import Postgres
import Providers
import Store

/// Puts a configuration's parts together into what answers requests.
enum Assembly {
    /// Contacts nothing. Throws the first setting that does not hold what it should.
    static func application(_ configuration: Configuration, log: Log) throws(ConfigurationError) -> Application {
        let pool = Pool(configuration.poolSettings)
        let keys = try configuration.keyRing()
        let makeStore = { @Sendable (durations: Durations) in Store(pool: pool, keys: keys, durations: durations) }
        let migrator = try configuration.migrator()
        let client = try client(configuration)
        return Application(
            Installation(
                isDevelopment: configuration.isDevelopment,
                authenticator: try authenticator(configuration, log: log),
                providers: ProviderClient(client),
                gate: ReadinessGate { makeStore(Durations()).readiness(migrations: migrator) },
                corsOrigins: configuration.corsOrigins,
                log: log,
                makeStore: makeStore))
    }

    /// The jobs of this process. Contacts nothing. Throws the first setting that does not hold what it should.
    static func scheduler(_ configuration: Configuration, worker: String, log: Log) throws(ConfigurationError)
        -> Scheduler
    {
        let settings = JobSettings(
            healthCheckSeconds: configuration.healthCheckSeconds, healthChecksPerDay: configuration.healthChecksPerDay,
            requestRetentionMonths: configuration.requestRetentionMonths,
            payloadRetentionDays: configuration.payloadRetentionDays)
        let pool = Pool(configuration.jobsPoolSettings)
        let keys = try configuration.keyRing()
        return Scheduler(
            Job.standard(settings, ProviderClient(try client(configuration))),
            makeStore: { Store(pool: pool, keys: keys) }, worker: worker,
            log: { log.event($0, $1) })
    }

    private static func client(_ configuration: Configuration) throws(ConfigurationError) -> HTTPClient {
        do throws(OutboundError) {
            return try HTTPClient(
                policy: configuration.addressPolicy, authoritiesFile: configuration.authoritiesFile)
        } catch {
            // The only thing that can go wrong here is the file.
            if case .tls(let reason) = error { throw ConfigurationError("authorities_file", reason) }
            throw ConfigurationError("authorities_file", "\(error)")
        }
    }

    private static func authenticator(_ configuration: Configuration, log: Log) throws(ConfigurationError)
        -> Authenticator
    {
        let tokens = configuration.tokens
        let keys = try TokenKeys(fixed: try tokens.fixedKeys(), jwks: tokens.jwksFile, tokens.verification, log: log)
        return Authenticator(
            verification: { keys.current() }, roles: configuration.roles,
            claims: TokenClaims(tenant: tokens.tenantClaim))
    }
}

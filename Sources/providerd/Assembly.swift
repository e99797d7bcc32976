import API
import Configuration
import Crypto
import Domain
import Jobs
import Locks
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

    /// Hears that a job is due, so that it need not wait for the next poll. Nil behind a pooler, where connections belong
    /// to nobody and notifications get lost. Contacts nothing.
    static func listening(
        _ configuration: Configuration, for scheduler: Scheduler, log: Log
    ) throws(ConfigurationError) -> Listening? {
        guard configuration.usesPreparedStatements else { return nil }
        var settings = configuration.jobsPoolSettings
        settings.applicationName = "providerd listener"
        let isHeard = Guarded(false)
        let tell = { @Sendable (now: Bool, message: String) in
            let changed = isHeard.withLock { isHeard in
                defer { isHeard = now }
                return isHeard != now
            }
            if changed { log.event(now ? "info" : "warning", message) }
        }
        do throws(PostgresError) {
            return try Listening(
                settings, channels: [Store.jobsChannel],
                onConnected: { tell(true, "notifications are heard") },
                onLost: { tell(false, "notifications are missing, jobs are polled: \($0.reason)") },
                onNotification: { _, name in scheduler.wake(name) })
        } catch {
            throw ConfigurationError("database", error.reason)
        }
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

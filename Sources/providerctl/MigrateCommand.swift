import Configuration
import Crypto
import Domain
import Foundation
import JSON
import Postgres
import Providers
import Store

extension Command {
    static let migrate = Command(
        "migrate", "brings the schema, the catalogue of models and prices and the key register up to date",
        usage: """
            [--status]
              --status  changes nothing, says what there is to do; exit status 1 when there is something
            Uses owner_database of the configuration. One migration at a time runs, each in its own transaction.
            """
    ) { arguments, invocation in
        let onlyStatus = arguments.flag("--status")
        try arguments.finish()
        let output = invocation.output
        let installation = try invocation.installation()
        let store = try installation.ownerStore()
        let migrator = try installation.configuration.migrator()
        if onlyStatus { return try status(migrator, store, output) }
        let applied = try store.pool.withSession(mapping: { $0 }) { (session) throws in
            try migrator.apply(on: session) { line in output.text(line) }
        }
        let (prices, keys) = try load(installation, store, after: applied)
        output.text(
            "\(applied.count) migrations applied, \(prices) price versions added, \(keys.count) keys registered")
        output.json {
            $0.object {
                $0.field("migrations", array: applied)
                $0.field("prices", prices)
                $0.field("keys", array: keys)
            }
        }
        return .success
    }

    private static func status(_ migrator: Migrator, _ store: Store, _ output: Output) throws -> ExitStatus {
        let status = try store.pool.withSession(mapping: { $0 }) { (session) throws(PostgresError) in
            try migrator.status(on: session)
        }
        output.text(status.reason)
        output.json {
            $0.object {
                $0.field("current", status == .current)
                $0.field("status", status.reason)
            }
        }
        return status == .current ? .success : .no
    }

    /// The catalogue and the keys, in one transaction; audited, with the migrations before it, when something is new.
    private static func load(
        _ installation: Installation, _ store: Store, after migrations: [String]
    ) throws -> (prices: Int, keys: [String]) {
        let path = installation.configuration.sqlDirectory + "/catalogue/models.tsv"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ConfigurationError("sql_directory", "\(path) cannot be read")
        }
        let entries = try Catalogue.parse(String(decoding: data, as: UTF8.self))
        return try store.transaction { (transaction) throws(Failure) in
            let keys = try transaction.registerSealingKey() ? [transaction.sealingKeyID] : []
            let prices = try transaction.load(entries)
            try transaction.ensureRequestPartitions(months: 4)
            if prices > 0 || !keys.isEmpty || !migrations.isEmpty {
                let details = JSONWriter.object {
                    $0.field("migrations", array: migrations)
                    $0.field("prices", prices)
                    $0.field("keys", array: keys)
                }
                try transaction.audit(
                    Installation.entry(
                        "installation.migrate", subject: "installation",
                        details: String(decoding: details, as: UTF8.self)),
                    at: .now())
            }
            return (prices, keys)
        }
    }

    static let generateKey = Command(
        "keys generate", "prints a new master key, as a line for the key file",
        usage: """
            [--id NAME]
              --id NAME  the key's name; without it, one is made from the date
            The first line of the key file seals; the others only open what they sealed.
            """
    ) { arguments, invocation in
        let name = try arguments.option("--id") ?? "k" + Timestamp.now().iso(.seconds).filter(\.isNumber)
        try arguments.finish()
        let output = invocation.output
        let line = "\(name) \(Base64.encode(try randomBytes(32)))"
        guard (try? KeyRing(parsing: line)) != nil else {
            throw UsageError("--id '\(name)' is not 1 to 64 letters, digits, '.', '_' or '-'")
        }
        output.text(line)
        output.json { $0.object { $0.field("line", line) } }
        return .success
    }
}

import Domain
import Postgres

/// Whether the program may serve.
package enum Readiness: Sendable, Equatable {
    case ready
    case databaseAway
    /// The schema is not the one that this program was made for.
    case migrations(String)
    case sealed(String)
}

extension Store {
    /// Asks the database: is it there, is its schema ours, does our key open it? Changes nothing.
    package func readiness(migrations: Migrator) -> Readiness {
        do throws(Failure) {
            let status = try pool.withSession(mapping: Failure.init(postgres:)) { (session) throws(Failure) in
                do throws(PostgresError) {
                    return try migrations.status(on: session)
                } catch {
                    throw Failure(postgres: error)
                }
            }
            guard status == .current else { return .migrations("\(status)") }
            if case .sealed(let reason) = try sealingState() { return .sealed(reason) }
            return .ready
        } catch .unavailable {
            return .databaseAway
        } catch {
            return .migrations("the schema cannot be read: \(error)")
        }
    }
}

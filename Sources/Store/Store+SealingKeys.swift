import Crypto
import Domain
import Postgres

/// Whether the master key is the one that this database's credentials are sealed with.
package enum SealingState: Sendable, Equatable {
    case open
    /// Why nothing can be opened or sealed.
    case sealed(String)
}

extension Store {
    /// Opens the known text of every key that the database names.
    package func sealingState() throws(Failure) -> SealingState {
        let registered = try rows(SealingCheck.registered, SealingCheck.decode)
        guard registered.contains(where: { $0.keyID == keys.sealingKeyID }) else {
            return .sealed("the key \(keys.sealingKeyID) is not registered: run 'providerctl migrate'")
        }
        return SealingCheck.flaw(in: registered, keys).map(SealingState.sealed) ?? .open
    }
}

extension Transaction {
    /// Registers the sealing key with a known text sealed with it; true when it is new. A ring that does not open what
    /// is registered already is refused with `.conflict`: it is the wrong one, or lacks a key.
    package func registerSealingKey() throws(Failure) -> Bool {
        let registered = try rows(SealingCheck.registered, SealingCheck.decode)
        if let flaw = SealingCheck.flaw(in: registered, keys) { throw .conflict(flaw) }
        let sealed: SealedBytes
        do throws(CryptoError) {
            sealed = try keys.seal(SealingCheck.text, context: SealingCheck.context(keys.sealingKeyID))
        } catch {
            throw Failure(crypto: error)
        }
        return try execute(
            """
            -- Store.registerSealingKey
            INSERT INTO sealing_keys (key_id, sealed)
            VALUES (\(sealed.keyID), \(SQLBytes(sealed.bytes)))
            ON CONFLICT (key_id) DO NOTHING
            """) == 1
    }
}

private enum SealingCheck {
    static let text = Array("providerd".utf8)

    static let registered: SQL = """
        -- Store.registeredKeys
        SELECT key_id, sealed
        FROM sealing_keys
        ORDER BY key_id
        LIMIT 1000
        """

    static func decode(_ row: inout Row) throws(PostgresError) -> SealedBytes {
        SealedBytes(keyID: try row.next(), bytes: try row.next(SQLBytes.self).bytes)
    }

    static func context(_ keyID: String) -> String { "sealing key\n\(keyID)" }

    /// Why the ring does not open what is registered; nil when it does.
    static func flaw(in registered: [SealedBytes], _ keys: KeyRing) -> String? {
        for row in registered {
            do throws(CryptoError) {
                _ = try keys.open(row, context: context(row.keyID))
            } catch .unknownKey(let keyID) {
                return "the key \(keyID) is missing from the key file"
            } catch {
                return "the key \(row.keyID) is not the one that the database was sealed with"
            }
        }
        return nil
    }
}

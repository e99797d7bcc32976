import Crypto
import Domain
import Postgres

/// One row of the audit log, as it stands in the table.
package struct AuditRow: Sendable {
    package let sequence: Int
    package let at: Timestamp
    package let entry: AuditEntry
    package let keyID: String
    package let previousHash: [UInt8]
    package let hash: [UInt8]

    init(row: inout Row) throws(PostgresError) {
        sequence = try row.next()
        at = try row.next()
        entry = try AuditEntry(row: &row)
        keyID = try row.next()
        previousHash = try row.next(SQLBytes.self).bytes
        hash = try row.next(SQLBytes.self).bytes
    }
}

/// The chain of the audit log: each row's hash covers its columns and the hash before it.
package enum AuditChain {
    /// HMAC-SHA256 under a key derived from the master key, over every column, each preceded by its length so that
    /// no two rows have the same text. Without the master key nobody can make a row that fits.
    static func hash(
        _ entry: AuditEntry, sequence: Int, at: Timestamp, after previous: [UInt8], keyID: String, keys: KeyRing
    ) throws(CryptoError) -> [UInt8] {
        var text: [UInt8] = previous
        let columns: [String?] = [
            String(sequence), at.iso(.microseconds), entry.actor, entry.owner, entry.action, entry.subject,
            entry.provider, entry.outcome.rawValue, entry.remoteAddress, entry.requestID, entry.details, keyID,
        ]
        for column in columns {
            text += Array((column.map { "\($0.utf8.count):\($0)" } ?? "-").utf8)
        }
        return Digest.hmacSHA256(key: try keys.derived("providerd audit log", keyID: keyID), text)
    }
}

extension Transaction {
    /// Appends to the audit log. Call it last: it holds the end of the chain until the commit.
    package func audit(_ entry: AuditEntry, at now: Timestamp) throws(Failure) {
        try writeConsequences()
        try append(entry, at: now)
    }

    /// Appends, in front of the transaction's own entry or at its end, what happened by itself because of what a
    /// provider answered. It waits until then because whoever holds the end of the chain must not wait for anything.
    func auditLater(_ entry: AuditEntry, at now: Timestamp) { consequences.entries.append((entry, now)) }

    func writeConsequences() throws(Failure) {
        let entries = consequences.entries
        consequences.entries = []
        for (entry, moment) in entries { try append(entry, at: moment) }
    }

    private func append(_ entry: AuditEntry, at now: Timestamp) throws(Failure) {
        let (sequence, previous) = try one(
            "Audit head",
            """
            -- Store.auditHead
            SELECT seq + 1, hash
            FROM audit_head
            FOR UPDATE
            """
        ) { (row) throws(PostgresError) in (try row.next(Int.self), try row.next(SQLBytes.self).bytes) }
        let hash: [UInt8]
        do throws(CryptoError) {
            hash = try AuditChain.hash(
                entry, sequence: sequence, at: now, after: previous, keyID: keys.sealingKeyID, keys: keys)
        } catch {
            throw Failure(crypto: error)
        }
        try execute(
            """
            -- Store.audit
            WITH head AS (
                UPDATE audit_head
                SET seq = \(sequence), hash = \(SQLBytes(hash))
            )
            INSERT INTO audit_log (seq, at, actor, owner, action, subject, provider, outcome, remote_address,
                                   request_id, details, key_id, previous_hash, hash)
            VALUES (\(sequence), \(now), \(entry.actor), \(entry.owner), \(entry.action), \(entry.subject),
                    \(entry.provider), \(entry.outcome.rawValue), \(entry.remoteAddress), \(entry.requestID),
                    \(entry.details), \(keys.sealingKeyID), \(SQLBytes(previous)), \(SQLBytes(hash)))
            """)
    }
}

/// Entries of the audit log that a transaction still has to write.
final class Consequences {
    var entries: [(entry: AuditEntry, at: Timestamp)] = []
}

/// What a check of the whole audit log found.
package enum AuditVerdict: Sendable, Equatable {
    case intact(rows: Int, lastHash: [UInt8])
    /// The first row that does not fit, and why.
    case broken(sequence: Int, reason: String)
}

extension Store {
    /// Reads the log from its beginning, in pages, and checks every row against the one before it.
    package func verifyAudit(progress: (Int) -> Void) throws(Failure) -> AuditVerdict {
        let heads = try rows(
            """
            -- Store.verifyAuditHead
            SELECT seq, hash
            FROM audit_head
            """
        ) { (row) throws(PostgresError) in (try row.next(Int.self), try row.next(SQLBytes.self).bytes) }
        guard let (headSequence, headHash) = heads.first else {
            return .broken(sequence: 0, reason: "the end of the log, the row of audit_head, is missing")
        }
        var last = 0
        var previous = [UInt8](repeating: 0, count: 32)
        while true {
            let page = try auditPage(after: last, through: headSequence)
            guard !page.isEmpty else { break }
            for row in page {
                if let reason = try flaw(in: row, expecting: last + 1, after: previous) {
                    return .broken(sequence: row.sequence, reason: reason)
                }
                last = row.sequence
                previous = row.hash
            }
            progress(last)
        }
        guard last == headSequence else {
            return .broken(sequence: last + 1, reason: "rows are missing at the end of the log")
        }
        guard previous == headHash else {
            return .broken(sequence: last, reason: "it is not the row that the end of the log names")
        }
        if let stray = try strayAuditRow() {
            return .broken(sequence: stray, reason: "it lies outside the log, which has \(last) rows")
        }
        return .intact(rows: last, lastHash: previous)
    }

    /// A row that was put before the first or after the last one. Asked in one statement, so that rows which are
    /// appended meanwhile come with the end that they belong to.
    private func strayAuditRow() throws(Failure) -> Int? {
        try rows(
            """
            -- Store.strayAuditRow
            SELECT l.seq
            FROM audit_log l
            CROSS JOIN audit_head h
            WHERE l.seq < 1 OR l.seq > h.seq
            ORDER BY l.seq
            LIMIT 1
            """
        ) { (row) throws(PostgresError) in try row.next(Int.self) }.first
    }

    private func flaw(in row: AuditRow, expecting sequence: Int, after previous: [UInt8]) throws(Failure) -> String? {
        guard row.sequence == sequence else { return "row \(sequence) is missing before it" }
        guard row.previousHash == previous else { return "it does not follow the row before it" }
        do throws(CryptoError) {
            let expected = try AuditChain.hash(
                row.entry, sequence: row.sequence, at: row.at, after: previous, keyID: row.keyID, keys: keys)
            return constantTimeEquals(expected, row.hash) ? nil : "its content was changed"
        } catch .unknownKey(let keyID) {
            return "it was written with the key \(keyID), which is not in the key file"
        } catch {
            throw Failure(crypto: error)
        }
    }

    private func auditPage(after sequence: Int, through last: Int) throws(Failure) -> [AuditRow] {
        try rows(
            """
            -- Store.auditPage
            SELECT seq, at, actor, owner, action, subject, provider, outcome, remote_address, request_id, details,
                   key_id, previous_hash, hash
            FROM audit_log
            WHERE seq > \(sequence) AND seq <= \(last)
            ORDER BY seq
            LIMIT 2000
            """, AuditRow.init(row:))
    }
}

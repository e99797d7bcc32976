import CPostgreSQL
import Foundation

/// One libpq connection, open from its creation to its end.
///
/// Unchecked, because libpq's handle is a pointer: a connection is either in the pool's list, under the pool's lock,
/// or held by exactly one session, which stays on one thread. No other place keeps a reference.
final class Connection: @unchecked Sendable {
    let handle: OpaquePointer
    let settings: PoolSettings
    /// The server's name for each prepared text.
    var preparedNames: [String: String] = [:]
    var preparedCount = 0
    /// How long a statement may take as seen from here; nil for no limit.
    var statementLimit: Int?
    /// The connection is of no further use.
    private(set) var isBroken = false
    /// Something was sent and its end has not been seen, so nobody here knows whether it was done.
    private(set) var isUnderWay = false
    private var bindOctets: [UInt8] = []
    private var bindOffsets: [Int] = []

    init(settings: PoolSettings) throws(PostgresError) {
        handle = try openHandle(settings)
        self.settings = settings
        resetStatementLimit()
        // From here on nothing that libpq does waits by itself.
        guard PQsetnonblocking(handle, 1) == 0 else { throw lost() }
        if !settings.usesPreparedStatements {
            try script(PoolSettings.formats.map { "SET \($0.0) = '\($0.1)'" }.joined(separator: "; "))
        }
    }

    deinit { PQfinish(handle) }

    /// The server has its own limit and says so; ours ends the wait when the server or the network does not answer.
    func resetStatementLimit() {
        statementLimit = settings.statementMilliseconds > 0 ? settings.statementMilliseconds + Self.grace : nil
    }

    /// Milliseconds after the server's limit; its error needs a moment to arrive.
    static let grace = 1_000

    var isInTransaction: Bool { PQtransactionStatus(handle) != PQTRANS_IDLE }

    /// Whether an idle connection can be lent: one `poll` finds a server that hung up or said something unasked,
    /// such as that it is going away.
    var isUsable: Bool {
        guard !isBroken, PQstatus(handle) == CONNECTION_OK, !isInTransaction else { return false }
        return awaitReady(PQsocket(handle), POLLIN, TimeLimit(milliseconds: 0)) == 0
    }

    /// Gives the connection up, with what libpq knows about the reason.
    func lost(_ reason: String? = nil) -> PostgresError {
        isBroken = true
        return .unavailable(reason ?? trimmed(PQerrorMessage(handle)))
    }

    // MARK: - Sending and receiving

    var newLimit: TimeLimit { TimeLimit(milliseconds: statementLimit) }

    /// Marks the begin of an exchange after `PQsend…` took the statement.
    func sent(_ wasTaken: Int32) throws(PostgresError) {
        guard wasTaken == 1 else {
            // libpq refuses without touching the link when a call does not fit its state, too; either way the
            // connection is not in the state that this program believes it to be in.
            throw lost()
        }
        isUnderWay = true
    }

    /// Waits for the server's next word or for room to write, and takes in what has come.
    func wait(toWrite: Bool, until limit: TimeLimit) throws(PostgresError) {
        let events = awaitReady(PQsocket(handle), toWrite ? POLLIN | POLLOUT : POLLIN, limit)
        guard events != 0 else { throw lost("the server did not answer in time") }
        guard !toWrite || events & Int16(truncatingIfNeeded: ~POLLOUT) != 0 else { return }
        guard PQconsumeInput(handle) == 1 else { throw lost() }
    }

    /// Sends what libpq has buffered.
    func flush(until limit: TimeLimit) throws(PostgresError) {
        while true {
            switch PQflush(handle) {
            case 0: return
            case 1: try wait(toWrite: true, until: limit)
            default: throw lost()
            }
        }
    }

    /// The next result, nil after the last one.
    func nextOutcome(until limit: TimeLimit) throws(PostgresError) -> Outcome? {
        while PQisBusy(handle) == 1 { try wait(toWrite: false, until: limit) }
        guard let pointer = PQgetResult(handle) else {
            isUnderWay = false
            return nil
        }
        return Outcome(pointer)
    }

    /// Everything the server has to say about what was sent: the first error, otherwise the last result.
    func collect(until limit: TimeLimit) throws(PostgresError) -> Outcome {
        try flush(until: limit)
        var kept: Outcome?
        var hasError = false
        while true {
            let outcome: Outcome?
            do throws(PostgresError) {
                outcome = try nextOutcome(until: limit)
            } catch {
                // The server's parting words say more than the end of the link after them.
                guard let last = kept.take(), hasError else { throw error }
                return last
            }
            guard let outcome else { break }
            if outcome.isCopy { throw lost("COPY needs copyIn") }
            if hasError { continue }
            hasError = outcome.isError
            kept = consume outcome
        }
        guard let last = kept.take() else { throw lost("the server answered nothing") }
        return last
    }

    /// Throws what the server reported, if it is an error.
    func checked(_ outcome: consuming Outcome) throws(PostgresError) -> Outcome {
        if let error = outcome.error { throw error }
        return outcome
    }

    // MARK: - Binds

    /// Lends the binds to `send` in libpq's form. A NUL would silently end the value, so it is refused.
    func withBinds(
        _ binds: [String?],
        _ send: (Int32, UnsafePointer<UnsafePointer<CChar>?>?) -> Int32
    ) throws(PostgresError) -> Int32 {
        guard !binds.isEmpty else { return send(0, nil) }
        bindOctets.removeAll(keepingCapacity: true)
        bindOffsets.removeAll(keepingCapacity: true)
        for bind in binds {
            guard let bind else {
                bindOffsets.append(-1)
                continue
            }
            bindOffsets.append(bindOctets.count)
            bindOctets.append(contentsOf: bind.utf8)
            guard !bindOctets[(bindOffsets.last ?? 0)...].contains(0) else { throw Self.nulRefused }
            bindOctets.append(0)
        }
        return bindOctets.withUnsafeBytes { octets in
            withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: binds.count) { pointers in
                for (index, offset) in bindOffsets.enumerated() {
                    pointers[index] =
                        offset < 0
                        ? nil
                        : octets.baseAddress.map { ($0 + offset).assumingMemoryBound(to: CChar.self) }
                }
                return send(Int32(clamping: binds.count), UnsafePointer(pointers.baseAddress))
            }
        }
    }

    static var nulRefused: PostgresError {
        .server(sqlState: "22021", constraint: nil, message: "a text to be sent contains a NUL")
    }
}

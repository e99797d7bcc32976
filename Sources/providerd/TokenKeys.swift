import API
import Configuration
import Crypto
import Locks
import Synchronization

/// The keys that tokens are verified with: those that never change while the program runs, and those of a JWKS file.
final class TokenKeys: Sendable {
    private struct State {
        var verification: Verification
        var loads = 0
    }

    private let fixed: JWTKeySet
    private let settings: JWTSettings
    private let file: JWKSFile?
    private let loads: Counter
    /// What holds for ever where there is no file.
    private let unchanging: Verification
    private let state: Guarded<State>
    private let log: Log

    /// How often the file was read again.
    private final class Counter: Sendable {
        let value = Atomic(0)
    }

    init(fixed: JWTKeySet, jwks path: String?, _ settings: JWTSettings, log: Log) throws {
        let loads = Counter()
        file = try path.map { path in
            try JWKSFile(path: path) { event in
                loads.value.add(1, ordering: .relaxed)
                log.event("warning", "JWKS file: \(event)")
            }
        }
        self.fixed = fixed
        self.settings = settings
        self.loads = loads
        self.log = log
        let keys = try fixed.merging(file?.keys() ?? .empty)
        unchanging = Verification(verifier: JWTVerifier(keys: keys, settings: settings), generation: 0)
        state = Guarded(State(verification: unchanging))
    }

    func current() -> Verification {
        guard let file else { return unchanging }
        // Looks at the file once a second at most.
        let keys = file.keys()
        let loads = loads.value.load(ordering: .relaxed)
        return state.withLock { state in
            guard state.loads != loads else { return state.verification }
            state.loads = loads
            do throws(CryptoError) {
                let verifier = JWTVerifier(keys: try fixed.merging(keys), settings: settings)
                state.verification = Verification(verifier: verifier, generation: loads)
            } catch {
                log.event("error", "the keys of the JWKS file do not go with the others: \(error)")
            }
            return state.verification
        }
    }
}

import API
import Configuration
import Crypto
import Locks

/// The keys that tokens are verified with: those that never change while the program runs, and those of a JWKS file.
final class TokenKeys: Sendable {
    private let fixed: JWTKeySet
    private let settings: JWTSettings
    private let file: JWKSFile?
    /// What holds for ever where there is no file.
    private let unchanging: Verification
    private let state: Guarded<Verification>
    private let log: Log

    init(fixed: JWTKeySet, jwks path: String?, _ settings: JWTSettings, log: Log) throws(ConfigurationError) {
        self.fixed = fixed
        self.settings = settings
        self.log = log
        do throws(CryptoError) {
            file = try path.map { path throws(CryptoError) in
                try JWKSFile(path: path) { event in Self.note(event, path, log) }
            }
            let keys = try fixed.merging(file?.keys() ?? .empty)
            unchanging = Verification(verifier: JWTVerifier(keys: keys, settings: settings), generation: 0)
            state = Guarded(unchanging)
        } catch {
            throw ConfigurationError("jwks_file", error.text)
        }
    }

    /// The keys of at most a second ago.
    func current() -> Verification {
        guard let file else { return unchanging }
        let version = file.current()
        return state.withLock { state in
            // Only forwards: a caller that was held up comes with the keys from before, withdrawn ones among them.
            guard version.generation > state.generation else { return state }
            state = Verification(verifier: verifier(version.keys, else: state.verifier), generation: version.generation)
            return state
        }
    }

    private func verifier(_ keys: JWTKeySet, else old: JWTVerifier) -> JWTVerifier {
        do throws(CryptoError) {
            return JWTVerifier(keys: try fixed.merging(keys), settings: settings)
        } catch {
            log.event("error", "the keys of jwks_file do not go with the others: \(error.text)")
            return old
        }
    }

    private static func note(_ event: JWKSFileEvent, _ path: String, _ log: Log) {
        switch event {
        case .loaded(let keys): log.event("info", "\(path) was read again: \(keys) keys")
        case .kept(let reason): log.event("warning", "the keys from before stay in use: \(reason)")
        }
    }
}

import Locks

/// Remembers what verified tokens said, so that the next request with the same token costs a hash only.
///
/// Keyed by the SHA-256 of the token, whose text is not kept. Only verified tokens may be stored: then an attacker
/// cannot fill it, and a hit is as good as a verification until the token's `exp`. Whoever changes the keys or the
/// rights behind a value calls `removeAll`.
package final class TokenCache<Value: Sendable>: Sendable {
    private let shards: [TokenCacheShard<Value>]

    /// Room for `capacity` tokens and never more; 0 stores nothing. When it is full the oldest entry goes.
    package init(capacity: Int) {
        // Threads seldom meet at one of sixteen locks; a small cache is not worth dividing.
        let count = capacity >= 1_024 ? 16 : 1
        shards = (0..<count).map { _ in TokenCacheShard(capacity: max(0, capacity) / count) }
    }

    /// The value stored for exactly this token, nil when there is none or it has expired at `now` (seconds since
    /// 1970). No leeway is granted here: at `exp` the token is verified anew.
    package func value(for token: String, now: Int64) -> Value? {
        let key = TokenKey(token)
        return shard(key).value(key, now)
    }

    /// Stores `value` until `expiry`, the token's `exp`.
    package func store(_ value: Value, for token: String, until expiry: Int64) {
        let key = TokenKey(token)
        shard(key).store(value, key, expiry)
    }

    /// Forgets everything.
    package func removeAll() {
        for shard in shards { shard.removeAll() }
    }

    /// The number of entries, expired ones included.
    package var count: Int { shards.reduce(0) { $0 + $1.count } }

    /// The count of shards is 1 or 16: both divide evenly by the low bits of the digest.
    private func shard(_ key: TokenKey) -> TokenCacheShard<Value> { shards[key.lowBits & (shards.count - 1)] }
}

/// The SHA-256 of a token.
struct TokenKey: Hashable, Sendable {
    private let digest: SIMD4<UInt64>

    init(_ token: String) {
        var token = token
        let octets = token.withUTF8 { HashFunction.sha256.digest(UnsafeRawBufferPointer($0)) }
        digest = octets.withUnsafeBytes { $0.loadUnaligned(as: SIMD4<UInt64>.self) }
    }

    var lowBits: Int { Int(digest[3] & 0xFF) }

    /// The digest is evenly spread already, and nobody can choose two tokens that verify and collide.
    func hash(into hasher: inout Hasher) { hasher.combine(digest[0]) }
}

/// One lock's share of the cache.
private final class TokenCacheShard<Value: Sendable>: Sendable {
    private struct Entry {
        var value: Value
        var expiry: Int64
    }

    private struct State {
        var entries: [TokenKey: Entry] = [:]
        /// The keys of `entries` in the order of their arrival, as a ring once it is full.
        var order: [TokenKey] = []
        var oldest = 0
    }

    private let capacity: Int
    private let state = Guarded(State())

    init(capacity: Int) { self.capacity = capacity }

    var count: Int { state.withLock { $0.entries.count } }

    func value(_ key: TokenKey, _ now: Int64) -> Value? {
        state.withLock { state in
            guard let entry = state.entries[key], now < entry.expiry else { return nil }
            return entry.value
        }
    }

    func store(_ value: Value, _ key: TokenKey, _ expiry: Int64) {
        guard capacity > 0 else { return }
        state.withLock { state in
            let isNew = state.entries.updateValue(Entry(value: value, expiry: expiry), forKey: key) == nil
            guard isNew else { return }
            guard state.order.count == capacity else { return state.order.append(key) }
            state.entries[state.order[state.oldest]] = nil
            state.order[state.oldest] = key
            state.oldest = (state.oldest + 1) % capacity
        }
    }

    func removeAll() { state.withLock { $0 = State() } }
}

import Crypto
import Domain

extension KeyRing {
    /// Seals a credential for one row: it opens for no other row, owner or provider.
    func seal(
        _ secret: Secret, credential id: ID<Credential>, _ owner: Owner?, _ slug: String
    ) throws(Failure) -> SealedBytes {
        do throws(CryptoError) {
            return try seal(secret.expose(), context: Self.context(id, owner, slug))
        } catch {
            throw Failure(crypto: error)
        }
    }

    func open(
        _ sealed: SealedBytes, credential id: ID<Credential>, _ owner: Owner?, _ slug: String
    ) throws(Failure) -> Secret {
        do throws(CryptoError) {
            return Secret(try open(sealed, context: Self.context(id, owner, slug)))
        } catch {
            throw Failure(crypto: error)
        }
    }

    /// No part can contain a line end, so that no two rows have the same context.
    private static func context(_ id: ID<Credential>, _ owner: Owner?, _ slug: String) -> String {
        "credential\n\(id)\n\(slug)\n\(owner?.key ?? "")"
    }
}

import COpenSSL

/// Why a cryptographic operation did not happen. No case ever carries key material or plaintext.
package enum CryptoError: Error, Equatable, Sendable {
    /// The key ring has no key of this ID.
    case unknownKey(String)
    /// Wrong key, wrong context, or the sealed octets were changed: AES-GCM cannot tell which.
    case doesNotOpen
    /// Input of ours or of the operator has the wrong form; the text says what, never the content.
    case malformed(String)
    /// libcrypto refused or failed; the text is its first error.
    case library(String)
}

extension CryptoError {
    /// The oldest error in this thread's OpenSSL queue. Empties the queue, so that a later call does not find
    /// the errors of an earlier one.
    static func fromLibrary(_ what: String) -> CryptoError {
        let code = ERR_get_error()
        ERR_clear_error()
        guard code != 0 else { return .library(what) }
        var text = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(code, &text, text.count)
        let octets = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return .library("\(what): \(String(decoding: octets, as: UTF8.self))")
    }
}

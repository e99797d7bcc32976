import COpenSSL

/// The settings that all TLS connections of a client share.
///
/// `@unchecked Sendable`: the context is changed only by the initialiser; afterwards it is only given to `SSL_new`, which
/// OpenSSL allows from several threads.
final class TLSContext: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Trusts the system's authorities and those in the PEM file, where one is given. Throws `tls` when the file cannot
    /// be read or holds no certificate.
    init(authoritiesFile: String?) throws(OutboundError) {
        ERR_clear_error()
        guard let context = SSL_CTX_new(TLS_client_method()) else { throw .tls(TLSFailure.reason) }
        pointer = context
        let minimum = SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        guard minimum == 1, SSL_CTX_set_default_verify_paths(context) == 1 else { throw .tls(TLSFailure.reason) }
        if let authoritiesFile {
            guard SSL_CTX_load_verify_file(context, authoritiesFile) == 1 else {
                throw .tls("cannot read certificates from \(authoritiesFile)")
            }
        }
        // The buffers of idle connections are given back: 32 KiB each.
        let mode = SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS
        SSL_CTX_ctrl(context, SSL_CTRL_MODE, Int(mode), nil)
        SSL_CTX_set_options(context, Self.noCompression | Self.noRenegotiation)
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        let protocols: [UInt8] = [8] + Array("http/1.1".utf8)
        // Unlike its neighbours this function answers 0 on success.
        guard SSL_CTX_set_alpn_protos(context, protocols, UInt32(protocols.count)) == 0 else {
            throw .tls(TLSFailure.reason)
        }
    }

    deinit {
        SSL_CTX_free(pointer)
    }

    // SSL_OP_NO_COMPRESSION and SSL_OP_NO_RENEGOTIATION: function-like macros in ssl.h that Swift cannot import.
    private static let noCompression: UInt64 = 1 << 17
    private static let noRenegotiation: UInt64 = 1 << 30
}

/// Why OpenSSL failed, in its own fixed words.
enum TLSFailure {
    /// The newest entry of this thread's error queue.
    static var reason: String {
        guard let text = ERR_reason_error_string(ERR_peek_last_error()) else { return "unknown failure" }
        return String(cString: text)
    }

    /// Whether the connection ended without the notice that TLS demands.
    static var isUnexpectedEnd: Bool {
        ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING
    }
}

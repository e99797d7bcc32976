import COpenSSL
import Glibc

/// What all TLS connections of a client share: the authorities and the lowest version. An SSL_CTX may be used by many
/// threads once it is set up, which is why this is Sendable.
final class TLSContext: @unchecked Sendable {
    fileprivate let context: OpaquePointer

    /// Trusts the system's authorities and those of the PEM file.
    init(authoritiesFile: String?) throws(OutboundError) {
        guard let context = SSL_CTX_new(TLS_client_method()) else { throw .tls("no context") }
        self.context = context
        // SSL_CTX_set_min_proto_version, a macro: TLS 1.2.
        SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        SSL_CTX_set_default_verify_paths(context)
        if let authoritiesFile, SSL_CTX_load_verify_locations(context, authoritiesFile, nil) != 1 {
            ERR_clear_error()
            throw .tls("the authorities in \(authoritiesFile) cannot be read")
        }
        ERR_clear_error()
    }

    deinit { SSL_CTX_free(context) }
}

/// TLS over one connected socket. Owned by one `Wire`.
final class TLSSession {
    private let session: OpaquePointer
    private let descriptor: Int32

    init(_ context: TLSContext, _ descriptor: Int32, _ url: HTTPURL, verifies: Bool) throws(OutboundError) {
        guard let session = SSL_new(context.context) else { throw .tls("no session") }
        self.session = session
        self.descriptor = descriptor
        SSL_set_fd(session, descriptor)
        if url.literal == nil {
            // SSL_set_tlsext_host_name, a macro.
            _ = url.host.withCString {
                SSL_ctrl(
                    session, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name),
                    UnsafeMutableRawPointer(mutating: $0))
            }
        }
        guard verifies else { return }
        SSL_set_verify(session, SSL_VERIFY_PEER, nil)
        let parameters = SSL_get0_param(session)
        let isSet =
            url.literal == nil
            ? SSL_set1_host(session, url.host) : X509_VERIFY_PARAM_set1_ip_asc(parameters, url.host)
        X509_VERIFY_PARAM_set_hostflags(parameters, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        guard isSet == 1 else { throw .tls("the name cannot be checked") }
    }

    deinit { SSL_free(session) }

    func handshake(_ clock: CallClock, atMost milliseconds: Int) throws(OutboundError) {
        try repeating(clock, "TLS handshake", atMost: milliseconds) { SSL_connect(session) }
    }

    /// 0 when the other side has ended the session properly.
    func read(into buffer: UnsafeMutableRawBufferPointer, _ clock: CallClock, _ phase: String) throws(OutboundError)
        -> Int
    {
        var count = 0
        let isOpen = try repeating(clock, phase) { SSL_read_ex(session, buffer.baseAddress, buffer.count, &count) }
        return isOpen ? count : 0
    }

    func write(_ octets: UnsafeRawBufferPointer, _ clock: CallClock) throws(OutboundError) -> Int {
        var count = 0
        guard try repeating(clock, "sending", { SSL_write_ex(session, octets.baseAddress, octets.count, &count) })
        else {
            throw .closed
        }
        return count
    }

    /// Runs a call that may want the socket first. False when the session was ended properly.
    @discardableResult
    private func repeating(
        _ clock: CallClock, _ phase: String, atMost milliseconds: Int? = nil, _ call: () -> Int32
    ) throws(OutboundError) -> Bool {
        while true {
            ERR_clear_error()
            let result = call()
            if result == 1 { return true }
            switch SSL_get_error(session, result) {
            case SSL_ERROR_WANT_READ: try clock.wait(descriptor, for: POLLIN, phase, atMost: milliseconds)
            case SSL_ERROR_WANT_WRITE: try clock.wait(descriptor, for: Int32(POLLOUT), phase, atMost: milliseconds)
            case SSL_ERROR_ZERO_RETURN: return false
            case SSL_ERROR_SYSCALL: throw .closed
            default: throw problem()
            }
        }
    }

    private func problem() -> OutboundError {
        let verdict = SSL_get_verify_result(session)
        ERR_clear_error()
        guard verdict == Int(X509_V_OK) else {
            return .tls(String(cString: X509_verify_cert_error_string(verdict)))
        }
        return .tls("protocol error")
    }
}

import COpenSSL
import Glibc

/// TLS over one socket, used by one thread at a time.
///
/// OpenSSL writes to the socket with `write`, which raises SIGPIPE where `send` would not: the process must ignore that
/// signal, and `HTTPClient.init` sees to it.
final class TLSSession {
    private let pointer: OpaquePointer
    private let socket: Socket
    /// After a fatal error OpenSSL forbids every further call, `SSL_shutdown` included.
    private var isBroken = false

    /// Does the handshake. The certificate must chain to a trusted authority and name the URL's host, unless `verifies`
    /// is false, which concerns this connection only. Throws `tls`, `timedOut(.handshake)` or `closed`.
    init(
        over socket: Socket, to url: HTTPURL, context: TLSContext, verifies: Bool, until deadline: Moment
    ) throws(OutboundError) {
        ERR_clear_error()
        guard let session = SSL_new(context.pointer) else { throw .tls(TLSFailure.reason) }
        pointer = session
        self.socket = socket
        guard SSL_set_fd(session, socket.descriptor) == 1, setName(of: url) else { throw .tls(TLSFailure.reason) }
        if !verifies { SSL_set_verify(session, SSL_VERIFY_NONE, nil) }
        let pace = Pace(deadline: deadline, idleMilliseconds: .max)
        while true {
            switch attempt({ SSL_connect(session) }) {
            case .moved: return
            case .wants(let events): try socket.wait(for: events, pace, .handshake)
            case .ended: throw .closed
            case .failed(let error): throw certificateProblem(verifies) ?? error
            }
        }
    }

    deinit {
        if !isBroken {
            ERR_clear_error()
            SSL_shutdown(pointer)
        }
        SSL_free(pointer)
    }

    func send(_ octets: UnsafeRawBufferPointer) -> Transfer {
        attempt { SSL_write(pointer, octets.baseAddress, Int32(clamping: octets.count)) }
    }

    func receive(into space: UnsafeMutableRawBufferPointer) -> Transfer {
        attempt { SSL_read(pointer, space.baseAddress, Int32(clamping: space.count)) }
    }

    /// Whether OpenSSL holds no octet that was received and not read.
    var isQuiet: Bool { SSL_has_pending(pointer) == 0 }

    /// A name is sent as SNI and compared with the certificate's names; a literal is only compared (RFC 6066 forbids it
    /// as SNI). The address the socket is connected to plays no part in either.
    private func setName(of url: HTTPURL) -> Bool {
        let parameters = SSL_get0_param(pointer)
        if let literal = url.literal {
            return X509_VERIFY_PARAM_set1_ip(parameters, literal.octets, literal.octets.count) == 1
        }
        X509_VERIFY_PARAM_set_hostflags(parameters, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        guard X509_VERIFY_PARAM_set1_host(parameters, url.host, 0) == 1 else { return false }
        // SSL_set_tlsext_host_name, a macro. OpenSSL copies the name.
        return url.host.withCString { name in
            let pointer = UnsafeMutableRawPointer(mutating: name)
            return SSL_ctrl(
                self.pointer, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name), pointer) == 1
        }
    }

    private func certificateProblem(_ verifies: Bool) -> OutboundError? {
        let result = SSL_get_verify_result(pointer)
        guard verifies, result != Int(X509_V_OK), let text = X509_verify_cert_error_string(result) else { return nil }
        return .tls("certificate: " + String(cString: text))
    }

    /// Does one call of OpenSSL and reads its outcome. The queue of errors belongs to the thread, so it is emptied
    /// first: `SSL_get_error` would take an old entry for this call's.
    private func attempt(_ call: () -> Int32) -> Transfer {
        ERR_clear_error()
        let result = call()
        if result > 0 { return .moved(Int(result)) }
        switch SSL_get_error(pointer, result) {
        case SSL_ERROR_WANT_READ: return .wants(Int16(POLLIN))
        case SSL_ERROR_WANT_WRITE: return .wants(Int16(POLLOUT))
        case SSL_ERROR_ZERO_RETURN: return .ended
        case SSL_ERROR_SSL where !TLSFailure.isUnexpectedEnd:
            isBroken = true
            return .failed(.tls(TLSFailure.reason))
        default:
            // A reset, or an end without notice: the octets so far may be cut, so it is never an orderly end.
            isBroken = true
            return .failed(.closed)
        }
    }
}

/// Why there is no answer. The texts are for the log; they never hold what the other side wrote.
package enum OutboundError: Error, Equatable, Sendable {
    case addressRefused(String)
    case cannotResolve
    case cannotConnect
    /// What was being waited for.
    case timedOut(String)
    case tls(String)
    /// The answer is not HTTP/1.1 as we understand it.
    case malformed(String)
    case tooLarge(String)
    /// The connection ended before the answer did.
    case closed
    /// The request cannot be sent: a defect of the program.
    case invalidRequest(String)
}

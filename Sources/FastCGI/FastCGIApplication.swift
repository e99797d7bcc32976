/// Where a request is answered.
package enum Lane: Sendable {
    /// On the thread that accepted it: needs only this machine (the database).
    case direct
    /// On the second, larger set of threads: waits for somebody else's server.
    case upstream
}

/// What answers requests. The worker calls it from many threads at once.
package protocol FastCGIApplication: Sendable {
    /// Decides by the parameters alone; called on the accepting thread, must neither block nor answer.
    func lane(of request: FastCGIRequest) -> Lane
    /// Answers the request, on a thread of its lane. A request that is left unanswered gets a bare 500.
    func handle(_ request: FastCGIRequest)
    /// Answers at once that there is no room (503): the upstream lane is full. Must not block.
    func refuse(_ request: FastCGIRequest)
}

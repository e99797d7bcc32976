/// Which threads handle a request.
package enum Lane: Sendable {
    /// The thread that parsed it: for handlers that answer fast.
    case direct
    /// The bounded set of threads for handlers that wait for somebody else.
    case upstream
}

/// What answers requests. Called by many threads at once.
package protocol FastCGIApplication: Sendable {
    /// From the parameters alone, on the thread that parsed them.
    func lane(of request: FastCGIRequest) -> Lane
    /// Answers, on a thread of the request's lane.
    func handle(_ request: FastCGIRequest)
    /// Answers at once that the upstream lane is full.
    func refuse(_ request: FastCGIRequest)
}

/// How a worker process works.
package struct WorkerSettings: Sendable {
    /// Threads that wait for connections and handle the direct lane.
    package var threads: Int
    /// At most so many threads of the upstream lane, made when they are first needed.
    package var upstreamThreads: Int
    /// Requests that may wait for one of them.
    package var upstreamQueue: Int
    /// How long a client may take to send a request, and to take an answer.
    package var transferMilliseconds: Int
    /// After about so many requests the worker ends, to be replaced; 0 for never.
    package var maxRequests: Int
    /// Bodies up to this many octets are read before the handler runs, when they come slowly.
    package var maxBody: Int
    /// How long requests may take that are under way when the worker is told to stop.
    package var graceMilliseconds: Int

    package init(
        threads: Int = 16, upstreamThreads: Int = 64, upstreamQueue: Int = 64, transferMilliseconds: Int = 10_000,
        maxRequests: Int = 0, maxBody: Int = 1_048_576, graceMilliseconds: Int = 30_000
    ) {
        self.threads = threads
        self.upstreamThreads = upstreamThreads
        self.upstreamQueue = upstreamQueue
        self.transferMilliseconds = transferMilliseconds
        self.maxRequests = maxRequests
        self.maxBody = maxBody
        self.graceMilliseconds = graceMilliseconds
    }
}

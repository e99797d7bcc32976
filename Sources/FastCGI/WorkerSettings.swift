/// How much one worker process does at once and how long it waits.
package struct WorkerSettings: Sendable {
    /// Threads that accept, parse and answer requests of the direct lane.
    package var threads = 16
    /// Threads of the upstream lane at most; they are created when needed.
    package var upstreamThreads = 64
    /// Requests of the upstream lane that may wait for a thread; one more is refused.
    package var upstreamQueue = 64
    /// From the first octet of a request until its last; then the connection is cut.
    package var requestReadMilliseconds = 10_000
    /// For a client that takes nothing of its answer; then it counts as gone.
    package var sendMilliseconds = 30_000
    /// Requests after which the worker stops by itself, ±20 %; 0 is never.
    package var maxRequests = 0
    /// Connections at most; more wait in the socket's backlog, where other workers can take them.
    package var maxConnections = 1_024
    /// Octets of one request at most, records and parameters included. A larger one is handed to the
    /// application without its body, which then is `bodyTooLarge`.
    package var maxRequestOctets = 16 << 20
    /// Octets of all requests that are still arriving; beyond, the connection that asks for more is cut.
    package var maxBufferedOctets = 64 << 20
    /// Octets of the stack of every thread; parsing JSON needs 1 MiB.
    package var stackSize = 2 << 20
    /// After `stop`, how long requests in flight may take.
    package var stopMilliseconds = 30_000
    /// After `stop`, how long a kept connection may bring one more request. A web server that is just
    /// about to use a connection gets an error if it is closed at that moment.
    package var stopIdleMilliseconds = 250
    /// Where problems are reported; called from any thread.
    package var log: Log = { _, _ in }

    package init() {}
}

/// What a master starts and how long it waits for it.
package struct MasterSettings: Sendable {
    /// Path of the program of the children; looked up nowhere.
    package var executable: String
    /// The program's arguments, its name first.
    package var arguments: [String]
    /// `NAME=value` for every variable of the children; nil passes on the master's own.
    package var environment: [String]?
    /// How many children serve at a time.
    package var children: Int
    /// The arguments of one more child, which does something else than to serve: kept alive, stopped and, on a reload,
    /// ended and started again. Nil for none.
    package var companion: [String]?
    /// From SIGTERM to a child until SIGKILL. Longer than a worker's `stopMilliseconds`.
    package var graceMilliseconds = 35_000
    /// On a reload, how long a new child may take until its worker runs; then the old children stay.
    package var startMilliseconds = 30_000
    /// Where the master reports what it does; called from the thread of `run` only.
    package var log: Log = { _, _ in }

    package init(executable: String, arguments: [String], children: Int) {
        self.executable = executable
        self.arguments = arguments
        self.children = children
    }
}

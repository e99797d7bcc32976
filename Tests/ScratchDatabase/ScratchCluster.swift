import Foundation

/// A private PostgreSQL server for tests: a unix socket in a folder of its own, no network, no care for its data.
///
/// A guardian process holds the other end of a pipe: when this process ends, however it does, the guardian stops
/// the server and removes the folder.
package final class ScratchCluster: Sendable {
    /// The folder with the data, the socket and the log.
    package let folder: String
    /// Keywords that lead to the database `postgres` as its owner.
    package let conninfo: String
    private let binaries: String
    /// Never read or written: its end is the signal.
    private let lifeline: Int32

    /// Creates and starts a server.
    package init() throws(ScratchError) {
        binaries = try Self.findBinaries()
        folder = try Self.makeFolder()
        conninfo = "host=\(folder) dbname=postgres user=postgres"
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw ScratchError("no descriptors left") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        lifeline = ends[1]
        defer { close(ends[0]) }
        _ = try Child(["setsid", "sh", "-c", Self.guardianScript, "sh", binaries, folder], input: ends[0])
        try run(
            "initdb", "--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C",
            "--pgdata=\(folder)/data")
        try start()
    }

    deinit { close(lifeline) }

    /// Starts the server after `stop` and waits until it answers.
    package func start() throws(ScratchError) {
        let options = [
            "listen_addresses=''", "unix_socket_directories='\(folder)'", "fsync=off", "synchronous_commit=off",
            "full_page_writes=off", "max_connections=120", "shared_buffers=32MB",
        ]
        try run(
            "pg_ctl", "--pgdata=\(folder)/data", "--wait", "--timeout=30", "--log=\(folder)/log",
            "--options=" + options.map { "-c \($0)" }.joined(separator: " "), "start")
    }

    /// Stops the server as a restart of the machine would: clients are cut off, data is kept.
    package func stop() throws(ScratchError) {
        try run("pg_ctl", "--pgdata=\(folder)/data", "--wait", "--timeout=30", "--mode=fast", "stop")
    }

    private static let guardianScript = """
        trap '' INT TERM HUP
        read -r nothing
        "$1/pg_ctl" --pgdata="$2/data" --mode=immediate --wait stop
        rm -rf "$2"
        """

    private func run(_ program: String, _ arguments: String...) throws(ScratchError) {
        guard try Child(["\(binaries)/\(program)"] + arguments).succeeds() else {
            let log = FileManager.default.contents(atPath: "\(folder)/log") ?? Data()
            throw ScratchError("\(program) failed: \(String(decoding: log.suffix(2_000), as: UTF8.self))")
        }
    }

    /// The newest of the versions that Debian keeps side by side.
    private static func findBinaries() throws(ScratchError) -> String {
        let root = "/usr/lib/postgresql"
        let versions = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).compactMap(Int.init)
        guard let newest = versions.filter({ $0 >= 15 }).max() else {
            throw ScratchError("no PostgreSQL 15 or later in \(root); install it or set TEST_DATABASE_URL")
        }
        return "\(root)/\(newest)/bin"
    }

    /// A short path, because that of a socket may have 107 octets.
    private static func makeFolder() throws(ScratchError) -> String {
        let temporary = NSTemporaryDirectory()
        var template = Array(((temporary.utf8.count > 60 ? "/tmp/" : temporary) + "scratch-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw ScratchError("no folder in \(temporary)") }
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if geteuid() == 0 {
            guard let owner = getpwnam("postgres"), chown(folder, owner.pointee.pw_uid, owner.pointee.pw_gid) == 0
            else {
                throw ScratchError("there is no user postgres to run the server as")
            }
        }
        return folder
    }
}

/// Why there is no database for the tests.
package struct ScratchError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

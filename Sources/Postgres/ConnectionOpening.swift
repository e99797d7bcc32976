import CPostgreSQL
import Foundation

/// Opens a connection within `connectMilliseconds`.
///
/// libpq ignores `connect_timeout` here and would stay with a host that does not answer, so several hosts are tried
/// one by one, each with its share of the time. The look-up of a host's name is bounded by the system's resolver only.
func openHandle(_ settings: PoolSettings) throws(PostgresError) -> OpaquePointer {
    let parameters = try connectionParameters(settings)
    let targets = singleTargets(parameters)
    let whole = TimeLimit(milliseconds: settings.connectMilliseconds)
    var reasons: [String] = []
    for (index, target) in targets.enumerated() {
        let share = Int(whole.pollMilliseconds) / (targets.count - index)
        do throws(PostgresError) {
            return try openHandle(parameters.merging(target) { $1 }, TimeLimit(milliseconds: share))
        } catch {
            if case .unavailable(let reason) = error { reasons.append(reason) }
        }
    }
    throw .unavailable(reasons.joined(separator: "; "))
}

/// The keywords of the connection string with ours. What the installation says about keep-alive wins over our
/// defaults; what our decoders and limits rely on wins over the installation.
private func connectionParameters(_ settings: PoolSettings) throws(PostgresError) -> [String: String] {
    var parameters = [
        "application_name": settings.applicationName,
        "keepalives": "1", "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3",
        "tcp_user_timeout": "30000",
    ]
    // Its message would quote the string and with it the password.
    guard let options = PQconninfoParse(settings.conninfo, nil) else {
        throw .unavailable("the connection string is malformed")
    }
    defer { PQconninfoFree(options) }
    var option = options
    while let keyword = option.pointee.keyword {
        if let value = option.pointee.val { parameters[String(cString: keyword)] = String(cString: value) }
        option += 1
    }
    parameters["client_encoding"] = "UTF8"
    if settings.usesPreparedStatements {
        let ours =
            settings.limits.map { "-c \($0.name)=\($0.milliseconds)" } + PoolSettings.formats.map { "-c \($0)=\($1)" }
        parameters["options"] = ([parameters["options"] ?? ""] + ours).joined(separator: " ")
    }
    return parameters
}

/// One set of `host`, `hostaddr` and `port` for each host; a single empty set when libpq has to sort it out itself.
private func singleTargets(_ parameters: [String: String]) -> [[String: String]] {
    func list(_ keyword: String) -> [String] {
        guard let value = parameters[keyword] else { return [] }
        return value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let lists = ["host": list("host"), "hostaddr": list("hostaddr"), "port": list("port")].filter { !$0.value.isEmpty }
    let count = max(lists["host"]?.count ?? 0, lists["hostaddr"]?.count ?? 0)
    // `prefer-standby` compares the hosts with each other.
    guard count > 1, parameters["target_session_attrs"] != "prefer-standby",
        lists.values.allSatisfy({ ($0.count == count || $0.count == 1) && !$0.contains("") })
    else { return [[:]] }
    return (0..<count).map { index in lists.mapValues { $0.count == 1 ? $0[0] : $0[index] } }
}

private func openHandle(_ parameters: [String: String], _ limit: TimeLimit) throws(PostgresError) -> OpaquePointer {
    guard let handle = startConnection(parameters) else { throw .unavailable("out of memory") }
    PQsetNoticeReceiver(handle, { _, _ in }, nil)
    var status = PQstatus(handle) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING
    while status != PGRES_POLLING_OK {
        guard status != PGRES_POLLING_FAILED else {
            let reason = trimmed(PQerrorMessage(handle))
            PQfinish(handle)
            throw .unavailable(reason)
        }
        let events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT
        guard awaitReady(PQsocket(handle), events, limit) != 0 else {
            let host = PQhost(handle).map { String(cString: $0) } ?? ""
            PQfinish(handle)
            throw .unavailable("connection to \"\(host)\" failed: no answer in time")
        }
        status = PQconnectPoll(handle)
    }
    return handle
}

private func startConnection(_ parameters: [String: String]) -> OpaquePointer? {
    let pairs = parameters.map { (strdup($0.key), strdup($0.value)) }
    defer {
        for (keyword, value) in pairs {
            free(keyword)
            free(value)
        }
    }
    let keywords = pairs.map { UnsafePointer($0.0) } + [nil]
    let values = pairs.map { UnsafePointer($0.1) } + [nil]
    return PQconnectStartParams(keywords, values, 0)
}

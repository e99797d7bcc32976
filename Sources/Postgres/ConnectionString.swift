import CPostgreSQL

extension PoolSettings {
    /// Whether libpq can read a connection string; nothing is contacted. What is wrong with it is not said: libpq's
    /// message would quote the string and with it the password.
    package static func isConnectionString(_ text: String) -> Bool {
        guard let options = PQconninfoParse(text, nil) else { return false }
        PQconninfoFree(options)
        return true
    }
}

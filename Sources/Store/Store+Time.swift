import Domain
import Postgres

/// What the server's zone files hold besides the zones.
enum TimeZoneNames {
    /// For a question to `pg_timezone_names`.
    static let areIANA: StaticString =
        "name !~ '^(posix|right)/' AND name NOT IN ('posixrules', 'localtime', 'Factory')"
}

extension Store {
    /// The names of the IANA time zones. Reads the server's zone files, which takes tens of milliseconds.
    package func timeZones() throws(Failure) -> Set<String> {
        Set(
            try rows(
                """
                -- Store.timeZones
                SELECT name
                FROM pg_timezone_names
                WHERE \(literal: TimeZoneNames.areIANA)
                LIMIT 2000
                """
            ) { (row) throws(PostgresError) in try row.next(String.self) })
    }

    /// When a day begins in a time zone, so many days later.
    package func beginning(
        ofDay day: (year: Int, month: Int, day: Int), plus days: Int, in zone: String
    ) throws(Failure) -> Timestamp {
        if zone == "UTC", let count = CivilTime.days(year: day.year, month: day.month, day: day.day) {
            return Timestamp(seconds: Int64(count + days) * 86_400)
        }
        return try one(
            "Day",
            """
            -- Store.beginningOfDay
            SELECT zone_day(make_date(\(day.year), \(day.month), \(day.day)) + \(days)::integer, \(zone)::text)
            """
        ) { (row) throws(PostgresError) in try row.next(Timestamp.self) }
    }
}

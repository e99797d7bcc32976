import Domain
import HTTP
import Store

/// A period as a caller names it: `startDate`, `endDate` and `tz`.
struct Period {
    let span: TimeSpan
    /// An IANA time zone.
    let zone: String
    /// As the caller wrote them, for file names.
    let start: String?
    let end: String?

    /// For the name of an export.
    var fileName: String? {
        switch (start, end) {
        case (nil, nil): nil
        case (let start?, nil): "from-" + start + zoneInFileName
        case (nil, let end?): "until-" + end + zoneInFileName
        case (let start?, let end?): start + "-" + end + zoneInFileName
        }
    }

    /// Empty for UTC.
    var zoneInFileName: String { zone == "UTC" ? "" : "-" + zone }
}

extension Services {
    /// The query's period. Both ends are included: a day is the whole day in `tz`, a second the whole second.
    func period(_ request: Request) throws(Failure) -> Period {
        let zone = try timeZone(request)
        let (start, end) = (request.query["startDate"], request.query["endDate"])
        let from = try moment(start, "startDate", zone, ending: false)
        let to = try moment(end, "endDate", zone, ending: true)
        if let from, let to, to <= from { throw .invalid("endDate", "must not be before startDate") }
        return Period(span: TimeSpan(start: from, end: to), zone: zone, start: start, end: end)
    }

    /// `tz`, UTC without one.
    func timeZone(_ request: Request) throws(Failure) -> String {
        guard let name = request.query["tz"], name != "UTC" else { return "UTC" }
        guard try installation.timeZones.contains(name, store) else {
            throw .invalid("tz", "must be a time zone of the IANA database, such as Europe/Berlin")
        }
        return name
    }

    private func moment(
        _ text: String?, _ field: String, _ zone: String, ending: Bool
    ) throws(Failure) -> Timestamp? {
        guard let text else { return nil }
        guard let date = ISODate(text) else {
            throw .invalid(field, "must be a date such as 2025-11-26 or a time such as 2025-11-26T17:00:00Z")
        }
        switch date {
        case .moment(let moment, let length):
            return ending ? min(Timestamp(microseconds: moment.microseconds + length), .endOfCalendar) : moment
        // The day after has five digits, which neither we nor PostgreSQL write.
        case .day(9999, 12, 31) where ending: return .endOfCalendar
        case .day(let year, let month, let day):
            return try store.beginning(ofDay: (year, month, day), plus: ending ? 1 : 0, in: zone)
        }
    }
}

/// Which part of a list is wanted.
package struct Page: Sendable, Equatable {
    package let limit: Int
    package let offset: Int
    /// Where the page before ended, when the caller follows cursors; `offset` is 0 then.
    package let after: String?

    package init(limit: Int, offset: Int = 0, after: String? = nil) {
        self.limit = limit
        self.offset = offset
        self.after = after
    }
}

/// One page of a list, and how long the list is.
package struct Slice<Row> {
    package let rows: [Row]
    package let total: Int
    /// Whether `total` is an estimate because counting would take too long.
    package let isEstimate: Bool
    /// Where the next page begins; nil on the last one.
    package let next: String?

    package init(rows: [Row], total: Int, isEstimate: Bool = false, next: String? = nil) {
        self.rows = rows
        self.total = total
        self.isEstimate = isEstimate
        self.next = next
    }
}

extension Slice: Sendable where Row: Sendable {}

/// A span of time; nil is open on that side.
package struct TimeSpan: Sendable, Equatable {
    /// Included.
    package let start: Timestamp?
    /// Not included.
    package let end: Timestamp?

    package static let always = TimeSpan(start: nil, end: nil)

    package init(start: Timestamp?, end: Timestamp?) {
        self.start = start
        self.end = end
    }
}

/// A span of time with both its ends.
package struct ClosedSpan: Sendable, Equatable {
    /// Included.
    package let start: Timestamp
    /// Not included.
    package let end: Timestamp

    package init(start: Timestamp, end: Timestamp) {
        self.start = start
        self.end = end
    }
}

import Domain
import Postgres

extension RequestRecord {
    /// The columns of `columns`; nil when the first one is NULL, which a row that stands for none has.
    static func read(_ row: inout Row) throws(PostgresError) -> RequestRecord? {
        guard let id = try row.nextOptional(ID<ProviderRequest>.self) else { return nil }
        return RequestRecord(
            id: id, externalID: try row.nextOptional(), provider: try row.next(), model: try row.next(),
            status: try row.next(), userID: try row.nextOptional(), createdAt: try row.next(),
            completedAt: try row.nextOptional(), responseTime: try row.nextOptional(), cost: try row.nextOptional(),
            metadata: try row.nextOptional())
    }

    /// Of requests `r`, providers `p` and payloads `y`.
    static var columns: StaticString {
        """
        r.id, r.external_id, p.slug, r.model, r.status, r.user_id, r.created_at, r.completed_at, r.response_ms,
        trim_scale(r.cost), y.metadata
        """
    }
}

extension RequestDetail {
    /// The columns of `columns`.
    static func read(_ row: inout Row) throws(PostgresError) -> RequestDetail {
        guard let record = try RequestRecord.read(&row) else { throw .decoding(column: 1, "is NULL") }
        return RequestDetail(
            record: record, request: try row.nextOptional(), response: try row.nextOptional(),
            error: try row.nextOptional(), providerRequestID: try row.nextOptional(), vendorModel: try row.next())
    }

    /// A call of ours keeps only the kind of its error.
    static var columns: StaticString {
        """
        r.id, r.external_id, p.slug, r.model, r.status, r.user_id, r.created_at, r.completed_at, r.response_ms,
        trim_scale(r.cost), y.metadata, y.request, y.response,
        coalesce(y.error, ('{"code":' || to_json(r.error_kind)::text || '}')::json), r.provider_request_id,
        coalesce(m.vendor_name, r.model)
        """
    }
}

extension Store {
    /// A page of a provider's calls, the newest first. The total is exact, but for a user of more than 10,000 calls,
    /// where it is an estimate. Throws `.notFound` for an unknown provider, `.invalid` for a cursor that is none.
    package func requests(
        of slug: ProviderSlug, _ filter: RequestFilter, _ page: Page
    ) throws(Failure) -> Slice<RequestRecord> {
        var before: ID<ProviderRequest>?
        if let position = page.after {
            guard let id = ID<ProviderRequest>(position) else {
                throw .invalid("cursor", "is not a cursor of this list")
            }
            before = id
        }
        // One more than the page has tells whether there is a next one.
        let found = try rows(Self.requests(slug, filter, page, before)) { (row) throws(PostgresError) in
            (
                total: try row.next(Int.self), isEstimate: try row.next(Bool.self),
                record: try RequestRecord.read(&row)
            )
        }
        guard let first = found.first else { throw .notFound("Provider") }
        let records = found.compactMap(\.record)
        let shown = Array(records.prefix(page.limit))
        return Slice(
            rows: shown, total: first.total, isEstimate: first.isEstimate,
            next: records.count > page.limit ? shown.last?.id.text : nil)
    }

    private static func requests(
        _ slug: ProviderSlug, _ filter: RequestFilter, _ page: Page, _ before: ID<ProviderRequest>?
    ) -> SQL {
        let (model, status, user) = (filter.model, filter.status, filter.userID)
        let (start, end) = (filter.span.start, filter.span.end)
        return """
            -- Store.requests
            SELECT place.total, place.is_estimate, \(literal: RequestRecord.columns)
            FROM providers p
            CROSS JOIN LATERAL (
                SELECT t.total, false AS is_estimate, t.below, t.rest
                FROM request_place(
                    p.id, \(model)::text, \(status)::text, \(start)::timestamptz, \(end)::timestamptz,
                    \(page.offset)::bigint) AS t
                WHERE \(user)::text IS NULL
                UNION ALL
                SELECT t.total, t.is_estimate, \(end)::timestamptz, \(page.offset)::bigint
                FROM request_count_of_user(
                    p.id, \(model)::text, \(status)::text, \(user)::text, \(start)::timestamptz, \(end)::timestamptz,
                    10000) AS t
                WHERE \(user)::text IS NOT NULL
            ) AS place
            LEFT JOIN LATERAL request_rows(
                p.id, \(model)::text, \(status)::text, \(user)::text, \(start)::timestamptz, place.below,
                \(before)::uuid, place.rest, \(page.limit + 1)::integer) AS r ON true
            LEFT JOIN LATERAL (
                SELECT one.metadata
                FROM request_payloads one
                WHERE one.request_id = r.id
                LIMIT 1
            ) AS y ON true
            WHERE p.slug = \(slug)
            ORDER BY r.id DESC
            LIMIT 10000
            """
    }

    /// Every call that a filter finds, the newest first, in pieces that are read one after the other: no transaction
    /// stays open for as long as the reader takes. Calls that are there throughout come exactly once.
    package func eachRequest(
        of slug: ProviderSlug, _ filter: RequestFilter, _ each: (RequestRecord) throws(Failure) -> Void
    ) throws(Failure) {
        var before: ID<ProviderRequest>?
        while true {
            let piece = try requestPiece(slug, filter, below: before)
            for record in piece { try each(record) }
            guard piece.count == Self.pieceSize, let last = piece.last else { return }
            before = last.id
        }
    }

    private static var pieceSize: Int { 2_000 }

    private func requestPiece(
        _ slug: ProviderSlug, _ filter: RequestFilter, below before: ID<ProviderRequest>?
    ) throws(Failure) -> [RequestRecord] {
        try rows(
            """
            -- Store.requestPiece
            SELECT \(literal: RequestRecord.columns)
            FROM providers p
            CROSS JOIN LATERAL request_rows(
                p.id, \(filter.model)::text, \(filter.status)::text, \(filter.userID)::text,
                \(filter.span.start)::timestamptz, \(filter.span.end)::timestamptz, \(before)::uuid, 0,
                \(Self.pieceSize)::integer) AS r
            LEFT JOIN LATERAL (
                SELECT one.metadata
                FROM request_payloads one
                WHERE one.request_id = r.id
                LIMIT 1
            ) AS y ON true
            WHERE p.slug = \(slug)
            ORDER BY r.id DESC
            """
        ) { (row) throws(PostgresError) in try RequestRecord.read(&row) }.compactMap { $0 }
    }

    /// A call by what its caller knows it by. Throws `.notFound` for the provider or the request.
    package func request(_ name: String, of slug: ProviderSlug) throws(Failure) -> RequestDetail {
        try one("Request", Self.request(try requestID(name, of: slug)), RequestDetail.read)
    }

    static func request(_ id: ID<ProviderRequest>) -> SQL {
        """
        -- Store.request
        SELECT \(literal: RequestDetail.columns)
        FROM requests r
        JOIN providers p ON p.id = r.provider_id
        LEFT JOIN request_payloads y ON y.request_id = \(id)
        LEFT JOIN models m ON m.provider_id = r.provider_id AND m.name = r.model
        WHERE r.id = \(id)
        """
    }

    /// The ID of the row that a reported ID or `req_` with a UUID names. Throws `.notFound`.
    package func requestID(_ name: String, of slug: ProviderSlug) throws(Failure) -> ID<ProviderRequest> {
        let own = name.hasPrefix("req_") ? ID<ProviderRequest>(String(name.dropFirst(4))) : nil
        let found = try rows(
            """
            -- Store.requestID
            SELECT coalesce(k.request_id, r.id)
            FROM providers p
            LEFT JOIN request_keys k ON k.provider_id = p.id AND k.external_id = \(name)
            LEFT JOIN requests r ON r.id = \(own)::uuid AND r.provider_id = p.id
            WHERE p.slug = \(slug)
            """
        ) { (row) throws(PostgresError) in try row.nextOptional(ID<ProviderRequest>.self) }
        guard let id = found.first else { throw .notFound("Provider") }
        guard let id else { throw .notFound("Request") }
        return id
    }
}

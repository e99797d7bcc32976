import Domain
import JSON

/// A provider of generated media: the part that all of them share.
protocol MediaVendor: Vendor {
    /// How its job IDs look.
    static var spelling: JobTicket.Spelling { get }
}

/// A job as a handler sees it.
struct Job {
    let id: String
    let ticket: JobTicket
    let model: SimModel
    let state: JobState

    /// When it began to run, and when it ended: as planned, whatever the clock says.
    var started: Timestamp { later(JobState.startsAfter) }
    var ended: Timestamp { later(JobState.endsAfter) }

    private func later(_ milliseconds: Int64) -> Timestamp {
        let wait = ticket.course == .instant ? 0 : milliseconds
        return Timestamp(microseconds: ticket.submitted.microseconds + wait * 1_000)
    }
}

extension MediaVendor {
    /// The row that serves results.
    var fileRoute: Route { .get("/files/{file}", .files, .open, file) }

    /// How the body's prompt orders a job to end.
    func ordered(_ call: Call) -> JobTicket.Course {
        let directives = Directives(in: String(decoding: call.request.body, as: UTF8.self))
        return directives.job.flatMap { JobTicket.Course(name: $0) } ?? .usual
    }

    /// A new job of that model.
    func submitted(_ model: SimModel, _ course: JobTicket.Course, _ call: Call) -> Job {
        let ticket = JobTicket(
            submittedMilliseconds: call.now.microseconds / 1_000, course: course,
            model: models.firstIndex { $0.name == model.name } ?? 0, number: call.jobs.next())
        let state = JobState(ticket, now: call.now, isCancelled: false)
        return Job(id: ticket.id(Self.spelling), ticket: ticket, model: model, state: state)
    }

    /// The job with that ID, nil when it was not given out or its job was deleted.
    func job(_ id: String, _ call: Call) -> Job? {
        guard let ticket = JobTicket(id, Self.spelling), models.indices.contains(ticket.model) else { return nil }
        let mark = call.jobs.mark(of: id)
        guard mark != .deleted else { return nil }
        let state = JobState(ticket, now: call.now, isCancelled: mark == .cancelled)
        return Job(id: id, ticket: ticket, model: models[ticket.model], state: state)
    }

    /// The job that the path names.
    func job(_ call: Call) throws(Problem) -> Job {
        guard let job = job(call.captures["id"] ?? "", call) else { throw .unknownPath }
        return job
    }

    /// The model of that name, whatever it makes.
    func model(named name: String) throws(Problem) -> SimModel {
        guard let model = models.first(where: { $0.name == name }) else { throw .unknownModel(name) }
        return try self.model(name, model.kind)
    }

    /// Where this vendor's `path` is for the client that asks.
    func link(_ path: String, _ call: Call) -> String {
        "https://\(call.request.header("host") ?? "localhost")/\(slug)\(path)"
    }

    /// Where a job's result is.
    func result(of job: Job, _ call: Call) -> String { link("/files/\(job.id).\(job.model.kind.fileEnding)", call) }

    /// `balance=12.50` anywhere in the key, in the unit that the vendor reports.
    func balance(_ call: Call, otherwise: String) -> String {
        key(of: call.request).flatMap { KeyVerdict.balance(in: $0) } ?? otherwise
    }

    /// A picture is a real one; of a video or a sound there is only the name.
    @Sendable func file(_ call: Call) throws(Problem) -> SimAnswer {
        let parts = (call.captures["file"] ?? "").split(separator: ".").map(String.init)
        guard parts.count == 2, let job = job(parts[0], call), job.state == .succeeded,
            job.model.kind.fileEnding == parts[1]
        else { throw .unknownPath }
        let type = SimHeader("Content-Type", job.model.kind.contentType)
        guard job.model.kind == .image else {
            return SimAnswer(200, headers: [type], body: .whole(Array("simulated \(job.model.name)\n".utf8)))
        }
        return SimAnswer(200, headers: [type], body: .whole(Picture.octets))
    }
}

extension SimModel.Kind {
    var fileEnding: String {
        switch self {
        case .video: "mp4"
        case .audio: "mp3"
        case .chat, .embedding, .image: "png"
        }
    }

    var contentType: String {
        switch self {
        case .video: "video/mp4"
        case .audio: "audio/mpeg"
        case .chat, .embedding, .image: "image/png"
        }
    }
}

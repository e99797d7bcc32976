import Domain
import JSON
import Simulator
import XCTest

final class MediaTests: SimulatorTestCase {
    /// How one vendor is asked, and what it calls the states of a job.
    private struct Subject {
        let slug: String
        let submit: String
        let body: String
        /// Where the job's ID is in the answer to a submission.
        let id: String
        /// `ID` is the job's.
        let poll: String
        let state: String
        let words: [String]
        let statuses: [String: Int]
        var keyHeader = "Authorization"
        var keyPrefix = "Bearer "
        var cancel: (method: String, target: String)?
        var cancelled = ""

        func headers(_ key: String) -> [String: String] {
            [keyHeader: keyPrefix + key, "X-Runway-Version": "2024-11-06", "Host": "sim.test:8443"]
        }
    }

    private let subjects = [
        Subject(
            slug: "fal_ai", submit: "/fal-ai/flux/schnell", body: #"{"prompt":"Hi ORDER"}"#, id: "request_id",
            poll: "/fal-ai/flux/requests/ID/status", state: "status",
            words: ["IN_QUEUE", "IN_PROGRESS", "COMPLETED", "COMPLETED", "COMPLETED"],
            statuses: [
                "bad-key": 401, "forbidden": 403, "no-money": 403, "rate-limit": 429, "overloaded": 503,
                "server-error": 500, "model-gone": 404,
            ],
            keyPrefix: "Key ", cancel: ("PUT", "/fal-ai/flux/requests/ID/cancel"), cancelled: "COMPLETED"),
        Subject(
            slug: "replicate", submit: "/v1/models/black-forest-labs/flux-1.1-pro/predictions",
            body: #"{"input":{"prompt":"Hi ORDER"}}"#, id: "id", poll: "/v1/predictions/ID", state: "status",
            words: ["starting", "processing", "succeeded", "failed", "failed"],
            statuses: [
                "bad-key": 401, "forbidden": 403, "no-money": 402, "rate-limit": 429, "overloaded": 503,
                "server-error": 500, "model-gone": 404,
            ],
            cancel: ("POST", "/v1/predictions/ID/cancel"), cancelled: "canceled"),
        Subject(
            slug: "minimax", submit: "/v1/video_generation", body: #"{"model":"video-01","prompt":"Hi ORDER"}"#,
            id: "task_id", poll: "/v1/query/video_generation?task_id=ID", state: "status",
            words: ["Queueing", "Processing", "Success", "Fail", "Fail"],
            statuses: [
                "bad-key": 200, "forbidden": 200, "no-money": 200, "rate-limit": 200, "overloaded": 503,
                "server-error": 500, "model-gone": 200,
            ]),
        Subject(
            slug: "minimax", submit: "/v2/video_generation",
            body: #"{"model":"MiniMax-H3","content":[{"type":"text","text":"Hi ORDER"}]}"#, id: "task_id",
            poll: "/v2/query/video_generation/ID", state: "task.status",
            words: ["queued", "running", "succeeded", "failed", "failed"],
            statuses: [
                "bad-key": 401, "forbidden": 403, "no-money": 402, "rate-limit": 429, "overloaded": 503,
                "server-error": 500, "model-gone": 400,
            ]),
        Subject(
            slug: "runway_ml", submit: "/v1/text_to_video",
            body: #"{"model":"veo3.1","promptText":"Hi ORDER","ratio":"1280:720"}"#, id: "id", poll: "/v1/tasks/ID",
            state: "status", words: ["PENDING", "RUNNING", "SUCCEEDED", "FAILED", "FAILED"],
            statuses: [
                "bad-key": 401, "forbidden": 403, "no-money": 400, "rate-limit": 429, "overloaded": 503,
                "server-error": 500, "model-gone": 400,
            ],
            cancel: ("DELETE", "/v1/tasks/ID"), cancelled: "CANCELLED"),
        Subject(
            slug: "black_forest_labs", submit: "/v1/flux-2-pro", body: #"{"prompt":"Hi ORDER"}"#, id: "id",
            poll: "/v1/get_result?id=ID", state: "status",
            words: ["Pending", "Pending", "Ready", "Error", "Content Moderated"],
            statuses: [
                "bad-key": 403, "forbidden": 403, "no-money": 402, "rate-limit": 429, "overloaded": 503,
                "server-error": 500, "model-gone": 404,
            ],
            keyHeader: "x-key", keyPrefix: ""),
    ]

    private func submit(_ subject: Subject, order: String = "", key: String = "good") -> SimAnswer {
        ask(
            "/\(subject.slug)\(subject.submit)", subject.body.replacing("ORDER", with: order),
            headers: subject.headers(key))
    }

    private func job(_ subject: Subject, order: String = "") throws -> String {
        let answer = submit(subject, order: order)
        return try XCTUnwrap(member(try json(answer), subject.id)?.string, text(answer))
    }

    private func state(_ subject: Subject, _ id: String, after milliseconds: Int64) throws -> String? {
        let answer = ask(
            "/\(subject.slug)" + subject.poll.replacing("ID", with: id), headers: subject.headers("good"),
            after: milliseconds)
        return member(try json(answer), subject.state)?.string
    }

    func testAJobWaitsASecondRunsForTwoAndIsDone() throws {
        for subject in subjects {
            let id = try job(subject)
            let moments: [(Int64, Int)] = [(0, 0), (999, 0), (1_000, 1), (2_999, 1), (3_000, 2), (9_000_000, 2)]
            for (milliseconds, word) in moments {
                XCTAssertEqual(
                    try state(subject, id, after: milliseconds), subject.words[word], "\(subject.slug) \(milliseconds)")
            }
        }
    }

    func testAPromptOrdersTheEnd() throws {
        for subject in subjects {
            for (order, word, milliseconds) in [
                ("failed", 3, 3_000), ("moderated", 4, 3_000), ("endless", 1, 86_400_000), ("instant", 2, 0),
            ] as [(String, Int, Int64)] {
                let id = try job(subject, order: "[[job \(order)]]")
                XCTAssertEqual(
                    try state(subject, id, after: milliseconds), subject.words[word], "\(subject.slug) \(order)")
            }
            XCTAssertEqual(submit(subject, order: "[[job exploded]]").status, 501, subject.slug)
        }
    }

    func testEverySimulatorKnowsTheJob() throws {
        for subject in subjects {
            let id = try job(subject)
            let request = SimRequest(
                method: "GET", target: "/\(subject.slug)" + subject.poll.replacing("ID", with: id),
                headers: subject.headers("good").map { SimHeader($0.key, $0.value) })
            let later = Timestamp(seconds: Self.noon.seconds + 3)
            let answer = ProviderSimulator().answer(request, now: later)
            XCTAssertEqual(member(try json(answer), subject.state)?.string, subject.words[2], subject.slug)
        }
    }

    func testTwoJobsOfOneMomentAreTwo() throws {
        for subject in subjects { XCTAssertNotEqual(try job(subject), try job(subject), subject.slug) }
    }

    func testAnIDThatNobodyGaveOutIsUnknown() throws {
        for subject in subjects {
            let id = try job(subject)
            let last = id.hasSuffix("0") ? "1" : "0"
            for wrong in [String(id.dropLast()) + last, String(id.dropLast()), id + "0", "x", "-", "zz-é"] {
                let escaped = wrong.replacing("é", with: "%C3%A9")
                let found = try state(subject, escaped, after: 3_000)
                XCTAssertTrue(
                    found == nil || found == "Task not found" || Int(found ?? "") != nil, "\(subject.slug) \(wrong)")
            }
        }
    }

    func testACancelledJobStaysCancelled() throws {
        for subject in subjects {
            guard let cancel = subject.cancel else { continue }
            let id = try job(subject)
            let answer = ask(
                "/\(subject.slug)" + cancel.target.replacing("ID", with: id), method: cancel.method,
                headers: subject.headers("good"), after: 1_500)
            XCTAssertTrue(200..<300 ~= answer.status, text(answer))
            XCTAssertEqual(try state(subject, id, after: 9_000), subject.cancelled, subject.slug)
        }
        let fal = ask(
            "/fal_ai/fal-ai/flux/requests/\(try job(subjects[0]))/status", headers: subjects[0].headers("good"))
        XCTAssertNil(try json(fal)["error"])
    }

    func testEveryRefusalComesByKeyByPromptAndByOrder() throws {
        for subject in subjects {
            for (fault, status) in subject.statuses {
                let name = "\(subject.slug) \(fault)"
                XCTAssertEqual(submit(subject, key: "k-fault=\(fault)-1").status, status, name)
                XCTAssertEqual(submit(subject, order: "[[fault \(fault)]]").status, status, name)
                let order = #"{"fault":"\#(fault)","times":1,"paths":["submit"]}"#
                XCTAssertEqual(ask("/_sim/faults/\(subject.slug)", order, method: "PUT").status, 200, name)
                let refused = submit(subject)
                XCTAssertEqual(refused.status, status, name)
                XCTAssertNil(member(try json(refused), subject.id), name)
                XCTAssertNotNil(member(try json(submit(subject)), subject.id), "\(name) is over after one time")
            }
        }
    }

    func testAKeyIsNeededAndMayBeBad() throws {
        for subject in subjects {
            for word in ["bad", "invalid", "wrong", "expired", "revoked"] {
                let answer = submit(subject, key: "sk-\(word)-1")
                XCTAssertEqual(answer.status, subject.statuses["bad-key"], "\(subject.slug) \(word)")
                XCTAssertNil(member(try json(answer), subject.id))
            }
            let none = ask(
                "/\(subject.slug)\(subject.submit)", subject.body, headers: ["X-Runway-Version": "2024-11-06"])
            XCTAssertNil(member(try json(none), subject.id), subject.slug)
        }
    }

    func testResultsCanBeFetchedWhenThereAreAny() throws {
        let fal = subjects[0]
        let id = try job(fal)
        let result = ask("/fal_ai/fal-ai/flux/requests/\(id)", headers: fal.headers("good"), after: 3_000)
        try expect(result, 200, "images.0.url", .string("https://sim.test:8443/fal_ai/files/\(id).png"))
        let picture = ask("/fal_ai/files/\(id).png", after: 3_000)
        XCTAssertEqual(picture.status, 200)
        XCTAssertEqual(picture.bytes.prefix(4), [0x89, 0x50, 0x4E, 0x47])
        XCTAssertEqual(ask("/fal_ai/files/\(id).png", after: 1_000).status, 404)
        XCTAssertEqual(ask("/fal_ai/files/\(id).mp4", after: 3_000).status, 404)
    }

    func testBalancesAreInTheKeys() throws {
        let fal = ["Authorization": "Key admin-balance=0.25"]
        try expect(
            ask("/fal_ai/v1/account/billing?expand=credits", headers: fal), 200, "credits.current_balance",
            .number(try XCTUnwrap(JSONNumber("0.25"))))
        let ordinary = ask("/fal_ai/v1/account/billing?expand=credits", headers: ["Authorization": "Key user"])
        try expect(ordinary, 403, "error.type", .string("authorization_error"))
        XCTAssertNil(try json(ask("/fal_ai/v1/account/billing", headers: fal))["credits"])
        let runway = ["Authorization": "Bearer balance=12.9", "X-Runway-Version": "2024-11-06"]
        try expect(ask("/runway_ml/v1/organization", headers: runway), 200, "creditBalance", .int(12))
        try expect(ask("/black_forest_labs/v1/credits", headers: ["x-key": "k"]), 200, "credits", .int(10_000))
    }
}

import JSON

/// MiniMax, `https://api.minimax.io`.
struct MiniMax: MediaVendor {
    static let spelling = JobTicket.Spelling.number

    let slug = "minimax"
    let displayName = "MiniMax"

    let models: [SimModel] = [
        SimModel(name: "MiniMax-H3", kind: .video, released: "2026-06-01"),
        SimModel(name: "MiniMax-Hailuo-2.3", kind: .video, released: "2025-10-28"),
        SimModel(name: "MiniMax-Hailuo-2.3-Fast", kind: .video, released: "2025-10-28"),
        SimModel(name: "MiniMax-Hailuo-02", kind: .video, released: "2025-06-18"),
        SimModel(name: "T2V-01", kind: .video, released: "2024-09-01"),
        SimModel(name: "T2V-01-Director", kind: .video, released: "2025-02-01"),
        SimModel(name: "video-01", kind: .video, released: "2024-09-01"),
        SimModel(name: "image-01", kind: .image, released: "2025-02-01"),
        SimModel(name: "music-2.6", kind: .audio, released: "2026-03-01"),
        SimModel(name: "music-01", kind: .audio, released: "2024-08-31"),
        .retired("abab-video-1", .video),
    ]

    var routes: [Route] {
        [
            .get("/v1/models", .models, .key, listModels),
            .get("/v1/token_plan/remains", .balance, .key, remains),
            .post("/v1/video_generation", .submit, .key, submitVideo),
            .get("/v1/query/video_generation", .poll, .key, queryVideo),
            .get("/v1/files/retrieve", .poll, .key, retrieveFile),
            .post("/v2/video_generation", .submit, .key, submitNewVideo),
            .get("/v2/query/video_generation/{id}", .poll, .key, queryNewVideo),
            .post("/v1/image_generation", .submit, .key, makeImage),
            .post("/v1/music_generation", .submit, .key, makeMusic),
            fileRoute,
        ]
    }

    func key(of request: SimRequest) -> String? { request.bearerToken }

    /// Language models only, as in the vendor's own example.
    @Sendable func listModels(_ call: Call) throws(Problem) -> SimAnswer {
        .json { json in
            json.field("object", "list")
            json.key("data")
            json.array(["MiniMax-M3", "MiniMax-M2.5"]) { json, name in
                json.object {
                    $0.field("id", name)
                    $0.field("object", "model")
                    $0.field("created", 1_770_000_000)
                    $0.field("owned_by", "minimax")
                }
            }
        }
    }

    /// For a key of a plan, which begins with `sk-cp-`.
    @Sendable func remains(_ call: Call) throws(Problem) -> SimAnswer {
        guard key(of: call.request)?.hasPrefix("sk-cp-") == true else { throw .forbidden }
        return .json { json in
            json.key("model_remains")
            json.array(["MiniMax-M3"]) { json, name in
                json.object {
                    $0.field("model_name", name)
                    $0.field("current_interval_total_count", 100)
                    $0.field("current_interval_usage_count", 1)
                }
            }
            Self.write(code: 0, "success", to: &json)
        }
    }

    static func invalid(_ message: String) -> Problem {
        .invalid(Refusal(message: message, parameter: nil, code: nil))
    }

    /// What is wrong with a request of version 1, next to status 200.
    static func write(code: Int, _ message: String, to json: inout JSONWriter) {
        json.field("base_resp") {
            $0.field("status_code", code)
            $0.field("status_msg", message)
        }
    }
}

import JSON

/// The catalogue, and which endpoint takes which model.
enum RunwayModels {
    static let all: [SimModel] = [
        SimModel(name: "gen4_turbo", kind: .video, released: "2025-04-01"),
        SimModel(name: "gen4.5", kind: .video, released: "2025-12-01"),
        SimModel(name: "aleph2", kind: .video, released: "2026-07-01"),
        SimModel(name: "act_two", kind: .video, released: "2025-07-15"),
        SimModel(name: "veo3.1", kind: .video, released: "2025-10-15"),
        SimModel(name: "veo3.1_fast", kind: .video, released: "2025-10-15"),
        SimModel(name: "seedance2", kind: .video, released: "2026-02-01"),
        SimModel(name: "hailuo3", kind: .video, released: "2026-06-01"),
        SimModel(name: "gen4_image", kind: .image, released: "2025-05-01"),
        SimModel(name: "gen4_image_turbo", kind: .image, released: "2025-07-01"),
        SimModel(name: "eleven_multilingual_v2", kind: .audio, released: "2025-11-01"),
        SimModel(name: "eleven_text_to_sound_v2", kind: .audio, released: "2025-11-01"),
        .retired("gen3a_turbo", .video), .retired("gen4_aleph", .video),
    ]

    static let endpoints: [(path: String, models: Set<String>)] = [
        ("image_to_video", ["gen4_turbo", "gen4.5", "veo3.1", "veo3.1_fast", "seedance2", "hailuo3"]),
        ("text_to_video", ["gen4.5", "veo3.1", "veo3.1_fast", "seedance2", "hailuo3"]),
        ("video_to_video", ["aleph2", "seedance2", "hailuo3"]),
        ("character_performance", ["act_two"]),
        ("text_to_image", ["gen4_image", "gen4_image_turbo"]),
        ("text_to_speech", ["eleven_multilingual_v2"]),
        ("sound_effect", ["eleven_text_to_sound_v2"]),
    ]

    /// Credits for ten seconds of a video, for one of anything else.
    static func credits(_ model: SimModel) -> Int {
        switch model.name {
        case "gen4.5": 120
        case "aleph2": 280
        case "veo3.1": 400
        case "veo3.1_fast": 150
        case "seedance2": 360
        case "hailuo3": 100
        case "gen4_image_turbo": 2
        default: model.kind == .video ? 50 : 5
        }
    }
}

extension Runway {
    @Sendable func organization(_ call: Call) throws(Problem) -> SimAnswer {
        let credits = balance(call, otherwise: "10000").prefix { $0 != "." }
        return .json { json in
            json.field("creditBalance", number: String(credits))
            json.field("tier") {
                $0.field("maxMonthlyCreditSpend", 1_000_000)
                $0.field("models") { json in
                    for model in servedModels {
                        json.key(escaping: model.name)
                        json.object {
                            $0.field("maxConcurrentGenerations", 5)
                            $0.field("maxDailyGenerations", Int?.none)
                        }
                    }
                }
            }
            json.field("usage") { $0.field("models") { _ in } }
        }
    }
}

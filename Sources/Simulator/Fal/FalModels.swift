import JSON

/// The catalogue, with list prices of 2026 in dollars.
enum FalModels {
    static let all: [SimModel] = priced.map(\.model) + [.retired("fal-ai/flux-pro", .image)]

    static let priced: [(model: SimModel, price: String, unit: String)] = [
        (SimModel(name: "fal-ai/flux/schnell", kind: .image, released: "2024-08-01"), "0.003", "megapixels"),
        (SimModel(name: "fal-ai/flux/dev", kind: .image, released: "2024-08-01"), "0.025", "megapixels"),
        (SimModel(name: "fal-ai/flux-pro/v1.1", kind: .image, released: "2024-10-02"), "0.04", "megapixels"),
        (SimModel(name: "fal-ai/flux-pro/v1.1-ultra", kind: .image, released: "2024-11-06"), "0.06", "images"),
        (SimModel(name: "fal-ai/flux-2-pro", kind: .image, released: "2025-11-25"), "0.03", "megapixels"),
        (SimModel(name: "fal-ai/nano-banana", kind: .image, released: "2025-08-26"), "0.039", "images"),
        (SimModel(name: "fal-ai/minimax/video-01", kind: .video, released: "2024-09-01"), "0.5", "videos"),
        (SimModel(name: "fal-ai/minimax/h3/text-to-video", kind: .video, released: "2026-06-01"), "0.06", "seconds"),
        (SimModel(name: "fal-ai/veo3", kind: .video, released: "2025-05-20"), "0.4", "seconds"),
        (
            SimModel(name: "fal-ai/kling-video/v2.5-turbo/pro", kind: .video, released: "2025-09-23"), "0.07",
            "seconds"
        ),
        (SimModel(name: "fal-ai/minimax-music", kind: .audio, released: "2025-02-01"), "0.035", "generations"),
    ]

    static func category(_ kind: SimModel.Kind) -> String {
        switch kind {
        case .video: "text-to-video"
        case .audio: "text-to-audio"
        case .chat, .embedding, .image: "text-to-image"
        }
    }
}

extension Fal {
    @Sendable func listModels(_ call: Call) throws(Problem) -> SimAnswer {
        let limit = call.request.parameter("limit").map { Int($0) ?? 0 } ?? 20
        guard 1...100 ~= limit else { throw Self.invalid("limit", "validation_error", "limit must be 1 to 100") }
        let category = call.request.parameter("category")
        let wanted = Self.ids(call.request)
        let models = servedModels.filter { model in
            (category == nil || FalModels.category(model.kind) == category)
                && (wanted.isEmpty || wanted.contains(model.name))
        }
        let start = call.request.parameter("cursor").map { Int($0) ?? models.count } ?? 0
        let rest = models.dropFirst(max(0, start))
        return .json { json in
            json.key("models")
            json.array(rest.prefix(limit)) { Self.write($1, to: &$0) }
            json.field("next_cursor", rest.count > limit ? String(start + limit) : nil)
            json.field("has_more", rest.count > limit)
        }
    }

    private static func write(_ model: SimModel, to json: inout JSONWriter) {
        json.object {
            $0.field("endpoint_id", model.name)
            $0.field("metadata") {
                $0.field("display_name", model.name.split(separator: "/").dropFirst().joined(separator: " "))
                $0.field("category", FalModels.category(model.kind))
                $0.field("description", "A simulated model.")
                $0.field("status", "active")
                $0.field("tags", array: [String]())
                $0.field("updated_at", model.released + "T00:00:00Z")
                $0.field("thumbnail_url", "https://fal.media/files/simulated.png")
                $0.field("model_url", "https://fal.run/" + model.name)
            }
        }
    }

    /// `endpoint_id` as often as there are models, or once with commas.
    private static func ids(_ request: SimRequest) -> [String] {
        request.query.filter { $0.name == "endpoint_id" }
            .flatMap { $0.value.split(separator: ",").map(String.init) }
    }

    @Sendable func prices(_ call: Call) throws(Problem) -> SimAnswer {
        let ids = Self.ids(call.request)
        guard 1...50 ~= ids.count else {
            throw Self.invalid("endpoint_id", "validation_error", "endpoint_id must name 1 to 50 models")
        }
        let found = FalModels.priced.filter { ids.contains($0.model.name) }
        guard !found.isEmpty else { throw .unknownModel(ids[0]) }
        return .json { json in
            json.key("prices")
            json.array(found) { json, row in
                json.object {
                    $0.field("endpoint_id", row.model.name)
                    $0.field("unit_price", number: row.price)
                    $0.field("unit", row.unit)
                    $0.field("currency", "USD")
                }
            }
            json.field("next_cursor", String?.none)
            json.field("has_more", false)
        }
    }

    /// For a key with `admin` in it: the others have the scope API.
    @Sendable func billing(_ call: Call) throws(Problem) -> SimAnswer {
        guard key(of: call.request)?.lowercased().contains("admin") == true else { throw .forbidden }
        return .json { json in
            json.field("username", "simulated")
            guard call.request.parameter("expand") == "credits" else { return }
            json.field("credits") {
                $0.field("current_balance", number: balance(call, otherwise: "100.00"))
                $0.field("currency", "USD")
            }
        }
    }
}

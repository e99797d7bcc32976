import JSON

/// The catalogue: some of the vendor's official models.
enum ReplicateModels {
    static let all: [SimModel] = [
        SimModel(name: "black-forest-labs/flux-schnell", kind: .image, released: "2024-08-01"),
        SimModel(name: "black-forest-labs/flux-dev", kind: .image, released: "2024-08-01"),
        SimModel(name: "black-forest-labs/flux-pro", kind: .image, released: "2024-08-01"),
        SimModel(name: "black-forest-labs/flux-1.1-pro", kind: .image, released: "2024-10-02"),
        SimModel(name: "black-forest-labs/flux-1.1-pro-ultra", kind: .image, released: "2024-11-06"),
        SimModel(name: "black-forest-labs/flux-2-pro", kind: .image, released: "2025-11-25"),
        SimModel(name: "ideogram-ai/ideogram-v3-quality", kind: .image, released: "2025-04-30"),
        SimModel(name: "stability-ai/stable-diffusion-3.5-large", kind: .image, released: "2024-10-22"),
        SimModel(name: "minimax/video-01", kind: .video, released: "2024-11-01"),
        SimModel(name: "minimax/music-01", kind: .audio, released: "2024-12-01"),
        .retired("stability-ai/sdxl-beta", .image),
    ]

    static func version(_ model: SimModel) -> String { SHA256.hex(model.name) }
}

extension Replicate {
    private static let pageSize = 5

    /// Pages follow each other by whole URLs.
    @Sendable func listModels(_ call: Call) throws(Problem) -> SimAnswer {
        let cursor = call.request.parameter("cursor").map { Int($0) ?? servedModels.count } ?? 0
        let start = min(max(0, cursor), servedModels.count)
        let page = servedModels.dropFirst(start).prefix(Self.pageSize)
        let hasMore = start + Self.pageSize < servedModels.count
        return .json { json in
            json.field("next", hasMore ? link("/v1/models?cursor=\(start + Self.pageSize)", call) : nil)
            json.field("previous", start > 0 ? link("/v1/models?cursor=\(max(0, start - Self.pageSize))", call) : nil)
            json.key("results")
            json.array(page) { Self.write($1, to: &$0) }
        }
    }

    @Sendable func showModel(_ call: Call) throws(Problem) -> SimAnswer {
        let model = try requestedModel(call)
        var json = JSONWriter()
        Self.write(model, to: &json)
        return .whole(200, "application/json", String(decoding: json.bytes, as: UTF8.self))
    }

    func requestedModel(_ call: Call) throws(Problem) -> SimModel {
        try model(named: "\(call.captures["owner"] ?? "")/\(call.captures["name"] ?? "")")
    }

    private static func write(_ model: SimModel, to json: inout JSONWriter) {
        let parts = model.name.split(separator: "/").map(String.init)
        json.object {
            $0.field("url", "https://replicate.com/" + model.name)
            $0.field("owner", parts.first)
            $0.field("name", parts.last)
            $0.field("description", "A simulated model.")
            $0.field("visibility", "public")
            $0.field("is_official", true)
            $0.field("github_url", String?.none)
            $0.field("paper_url", String?.none)
            $0.field("license_url", String?.none)
            $0.field("run_count", 1_000)
            $0.field("cover_image_url", String?.none)
            $0.field("default_example", String?.none)
            $0.field("latest_version") {
                $0.field("id", ReplicateModels.version(model))
                $0.field("created_at", model.released + "T00:00:00.000000Z")
                $0.field("cog_version", "0.9.0")
                $0.field("openapi_schema") { _ in }
            }
        }
    }
}

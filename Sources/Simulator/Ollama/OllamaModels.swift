import Domain
import JSON

/// What the simulated machine has pulled.
enum OllamaModels {
    static let all: [SimModel] = [
        SimModel(name: "llama3.2:latest", context: 131_072, released: "2024-09-25"),
        SimModel(name: "llama3.1:8b", context: 131_072, released: "2024-07-23"),
        SimModel(name: "llama2:latest", context: 4_096, released: "2023-07-18"),
        SimModel(name: "mistral:latest", context: 32_768, released: "2023-09-27"),
        SimModel(name: "gpt-oss:20b", context: 131_072, released: "2025-08-05"),
        SimModel(
            name: "nomic-embed-text:latest", kind: .embedding, context: 2_048, output: 768, released: "2024-02-01"),
    ]
}

extension Ollama {
    @Sendable func listModels(_ call: Call) throws(Problem) -> SimAnswer {
        .json { json in
            json.key("models")
            json.array(models) { json, model in
                json.object {
                    Self.writeIdentity(model, to: &$0)
                    $0.field("modified_at", "\(model.released)T12:00:00.000000Z")
                    $0.field("details") { Self.writeDetails(model, to: &$0) }
                }
            }
        }
    }

    /// One model is always in memory.
    @Sendable func listLoadedModels(_ call: Call) throws(Problem) -> SimAnswer {
        .json { json in
            json.key("models")
            json.array(models.prefix(1)) { json, model in
                json.object {
                    Self.writeIdentity(model, to: &$0)
                    $0.field("details") { Self.writeDetails(model, to: &$0) }
                    $0.field("expires_at", Timestamp(seconds: call.now.seconds + 300).iso(.microseconds))
                    $0.field("size_vram", 2_019_393_189)
                    $0.field("context_length", 4_096)
                }
            }
        }
    }

    @Sendable func showModel(_ call: Call) throws(Problem) -> SimAnswer {
        let body = try body(call)
        let name = body["model"]?.string ?? ""
        let isEmbedding = models.contains { $0.kind == .embedding && ($0.name == name || $0.name == "\(name):latest") }
        let model = try model(in: body, isEmbedding ? .embedding : .chat)
        let family = Self.family(of: model)
        return .json { json in
            json.field("modelfile", "FROM \(model.name)")
            json.field("parameters", "")
            json.field("template", "{{ .Prompt }}")
            json.field("details") { Self.writeDetails(model, to: &$0) }
            json.field("model_info") {
                $0.field("general.architecture", family)
                $0.key(escaping: "\(family).context_length")
                $0.value(model.context)
            }
            json.field("capabilities", array: isEmbedding ? ["embedding"] : ["completion", "tools"])
            json.field("modified_at", "\(model.released)T12:00:00.000000Z")
        }
    }

    private static func family(of model: SimModel) -> String {
        model.kind == .embedding ? "nomic-bert" : "llama"
    }

    private static func writeIdentity(_ model: SimModel, to json: inout JSONWriter) {
        json.field("name", model.name)
        json.field("model", model.name)
        json.field("size", 2_019_393_189)
        json.field("digest", SHA256.hex(model.name))
    }

    private static func writeDetails(_ model: SimModel, to json: inout JSONWriter) {
        json.field("parent_model", "")
        json.field("format", "gguf")
        json.field("family", family(of: model))
        json.field("families", array: [family(of: model)])
        json.field("parameter_size", model.kind == .embedding ? "137M" : "3.2B")
        json.field("quantization_level", "Q4_K_M")
    }
}

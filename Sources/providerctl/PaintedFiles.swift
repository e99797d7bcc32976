import Domain
import JSON
import Providers
import Store

/// What came of `image generate`.
struct PaintedFiles {
    let files: [(path: String, image: EncodedImage)]
    let reply: ImageReply
    let cost: AccountedCost?
    let milliseconds: Int

    func print(_ painting: Painting, to output: Output) {
        for file in files {
            output.text("\(file.path): \(file.image.format.rawValue), \(file.image.bytes.count) octets")
        }
        if files.isEmpty { output.text(absence(painting.provider.displayName)) }
        if reply.unreadableImages > 0 {
            output.text("\(reply.unreadableImages) pictures were in no known form, or larger than 20 MB")
        }
        if !reply.text.isEmpty { output.text("\(painting.provider.displayName) says: \(shown(reply.text))") }
        output.text("model: \(shown(reply.model)), \(milliseconds) ms")
        output.text(
            "tokens: \(reply.usage.promptTokens) in, \(reply.usage.completionTokens) out, "
                + "\(reply.imageTokens) of these for pictures")
        output.text("cost: " + (cost.map { "\($0.amount.text) \($0.currency)" } ?? "unknown, no price is known"))
        output.json { $0.object { write(painting, to: &$0) } }
    }

    private func absence(_ provider: String) -> String {
        reply.isBlocked
            ? "\(provider) held the picture back by its content rules" : "\(provider) answered without a picture"
    }

    /// What a model writes goes to a terminal: nothing in it may be a command to that.
    private func shown(_ text: String) -> String {
        String(
            String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }

    private func write(_ painting: Painting, to json: inout JSONWriter) {
        json.field("provider", painting.provider.slug)
        json.field("model", painting.model)
        json.field("reportedModel", reply.model)
        json.key("files")
        json.array(files) { json, file in
            json.object {
                $0.field("path", file.path)
                $0.field("mediaType", file.image.format.rawValue)
                $0.field("octets", file.image.bytes.count)
            }
        }
        json.field("unreadable", reply.unreadableImages)
        json.field("blocked", reply.isBlocked)
        json.field("text", reply.text)
        json.field(
            "usage",
            object: {
                $0.field("promptTokens", reply.usage.promptTokens)
                $0.field("cachedPromptTokens", reply.usage.cachedPromptTokens)
                $0.field("completionTokens", reply.usage.completionTokens)
                $0.field("imageTokens", reply.imageTokens)
                $0.field("totalTokens", reply.usage.totalTokens)
            })
        json.field("cost", number: cost?.amount.text)
        json.field("currency", cost?.currency)
        json.field("milliseconds", milliseconds)
    }
}

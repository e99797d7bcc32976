import Domain

extension ListedModel {
    /// The same in our words. Nil for a name that the catalogue cannot hold.
    package var listing: ModelListing? {
        guard let id = try? ModelName(id).text else { return nil }
        let name = String(
            String.UnicodeScalarView(
                name.unicodeScalars.filter { $0.properties.generalCategory != .control }.prefix(200)))
        return ModelListing(
            vendorName: id, displayName: name.isEmpty ? id : name, kind: kind.flatMap(Self.kind),
            contextTokens: contextTokens, price: price)
    }

    /// By the last word that says what comes out: `image-to-video` makes videos.
    private static func kind(_ word: String) -> ModelKind? {
        let made = word.lowercased().split(separator: "-").last.map(String.init) ?? ""
        return switch made {
        case "image", "images": .image
        case "video", "videos": .video
        case "audio", "speech", "music": .audio
        case "llm", "chat", "text": .chat
        case "embedding", "embeddings": .embedding
        default: nil
        }
    }

    private var price: ModelListing.Price? {
        if let rates { return .tokens(rates, currency: "USD") }
        guard let unitPrice, Amount(unitPrice.text) != nil, let unit, let currency = Currency(currency ?? "USD")
        else { return nil }
        let counted: PriceUnit? =
            switch unit.lowercased() {
            case "image", "images", "video", "videos", "generation", "generations", "request", "requests": .generation
            case "second", "seconds": .second
            case "megapixel", "megapixels": .megapixel
            default: nil
            }
        return counted.map { .units(amount: unitPrice, of: $0, currency: currency.code) }
    }
}

import Domain

/// The compact lists of prices in a catalogue's line.
enum CatalogueScale {
    /// `standard:1=0.05,bulk:100=0.04`: name, first quantity and price of each tier, in growing quantities.
    /// Nil for anything else.
    static func tiers(_ text: String) -> [PriceTier<Amount>]? {
        var tiers: [PriceTier<Amount>] = []
        for (key, cost) in prices(text) ?? [] {
            let parts = key.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, 1...50 ~= parts[0].utf8.count, 1...9 ~= parts[1].utf8.count,
                let quantity = Int(parts[1]), quantity > (tiers.last?.minQuantity ?? 0)
            else { return nil }
            tiers.append(PriceTier(name: String(parts[0]), minQuantity: quantity, cost: cost))
        }
        return tiers.isEmpty ? nil : tiers
    }

    /// `1024x1024=0.05,2048x2048=0.10`: each resolution once. Nil for anything else.
    static func resolutions(_ text: String) -> [ResolutionPrice<Amount>]? {
        guard let prices = prices(text), Set(prices.map(\.key)).count == prices.count,
            prices.allSatisfy({ 1...50 ~= $0.key.utf8.count })
        else { return nil }
        return prices.map { ResolutionPrice(resolution: $0.key, cost: $0.cost) }
    }

    private static func prices(_ text: String) -> [(key: String, cost: Amount)]? {
        var prices: [(key: String, cost: Amount)] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let halves = part.split(separator: "=", omittingEmptySubsequences: false)
            guard halves.count == 2, let cost = Amount(String(halves[1])) else { return nil }
            prices.append((key: String(halves[0]), cost: cost))
        }
        return prices
    }
}

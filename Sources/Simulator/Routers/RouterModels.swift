import JSON

/// What the simulated routers have in common: the same models, each at the price of the vendor behind.
enum RouterModels {
    /// Those that both serve.
    static let all = priced.map(\.model)

    private static let priced: [(model: SimModel, price: RouterPrice)] = [
        (
            SimModel(
                name: "google/gemini-2.5-flash-image", kind: .image, context: 32_768, output: 32_768,
                released: "2025-10-07"),
            RouterPrice(prompt: 300, completion: 2_500, cached: 30)
        ),
        (
            SimModel(
                name: "google/gemini-3.1-flash-image", kind: .image, context: 65_536, output: 65_536,
                released: "2026-02-26"),
            RouterPrice(prompt: 500, completion: 3_000)
        ),
        (
            SimModel(name: "google/gemini-2.5-flash-lite", context: 1_048_576, output: 65_535, released: "2025-07-22"),
            RouterPrice(prompt: 100, completion: 400, cached: 10)
        ),
        (
            SimModel(name: "google/gemini-2.5-pro", context: 1_048_576, output: 65_536, released: "2025-06-17"),
            RouterPrice(prompt: 1_250, completion: 10_000, cached: 125, longPrompt: 2_500, longCompletion: 15_000)
        ),
        (
            SimModel(name: "openai/gpt-5.4-mini", context: 400_000, output: 128_000, released: "2026-03-17"),
            RouterPrice(prompt: 750, completion: 4_500, cached: 75)
        ),
        (
            SimModel(name: "meta-llama/llama-4-maverick:free", context: 128_000, released: "2025-04-05"),
            RouterPrice(prompt: 0, completion: 0)
        ),
    ]

    /// The price of a model; one that has none of its own goes to the first of them.
    static func price(of name: String) -> RouterPrice {
        priced.first { $0.model.name == name }?.price ?? RouterPrice(prompt: 300, completion: 2_500, cached: 30)
    }
}

/// What a token costs, in billionths of a dollar.
struct RouterPrice {
    let prompt: Int
    let completion: Int
    var cached: Int?
    /// Prices of calls with longer prompts than `longestOrdinaryPrompt`.
    var longPrompt: Int?
    var longCompletion: Int?
    /// Percent of this that the router takes.
    var percent = 100

    static let longestOrdinaryPrompt = 200_000
    /// Of the tokens that a picture is made of.
    static let image = 30_000

    /// The same at a router that takes more.
    func taking(percent: Int) -> RouterPrice {
        var copy = self
        copy.percent = percent
        return copy
    }

    /// So many billionths of a dollar, and what the router takes on top of them, in dollars.
    func dollars(_ billionths: Int) -> String {
        // A percent of a billionth is a hundred-billionth.
        let parts = billionths * percent
        let fraction = String(parts % 100_000_000_000)
        return "\(parts / 100_000_000_000)." + String(repeating: "0", count: 11 - fraction.count) + fraction
    }
}

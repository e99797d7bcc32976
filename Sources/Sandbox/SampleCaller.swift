import Domain

/// Who calls what, and how it ends.
struct SampleCaller {
    private let plan: SamplePlan
    private let offers: [Offer]
    /// Indexes of `offers`, each as often as its share.
    private let shares: [Int]
    private let weather: [String: Weather]
    private var dice: Dice

    private static let providers = [
        "fal_ai": 26, "replicate": 18, "minimax": 9, "runway_ml": 6, "black_forest_labs": 11, "openai": 14,
        "claude": 8, "gemini": 6, "cohere": 2,
    ]
    private static let tenants = [
        "tenant:acme", "tenant:globex", "tenant:initech", "tenant:umbrella", "tenant:hooli", "tenant:stark",
        "user:alice", "user:bob",
    ]
    private static let failures = [
        "overloaded", "overloaded", "rate_limited", "rate_limited", "timed_out", "bad_request", "bad_request",
        "unreachable",
    ]
    private static let pictures = ["landscape", "portrait", "skyline", "still life", "harbour", "forest", "kitchen"]
    private static let manners = ["beautiful", "quiet", "stormy", "minimalist", "sunlit", "futuristic", "hand drawn"]
    private static let styles = [
        "watercolour", "film photograph", "pencil sketch", "oil painting", "isometric drawing",
    ]

    init?(_ plan: SamplePlan, offers: [Offer]) {
        guard !offers.isEmpty else { return nil }
        self.plan = plan
        self.offers = offers
        dice = Dice(seed: plan.seed)
        var ranks: [String: Int] = [:]
        // The first model of a provider is called most, the second half as often, and so on.
        shares = offers.indices.flatMap { index in
            let rank = ranks[offers[index].slug, default: 0] + 1
            ranks[offers[index].slug] = rank
            return [Int](repeating: index, count: max((Self.providers[offers[index].slug] ?? 2) * 12 / rank, 1))
        }
        weather = Dictionary(offers.map { ($0.slug, Weather(plan, of: $0.slug)) }) { first, _ in first }
    }

    mutating func unrest(below bound: Int) -> Int { dice.below(bound) }

    mutating func call(at moment: Timestamp, isNearEnd: Bool, _ number: Int) -> SampleCall {
        let offer = offers[shares[dice.below(shares.count)]]
        let person = dice.below(dice.below(240) + 1)
        var call = SampleCall(
            offer: offer, id: dice.identifier(atMillisecond: moment.microseconds / 1_000), createdAt: moment,
            user: "user_\(person + 1)",
            owner: dice.chance(ofThousand: 60) ? nil : Self.tenants[person % Self.tenants.count])
        call.price = offer.price(at: moment)
        use(&call)
        finish(&call, isNearEnd: isNearEnd)
        if offer.isMedia {
            if dice.chance(ofThousand: 250) { call.externalID = "job-\(plan.seed)-\(number)" }
            if dice.chance(ofThousand: 150) { call.prompt = prompt() }
        }
        return call
    }

    private mutating func prompt() -> String {
        "A \(dice.pick(Self.manners)) \(dice.pick(Self.pictures)), \(dice.pick(Self.styles))"
    }

    /// What the call uses, and what that costs when it is completed.
    private mutating func use(_ call: inout SampleCall) {
        guard call.offer.isMedia else {
            call.promptTokens = 40 + dice.below(dice.below(6_000) + 1)
            call.completionTokens = 10 + dice.below(dice.below(1_600) + 1)
            if let price = call.price, let input = price.input, let output = price.output {
                call.cost = Rate.cost(
                    prompt: call.promptTokens, at: input, completion: call.completionTokens, at: output)
            }
            return
        }
        guard let units = call.price?.units, !units.isEmpty else { return }
        let unit = units[dice.below(units.count)]
        call.quantity = unit.quantity
        call.resolution = unit.resolution
        call.cost = unit.rate.cost(ofUnits: unit.quantity)
    }

    private mutating func finish(_ call: inout SampleCall, isNearEnd: Bool) {
        let duration = duration(of: call.offer)
        let isOver = call.createdAt.microseconds + Int64(duration) * 1_000 <= plan.end.microseconds
        let isWaiting = call.offer.isMedia && isNearEnd && dice.chance(ofThousand: 400)
        let fate = dice.below(1_000)
        let isDown = weather[call.offer.slug]?.state(at: call.createdAt) == .down
        call.duration = duration
        if isWaiting || !isOver {
            call.status = dice.chance(ofThousand: 500) ? .pending : .processing
            call.duration = nil
        } else if isDown && fate < 700 {
            (call.status, call.errorKind) = (.failed, "overloaded")
        } else if fate < 24 {
            (call.status, call.errorKind) = (.failed, dice.pick(Self.failures))
        } else if fate < 30 {
            call.status = .cancelled
        }
        guard call.status != .completed else { return }
        // What was not done costs nothing and has no meter.
        (call.cost, call.promptTokens, call.completionTokens) = (nil, 0, 0)
    }

    /// In milliseconds: most are quick and a few take long.
    private mutating func duration(of offer: Offer) -> Int {
        switch offer.kind {
        case "video": 25_000 + dice.below(20_000) + dice.below(dice.below(60_000) + 1)
        case "image", "audio": 1_800 + dice.below(2_500) + dice.below(dice.below(12_000) + 1)
        default: 350 + dice.below(900) + dice.below(dice.below(7_000) + 1)
        }
    }
}

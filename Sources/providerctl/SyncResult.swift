import Domain
import JSON

/// One reading of one provider's list of models.
struct SyncResult: JSONWritable {
    let provider: String
    var listed = 0
    var differences: [ListingDifference] = []
    /// New versions of prices.
    var priced = 0
    /// Why the provider could not be read, or its list not be taken over.
    var problem: String?

    private func count(_ changes: ListingDifference.Change...) -> Int {
        differences.count { changes.contains($0.change) }
    }

    /// Tells people in a table what changes, and programs everything.
    static func tell(_ results: [SyncResult], _ isDry: Bool, _ output: Output) {
        let lines = results.flatMap { result in
            result.differences.filter { $0.change != .unclassified }.map { difference in
                [
                    result.provider, difference.model, difference.change.words, difference.before.words,
                    difference.after.words,
                ]
            }
        }
        if !lines.isEmpty { output.table(["PROVIDER", "MODEL", "CHANGE", "BEFORE", "PUBLISHED"], lines) }
        for result in results { output.text(result.summary(isDry)) }
        output.json {
            $0.object {
                $0.field("dryRun", isDry)
                $0.field("providers", array: results)
            }
        }
    }

    private func summary(_ isDry: Bool) -> String {
        if let problem { return "\(provider): \(problem)" }
        let would = isDry ? "would be " : ""
        var parts = [
            "\(listed) models listed", "\(count(.added)) \(would)added", "\(count(.priced)) \(would)priced anew",
        ]
        let others: [(Int, String)] = [
            (count(.vanished), "\(would)retired"), (count(.returned), "back"),
            (count(.keptByHand, .keptTiered), "prices kept"),
            (count(.unclassified), "passed over: the list does not say what they make"),
        ]
        parts += others.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return "\(provider): " + parts.joined(separator: ", ")
    }

    func write(to json: inout JSONWriter) {
        json.object {
            $0.field("provider", provider)
            $0.field("listed", listed)
            $0.field("newPrices", priced)
            $0.field("error", problem)
            $0.key("changes")
            $0.array(differences) { json, difference in
                json.object {
                    $0.field("model", difference.model)
                    $0.field("change", difference.change.rawValue)
                    $0.price("before", difference.before)
                    $0.price("published", difference.after)
                }
            }
        }
    }

    /// For the audit log.
    var entry: AuditEntry {
        entry {
            $0.field("listed", listed)
            $0.field("added", count(.added))
            $0.field("priced", priced)
            $0.field("retired", count(.vanished))
            $0.field("returned", count(.returned))
            $0.key("prices")
            $0.array(differences.filter { [.added, .priced].contains($0.change) }) { json, difference in
                json.object {
                    $0.field("model", difference.model)
                    $0.price("before", difference.before)
                    $0.price("after", difference.after)
                }
            }
        }
    }

    /// For the audit log, when the list could not be read.
    func entry(telling failure: UpstreamFailure) -> AuditEntry {
        entry { $0.field("error", failure.kind.rawValue) }
    }

    private func entry(_ details: (inout JSONWriter) -> Void) -> AuditEntry {
        Installation.entry(
            "catalogue.sync", subject: provider, provider: provider,
            details: JSONWriter.text(details))
    }
}

extension ListingDifference.Change {
    fileprivate var words: String {
        switch self {
        case .added: "new"
        case .priced: "price"
        case .keptByHand: "kept: set by hand"
        case .keptTiered: "kept: by quantity or resolution"
        case .unclassified: "passed over"
        case .vanished: "no longer listed"
        case .returned: "listed again"
        }
    }
}

extension ModelListing.Price? {
    /// Rates of tokens are those of the prompt and of the answer.
    fileprivate var words: String {
        switch self {
        case .units(let amount, let unit, let currency): "\(amount.text) \(currency)/\(unit.rawValue)"
        case .tokens(let rates, let currency): "\(rates.input.text) + \(rates.output.text) \(currency)/M tokens"
        case nil: "-"
        }
    }
}

extension JSONWriter {
    fileprivate mutating func price(_ name: StaticString, _ price: ModelListing.Price?) {
        key(name)
        switch price {
        case .units(let amount, let unit, let currency):
            object {
                $0.field("amount", number: amount.text)
                $0.field("currency", currency)
                $0.field("unit", unit.rawValue)
            }
        case .tokens(let rates, let currency): object { $0.rates(rates, currency) }
        case nil: null()
        }
    }

    private mutating func rates(_ rates: TokenRates, _ currency: String) {
        field("input", number: rates.input.text)
        field("output", number: rates.output.text)
        field("cachedInput", number: rates.cachedInput?.text)
        field("cacheWrite", number: rates.cacheWrite?.text)
        field("aboveTokens", rates.longContext?.aboveTokens)
        field("aboveInput", number: rates.longContext?.input.text)
        field("aboveOutput", number: rates.longContext?.output.text)
        field("currency", currency)
        field("unit", "1000000 tokens")
    }
}

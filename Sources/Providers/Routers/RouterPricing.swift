import Domain
import JSON

/// The prices of providers that pass questions on to others. They are published in dollars for one token.
enum RouterPricing {
    /// Something about a price that no catalogue's line can say: it varies, or has parts that are not counted here.
    struct Unspeakable: Error {}

    /// The price of 1,000,000 tokens. A negative one, by which routers say that it depends on where a question goes,
    /// is none.
    static func perMillion(_ value: JSONValue?) throws(Unspeakable) -> Amount {
        guard let number = value?.number ?? value?.string.flatMap(JSONNumber.init),
            let amount = WireNumber(number).decimal(shiftedBy: 6).flatMap({ Amount($0.text) })
        else { throw Unspeakable() }
        return amount
    }

    /// The same for a price that can be missing. Zero means that there is nothing of the kind, not that it is free.
    static func optional(_ value: JSONValue?) throws(Unspeakable) -> Amount? {
        guard let value, !value.isNull else { return nil }
        let amount = try perMillion(value)
        return amount.isZero ? nil : amount
    }

    /// Of the prices for prompts longer than a threshold, one can be told.
    static func longContext(
        _ bands: [JSONValue], _ threshold: String, _ rates: (JSONValue) throws(Unspeakable) -> (Amount, Amount)
    ) throws(Unspeakable) -> LongContextPrice? {
        guard let band = bands.first else { return nil }
        guard bands.count == 1, let tokens = band.contextTokens(threshold) else { throw Unspeakable() }
        let (input, output) = try rates(band)
        return LongContextPrice(aboveTokens: tokens, input: input, output: output)
    }

    /// The prices that a band names, and the ordinary ones for what it does not.
    static func rates(
        _ input: JSONValue?, _ output: JSONValue?, else ordinary: (input: Amount, output: Amount)
    ) throws(Unspeakable) -> (Amount, Amount) {
        (
            input == nil ? ordinary.input : try perMillion(input),
            output == nil ? ordinary.output : try perMillion(output)
        )
    }
}

extension Amount {
    /// Whether there is no digit in it but 0.
    var isZero: Bool { text.utf8.allSatisfy { $0 == 0x30 || $0 == UInt8(ascii: ".") } }
}

extension JSONValue {
    /// A number of tokens that a model can have.
    func contextTokens(_ name: String) -> Int? {
        self[name]?.number.flatMap { WireNumber($0).integer }.flatMap { 1...1_000_000_000 ~= $0 ? $0 : nil }
    }
}

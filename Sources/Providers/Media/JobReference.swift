import Domain
import JSON

/// What `GenerationJob.reference` says.
struct JobReference {
    let id: String
    let model: String
    /// URLs that the provider returned; followed only where `VendorCall.returned` allows it.
    var statusURL: String?
    var resultURL: String?
    var cancelURL: String?
    /// The result of a call that was answered at once.
    var output: JSONValue?
    /// What the provider said on submission that it charges.
    var cost: ReportedMoney?

    init(id: String, model: String) {
        self.id = id
        self.model = model
    }

    /// Reads back what `job` wrote.
    init(_ job: GenerationJob) throws(Failure) {
        let limits = JSONLimits(octets: VendorCall.maxAnswerOctets)
        guard let json = try? JSONParser.parse(job.reference, limits: limits), let id = json["id"]?.string,
            Self.isID(id), let model = json["model"]?.string
        else { throw .defect("a stored job reference is not in the format it was stored in") }
        self.init(id: id, model: model)
        statusURL = json["statusUrl"]?.string
        resultURL = json["resultUrl"]?.string
        cancelURL = json["cancelUrl"]?.string
        output = json["output"]
        if let amount = json["cost"]?.string.flatMap({ ExactDecimalSum($0) }),
            let currency = json["currency"]?.string
        {
            cost = ReportedMoney(amount: amount, currency: currency)
        }
    }

    var job: GenerationJob {
        let text = JSONWriter.object { json in
            json.field("id", id)
            json.field("model", model)
            json.fieldIfPresent("statusUrl", statusURL)
            json.fieldIfPresent("resultUrl", resultURL)
            json.fieldIfPresent("cancelUrl", cancelURL)
            json.fieldIfPresent("output", output)
            json.fieldIfPresent("cost", cost?.amount.text)
            json.fieldIfPresent("currency", cost?.currency)
        }
        return GenerationJob(reference: String(decoding: text, as: UTF8.self), providerRequestID: id)
    }

    /// An ID becomes part of a path, so it may hold nothing that has a meaning there.
    static func isID(_ text: String) -> Bool { 1...200 ~= text.utf8.count && PathWord.isPlain(text) }
}

/// Words of foreign origin that become segments of a path.
enum PathWord {
    /// Letters, digits, `-`, `_` and `.` only, and not a dot segment.
    static func isPlain(_ text: String) -> Bool {
        let isAllowed = { (octet: UInt8) in
            0x30...0x39 ~= octet || 0x41...0x5A ~= octet || 0x61...0x7A ~= octet || octet == UInt8(ascii: "-")
                || octet == UInt8(ascii: "_") || octet == UInt8(ascii: ".")
        }
        return !text.isEmpty && text.utf8.allSatisfy(isAllowed)
            && text.utf8.contains { $0 != UInt8(ascii: ".") }
    }

    /// Percent-encoded for a query, whatever it is.
    static func escaped(_ text: String) -> String {
        let hex = Array("0123456789ABCDEF".utf8)
        let octets = text.utf8.flatMap { octet in
            isPlain(String(decoding: [UInt8(ascii: "a"), octet], as: UTF8.self))
                ? [octet] : [UInt8(ascii: "%"), hex[Int(octet >> 4)], hex[Int(octet & 15)]]
        }
        return String(decoding: octets, as: UTF8.self)
    }

    /// The model's name in its parts, of which there must be a number in `counts`; `.invalid` for `model` otherwise.
    static func parts(of model: String, _ counts: ClosedRange<Int>) throws(Failure) -> [String] {
        let parts = model.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard counts.contains(parts.count), model.utf8.count <= ModelName.maxOctets, parts.allSatisfy(isPlain) else {
            throw .invalid("model", "is not a model's name at this provider")
        }
        return parts
    }
}

import Crypto
import Domain
import JSON
import Outbound

/// How one vendor spells requests for pictures and the answers to them.
protocol ImageWire: VendorWire, ImageAdapter {
    func imageCall(_ request: ImageRequest) throws(Failure) -> WireRequest

    func imageReply(_ answer: JSONValue, requested: String) throws(AnswerProblem) -> ImageReply
}

extension ImageWire {
    package func generate(
        _ request: ImageRequest, _ credential: Credentials, at endpoint: ProviderEndpoint, with client: HTTPClient
    ) throws(Failure) -> ImageReply {
        let call = VendorCall(
            self, try access(credential, endpoint), endpoint, client, maxAnswerOctets: maxImageAnswerOctets)
        return try call.succeed(try imageCall(request)) { answer throws(AnswerProblem) in
            try imageReply(answer, requested: request.model)
        }
    }
}

/// Two of the largest pictures in base64, with room for words.
private let maxImageAnswerOctets = 60 * 1_024 * 1_024

extension EncodedImage {
    /// The picture as it stands in JSON.
    var base64: String { Base64.encode(bytes) }

    /// `data:image/png;base64,…` (RFC 2397).
    var dataURL: String { "data:\(format.rawValue);base64,\(base64)" }

    /// Reads what a vendor writes in base64; nil for what is no picture.
    init?(base64 text: some StringProtocol) {
        // A longer one is not even decoded.
        guard text.utf8.count <= Self.maxOctets / 3 * 4 + 4, let bytes = Base64.decode(Array(text.utf8)),
            let image = EncodedImage(bytes)
        else { return nil }
        self = image
    }

    /// Reads a `data:` URL of any type in base64. An address is not followed: the picture has to be in the answer.
    init?(dataURL: String) {
        guard dataURL.hasPrefix("data:image/"), let comma = dataURL.utf8.prefix(100).firstIndex(of: UInt8(ascii: ",")),
            dataURL[..<comma].hasSuffix(";base64")
        else { return nil }
        self.init(base64: dataURL[dataURL.utf8.index(after: comma)...])
    }
}

import Domain

/// What is to be painted.
package struct ImageRequest: Sendable, Equatable {
    /// The provider's own name of the model.
    package let model: String
    package let prompt: String
    /// Such as `16:9`; nil leaves it to the model.
    package let aspectRatio: String?
    /// Such as `1K` or `2K`; nil leaves it to the model.
    package let size: String?
    /// Pictures that the prompt speaks of.
    package let inputs: [EncodedImage]

    /// The longest prompt, in octets.
    package static let maxPromptOctets = 32_000
    /// The most octets of all pictures in one request.
    package static let maxInputOctets = EncodedImage.maxOctets

    /// Throws `.invalid` for every member that no provider takes. Which ratios and sizes a model has, only its
    /// provider knows.
    package init(
        model: String, prompt: String, aspectRatio: String? = nil, size: String? = nil, inputs: [EncodedImage] = []
    ) throws(Failure) {
        var problems: [FieldProblem] = []
        do throws(Failure) { _ = try ModelName(model) } catch { problems += error.fieldProblems }
        if prompt.utf8.allSatisfy({ $0 <= 0x20 }) {
            problems.append(FieldProblem("prompt", "must not be empty"))
        } else if prompt.utf8.count > Self.maxPromptOctets {
            problems.append(FieldProblem("prompt", "must not be longer than \(Self.maxPromptOctets) octets"))
        }
        if let aspectRatio, !Self.isRatio(aspectRatio) {
            problems.append(FieldProblem("aspectRatio", "must be two numbers with a colon, such as 16:9"))
        }
        if let size, !(1...12 ~= size.utf8.count && size.utf8.allSatisfy(Self.isSizeOctet)) {
            problems.append(FieldProblem("size", "must be a word such as 1K, 2K or 1024x1024"))
        }
        if inputs.reduce(0, { $0 + $1.bytes.count }) > Self.maxInputOctets {
            problems.append(FieldProblem("inputs", "must not have more than 20 MB together"))
        }
        guard problems.isEmpty else { throw .invalid(problems) }
        self.model = model
        self.prompt = prompt
        self.aspectRatio = aspectRatio
        self.size = size
        self.inputs = inputs
    }

    private static func isRatio(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        return parts.count == 2
            && parts.allSatisfy { part in
                1...5 ~= part.count && part.first != UInt8(ascii: ".") && part.last != UInt8(ascii: ".")
                    && part.allSatisfy { 0x30...0x39 ~= $0 || $0 == UInt8(ascii: ".") }
            }
    }

    private static func isSizeOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."): true
        default: false
        }
    }
}

/// What came of it.
package struct ImageReply: Sendable, Equatable {
    /// Empty when the model only talked, or when what it painted was held back.
    package let images: [EncodedImage]
    /// Pictures that came in no form that is known here, or too large. They were paid like the others.
    package let unreadableImages: Int
    /// What the model said beside the pictures.
    package let text: String
    /// As the provider reports it, which is what it bills; the requested one where it reports none.
    package let model: String
    package let usage: TokenUsage
    /// Those of `usage.completionTokens` that the pictures are made of. Where a model's price is for a picture, they are
    /// in it.
    package let imageTokens: Int
    /// What the provider says that it charged; nil where it does not say.
    package let cost: ReportedMoney?
    /// The provider held the picture back by its content rules.
    package let isBlocked: Bool

    package init(
        images: [EncodedImage], unreadableImages: Int = 0, text: String, model: String, usage: TokenUsage,
        imageTokens: Int, cost: ReportedMoney? = nil, isBlocked: Bool = false
    ) {
        self.images = images
        self.unreadableImages = unreadableImages
        self.text = text
        self.model = model
        self.usage = usage
        self.imageTokens = imageTokens
        self.cost = cost
        self.isBlocked = isBlocked
    }
}

extension Failure {
    fileprivate var fieldProblems: [FieldProblem] { if case .invalid(let problems) = self { problems } else { [] } }
}

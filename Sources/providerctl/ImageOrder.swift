import Configuration
import Domain
import Foundation
import Providers

/// What the line of `image generate` asks for.
struct ImageOrder {
    let slug: ProviderSlug
    let environment: EnvironmentName
    let size: String?
    private let model: String?
    private let prompt: String?
    private let aspectRatio: String?
    private let inputs: [String]
    private let file: String
    private let isForced: Bool

    init(_ arguments: inout Arguments) throws(UsageError) {
        guard let word = try arguments.option("--provider") else { throw UsageError("--provider is missing") }
        slug = try Arguments.slug(word)
        environment = try arguments.environment()
        model = try arguments.option("--model")
        prompt = try arguments.option("--prompt")
        aspectRatio = try arguments.option("--aspect-ratio")
        size = try arguments.option("--size")
        var inputs: [String] = []
        while let input = try arguments.option("--input") { inputs.append(input) }
        self.inputs = inputs
        file = try arguments.option("--output") ?? Self.standardName
        isForced = arguments.flag("--force")
        let isPiped = arguments.flag("--stdin")
        try arguments.finish()
        guard (prompt != nil) != isPiped else { throw UsageError("give either --prompt or --stdin") }
        guard let last = file.utf8.last, last != UInt8(ascii: "/") else { throw UsageError("--output must be a file") }
    }

    private static var standardName: String {
        "image-\(Timestamp.now().iso(.seconds).filter { $0 != ":" && $0 != "-" }).png"
    }

    /// Refuses providers that do not paint, and one that is switched off.
    func adapter(for provider: ProviderRecord) throws(Refusal) -> any ImageAdapter {
        guard let adapter = Adapters.image(provider.slug) else {
            let known = Adapters.image.map(\.slug).joined(separator: ", ")
            throw Refusal("\(provider.displayName) makes no pictures here; these do: \(known)")
        }
        guard provider.enabled else { throw Refusal("\(provider.displayName) is switched off") }
        return adapter
    }

    /// A provider that also talks has a model for that as its default.
    func request(for provider: ProviderRecord, _ adapter: any ImageAdapter) throws -> ImageRequest {
        let standard = provider.kind == "image" ? provider.defaultModel : nil
        do throws(Failure) {
            return try ImageRequest(
                model: model ?? standard ?? adapter.defaultImageModel, prompt: prompt ?? StandardInput.text(),
                aspectRatio: aspectRatio, size: size, inputs: try inputs.map(Self.image))
        } catch {
            throw UsageError(error.told(error.field.map { Self.options[$0] ?? $0 }))
        }
    }

    private static let options = [
        "model": "--model", "prompt": "the prompt", "aspectRatio": "--aspect-ratio", "size": "--size",
        "inputs": "--input",
    ]

    private static func image(_ path: String) throws(Failure) -> EncodedImage {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .invalid("inputs", "\(path) cannot be read")
        }
        guard let image = EncodedImage(Array(data)) else {
            throw .invalid("inputs", "\(path) is not a PNG, JPEG or WebP of at most 20 MB")
        }
        return image
    }

    /// Before money is spent: whether the file may be written.
    func checkFile() throws(Refusal) {
        let manager = FileManager.default
        if !isForced, manager.fileExists(atPath: file) {
            throw Refusal("\(file) is there already; --force writes over it")
        }
        let folder = (file as NSString).deletingLastPathComponent
        guard manager.isWritableFile(atPath: folder.isEmpty ? "." : folder) else {
            throw Refusal("\(folder.isEmpty ? "this folder" : folder) cannot be written to")
        }
    }

    /// The files that were written. More pictures than one get numbers, and one that is no PNG another ending.
    func write(_ images: [EncodedImage]) throws -> [(path: String, image: EncodedImage)] {
        try images.enumerated().map { index, image in
            let path = path(of: index, image.format)
            try NewFile.write(image.bytes, to: path, replacing: isForced)
            return (path, image)
        }
    }

    private func path(of index: Int, _ format: ImageFormat) -> String {
        let ending = (file as NSString).pathExtension
        let fits =
            ending.isEmpty || ending.lowercased() == format.fileExtension
            || format == .jpeg && ending.lowercased() == "jpeg"
        let stem = ending.isEmpty ? file : (file as NSString).deletingPathExtension
        let number = index == 0 ? "" : "-\(index + 1)"
        return "\(stem)\(number).\(fits && !ending.isEmpty ? ending : format.fileExtension)"
    }
}

extension Failure {
    fileprivate var field: String? { if case .invalid(let problems) = self { problems.first?.field } else { nil } }
}

/// A file that is there as a whole or not at all.
enum NewFile {
    static func write(_ bytes: [UInt8], to path: String, replacing: Bool) throws(Refusal) {
        let temporary = "\(path).\(getpid()).part"
        guard FileManager.default.createFile(atPath: temporary, contents: Data(bytes)) else {
            throw Refusal("\(path) cannot be written")
        }
        // link() refuses a name that is taken, at the same moment.
        let result = replacing ? rename(temporary, path) : link(temporary, path)
        let reason = errno
        if !replacing || result != 0 { unlink(temporary) }
        guard result == 0 else {
            throw Refusal(reason == EEXIST ? "\(path) is there already" : "\(path) cannot be written")
        }
    }
}

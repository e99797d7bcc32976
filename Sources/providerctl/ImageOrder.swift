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

    /// The files that were written. More pictures than one get numbers, and one that is no PNG another ending. A name
    /// that somebody else has taken meanwhile gets a number, too: the picture has been paid.
    func write(_ images: [EncodedImage]) throws(Refusal) -> [(path: String, image: EncodedImage)] {
        var files: [(path: String, image: EncodedImage)] = []
        var number = 0
        for image in images {
            var path: String
            repeat {
                number += 1
                path = self.path(of: number, image.format)
                // Only the name that was asked for was to be written over.
            } while try !NewFile.write(image.bytes, to: path, replacing: isForced && path == file) && number < 10_000
            files.append((path, image))
        }
        return files
    }

    private func path(of number: Int, _ format: ImageFormat) -> String {
        let ending = (file as NSString).pathExtension
        let fits =
            ending.isEmpty || ending.lowercased() == format.fileExtension
            || format == .jpeg && ending.lowercased() == "jpeg"
        let stem = ending.isEmpty ? file : (file as NSString).deletingPathExtension
        return "\(stem)\(number == 1 ? "" : "-\(number)").\(fits && !ending.isEmpty ? ending : format.fileExtension)"
    }
}

extension Failure {
    fileprivate var field: String? { if case .invalid(let problems) = self { problems.first?.field } else { nil } }
}

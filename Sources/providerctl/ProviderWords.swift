import Configuration
import Domain
import HTTP
import Providers
import Store

/// What commands about providers take from their line, and refuse alike.
extension Arguments {
    /// `--environment NAME`, or the default one.
    mutating func environment() throws(UsageError) -> EnvironmentName {
        guard let text = try option("--environment") else { return .standard }
        do throws(Failure) { return try EnvironmentName(text) } catch { throw UsageError(error.told("--environment")) }
    }

    /// The next word as a provider's slug; nil when there is no word.
    mutating func slug() throws(UsageError) -> ProviderSlug? {
        guard let word = word() else { return nil }
        return try Self.slug(word)
    }

    static func slug(_ word: String) throws(UsageError) -> ProviderSlug {
        do throws(Failure) { return try ProviderSlug(word) } catch { throw UsageError(error.told("PROVIDER")) }
    }
}

extension Failure {
    /// The first problem as a sentence about `name`; the message of another failure.
    func told(_ name: String? = nil) -> String {
        guard case .invalid(let problems) = self, let first = problems.first else { return message }
        return "\(name ?? first.field) \(first.reason)"
    }
}

extension Store {
    /// A provider that a command names; an unknown one is a mistake on the line, said with the list.
    func provider(named slug: ProviderSlug) throws -> ProviderRecord {
        do throws(Failure) {
            return try provider(slug)
        } catch {
            guard case .notFound = error else { throw error }
            let known = try providers().map(\.slug).joined(separator: ", ")
            throw UsageError("there is no provider \(slug.text); there are \(known)")
        }
    }
}

import Domain
import HTTP

extension Request {
    /// The provider in the path. A malformed slug names nothing: 404, as for one that does not exist.
    func provider() throws(Failure) -> ProviderSlug {
        do throws(Failure) {
            return try ProviderSlug(parameters["provider"] ?? "")
        } catch {
            throw .notFound("Provider")
        }
    }
}

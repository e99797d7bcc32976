import Domain
import HTTP

extension Request {
    /// The provider in the path. One that is malformed names nothing: 404, as for one that does not exist.
    func provider() throws(Failure) -> ProviderSlug {
        guard let text = parameters["provider"] else { throw .notFound("Provider") }
        do throws(Failure) { return try ProviderSlug(text) } catch { throw .notFound("Provider") }
    }
}

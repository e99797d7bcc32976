import Domain
import HTTP
import JSON

/// One published contract: its routes and the form of its errors.
package struct Surface: Sendable {
    package let name: String
    /// The paths whose errors have this form, even where no route matches.
    package let prefixes: [String]
    package let routes: [Route<Services>]
    /// `detail` is there in development mode only.
    package let render: @Sendable (_ failure: Failure, _ detail: String?) -> Response
    /// The same where the form depends on what the request is about.
    var renderAbout: (@Sendable (_ failure: Failure, _ detail: String?, _ subject: RequestSubject) -> Response)?

    /// Every surface, the most particular prefix first; the last one takes all other paths.
    package static let all: [Surface] = [.connections, .administration, .machines, .integration, .probes]

    /// The surface of a raw path.
    package static func of(_ path: String) -> Surface {
        for surface in all where surface.prefixes.contains(where: { path == $0 || path.hasPrefix($0 + "/") }) {
            return surface
        }
        return probes
    }
}

/// Contract 1's error form, which is also that of paths that belong to no contract.
@Sendable
func renderSuccessFalse(_ failure: Failure, _ detail: String?) -> Response {
    let status =
        switch failure {
        // Contract 1 answers whatever goes wrong between us and the provider with 400, its rate limit excepted.
        case .upstream(let upstream) where upstream.kind != .rateLimited: 400
        case .inactive: 400
        default: failure.status
        }
    let body = JSONWriter.object {
        $0.field("success", false)
        $0.field("message", failure.message)
        $0.fieldIfPresent("error", detail)
    }
    var response = Response.json(body, status: status)
    response.headers += failure.headers
    return response
}

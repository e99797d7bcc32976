import Domain
import FastCGI
import Simulator
import Synchronization

/// Hands requests from the web server to the simulator and its answers back.
final class SimulatorApplication: FastCGIApplication {
    /// Larger than any body that the product sends.
    private static let bodyLimit = 16_777_216

    private let simulator = ProviderSimulator()
    private let isStopping = Atomic<Bool>(false)

    /// Ends the waits of slow and endless answers.
    func stop() { isStopping.store(true, ordering: .relaxed) }

    func lane(of request: FastCGIRequest) -> Lane {
        (request.parameter("REQUEST_URI") ?? "").hasPrefix("/_sim") ? .direct : .upstream
    }

    func handle(_ request: FastCGIRequest) {
        deliver(answer(to: request), to: request)
    }

    func refuse(_ request: FastCGIRequest) {
        deliver(.whole(503, "application/json", #"{"error":"every thread of the simulator is busy"}"#), to: request)
    }

    private func answer(to request: FastCGIRequest) -> SimAnswer {
        let body: [UInt8]
        do throws(FastCGIError) {
            body = try request.readBody(limit: Self.bodyLimit)
        } catch .bodyTooLarge {
            return .whole(413, "application/json", #"{"error":"the body is too large for the simulator"}"#)
        } catch {
            return .whole(400, "application/json", #"{"error":"the body is incomplete"}"#)
        }
        let method = request.parameter("REQUEST_METHOD") ?? "GET"
        let target = request.parameter("REQUEST_URI") ?? "/"
        return simulator.answer(
            SimRequest(method: method, target: target, headers: Self.headers(of: request), body: body), now: .now())
    }

    /// CGI writes `X-Api-Key` as `HTTP_X_API_KEY`, and the type and length of the body without the prefix.
    private static func headers(of request: FastCGIRequest) -> [SimHeader] {
        var headers: [SimHeader] = []
        request.forEachParameter { name, value in
            let isHeader = name.hasPrefix("HTTP_")
            guard isHeader || name == "CONTENT_TYPE" || name == "CONTENT_LENGTH", !value.isEmpty else { return }
            let bare = isHeader ? String(name.dropFirst(5)) : name
            headers.append(SimHeader(bare.replacing("_", with: "-"), value))
        }
        return headers
    }

    private func deliver(_ answer: SimAnswer, to request: FastCGIRequest) {
        do throws(FastCGIError) {
            try Delivery(request: request, isStopping: { self.isStopping.load(ordering: .relaxed) }).send(answer)
        } catch {
            // Most faults make a client leave, so this is no alarm; the line tells it from an answer that was sent.
            report("providersim: \(request.parameter("REQUEST_URI") ?? "?"): \(error)")
        }
    }
}

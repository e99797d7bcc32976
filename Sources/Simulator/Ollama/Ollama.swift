import JSON

/// The native API of Ollama, `http://localhost:11434/api`. It needs no key; one that is sent is looked at as
/// Ollama's cloud would.
struct Ollama: Vendor {
    let slug = "ollama"
    let displayName = "Ollama"
    let models = OllamaModels.all

    var routes: [Route] {
        [
            .get("/", .status, .open, greet),
            .get("/api/version", .status, .open, showVersion),
            .get("/api/tags", .models, .open, listModels),
            .get("/api/ps", .models, .open, listLoadedModels),
            .post("/api/show", .models, .open, showModel),
            .post("/api/chat", .chat, .open, chat),
            .post("/api/embed", .embeddings, .open, embed),
            .post("/api/embeddings", .embeddings, .open, embedOne),
        ]
    }

    func key(of request: SimRequest) -> String? { request.bearerToken }

    @Sendable func greet(_ call: Call) throws(Problem) -> SimAnswer {
        .whole(200, "text/plain; charset=utf-8", "Ollama is running")
    }

    @Sendable func showVersion(_ call: Call) throws(Problem) -> SimAnswer {
        .json { $0.field("version", "0.18.2") }
    }

    /// A body, which Ollama misses in words of its own.
    func body(_ call: Call) throws(Problem) -> JSONValue {
        guard !call.request.body.isEmpty else { throw Self.invalid("missing request body") }
        return try call.json()
    }

    static func invalid(_ message: String) -> Problem {
        .invalid(Refusal(message: message, parameter: nil, code: nil))
    }

    /// The model that the body names; a name without a tag means `latest`.
    func model(in body: JSONValue, _ kind: SimModel.Kind) throws(Problem) -> SimModel {
        guard let name = body["model"]?.string, !name.isEmpty else { throw Self.invalid("model is required") }
        do throws(Problem) {
            return try model(name.contains(":") ? name : "\(name):latest", kind)
        } catch .unknownModel {
            throw .unknownModel(name)
        } catch .wrongKindOfModel {
            throw .wrongKindOfModel(name)
        }
    }

    /// The name as the caller wrote it, or another one on demand.
    func echoedName(in body: JSONValue, of model: SimModel, _ call: Call) -> String {
        call.fault == .wrongModel ? reportedName(of: model, call) : body["model"]?.string ?? model.name
    }

    /// `{"error": text}`. How the cloud reports money and limits is not documented beyond the status.
    func answer(to problem: Problem, request: SimRequest, id: String) -> SimAnswer {
        let (status, message) = shape(of: problem)
        if problem == .unknownPath || status == 405 { return .whole(status, "text/plain", message) }
        return .json(status) { json in
            json.field("error", message)
            if status == 401 { json.field("signin_url", "https://ollama.com/connect") }
        }
    }

    private func shape(of problem: Problem) -> (status: Int, message: String) {
        switch problem {
        case .missingKey, .badKey: (401, "unauthorized")
        case .forbidden: (403, "forbidden")
        case .noMoney: (402, "payment required")
        case .rateLimited: (429, "too many requests")
        case .overloaded: (503, "server busy, please try again.  maximum pending requests exceeded")
        case .serverError: (500, "llama runner process has terminated: exit status 2")
        case .unknownPath: (404, "404 page not found")
        case .wrongMethod: (405, "405 method not allowed")
        case .badJSON(let reason): (400, reason)
        case .invalid(let refusal): (400, refusal.message)
        case .unknownModel(let name), .retiredModel(let name): (404, "model '\(name)' not found")
        case .wrongKindOfModel(let name): (400, "\"\(name)\" does not support this operation")
        }
    }
}

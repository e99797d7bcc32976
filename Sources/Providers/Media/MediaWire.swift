import Domain
import JSON
import Outbound

/// How one vendor of generated media spells its calls. Each gets a `VendorCall`, whose requests share one deadline.
protocol MediaWire: VendorWire, MediaAdapter {
    /// The header that carries the key.
    func headers(_ key: Secret) -> [(String, String)]
    func balance(_ call: VendorCall) throws(Failure) -> ReportedBalance?
    /// Only asked for with a key: see `listNeedsKey`.
    func models(_ call: VendorCall) throws(Failure) -> ModelList
    func submit(_ generation: GenerationRequest, _ call: VendorCall) throws(Failure) -> JobReference
    func poll(_ job: JobReference, _ call: VendorCall) throws(Failure) -> GenerationStatus
    func cancel(_ job: JobReference, _ call: VendorCall) throws(Failure) -> CancelOutcome
    /// What can be known of a job by its ID, which is plain; `.invalid` for `model` when there can be no such job.
    func reference(model: String, id: String) throws(Failure) -> JobReference
}

extension MediaWire {
    var listNeedsKey: Bool { true }

    func models(_ call: VendorCall) throws(Failure) -> ModelList { ModelList([], isComplete: false) }

    func balance(_ call: VendorCall) throws(Failure) -> ReportedBalance? { nil }

    func cancel(_ job: JobReference, _ call: VendorCall) throws(Failure) -> CancelOutcome { .notSupported }

    func reference(model: String, id: String) throws(Failure) -> JobReference { JobReference(id: id, model: model) }

    func access(_ credential: Credentials, _ endpoint: ProviderEndpoint) throws(Failure) -> VendorAccess {
        try access(withKey: credential, endpoint) { headers($0) }
    }

    func balance(
        _ credential: Credentials, at endpoint: ProviderEndpoint, with client: HTTPClient
    ) throws(Failure) -> ReportedBalance? {
        try balance(call(credential, endpoint, client))
    }

    func models(
        _ credential: Credentials?, at endpoint: ProviderEndpoint, with client: HTTPClient
    ) throws(Failure) -> ModelList {
        guard let credential else { throw .defect("\(displayName) does not list its models without a key") }
        return try models(call(credential, endpoint, client))
    }

    func submit(
        _ generation: GenerationRequest, _ credential: Credentials, at endpoint: ProviderEndpoint,
        with client: HTTPClient
    ) throws(Failure) -> GenerationJob {
        try submit(generation, call(credential, endpoint, client)).job
    }

    func poll(
        _ job: GenerationJob, _ credential: Credentials, at endpoint: ProviderEndpoint, with client: HTTPClient
    ) throws(Failure) -> GenerationStatus {
        let reference = try JobReference(job)
        if let output = reference.output { return .succeeded(output: output, cost: reference.cost) }
        return try poll(reference, call(credential, endpoint, client))
    }

    func cancel(
        _ job: GenerationJob, _ credential: Credentials, at endpoint: ProviderEndpoint, with client: HTTPClient
    ) throws(Failure) -> CancelOutcome {
        let reference = try JobReference(job)
        guard reference.output == nil else { return .alreadyFinished }
        return try cancel(reference, call(credential, endpoint, client))
    }

    func job(model: String, providerRequestID: String) throws(Failure) -> GenerationJob {
        guard JobReference.isID(providerRequestID) else {
            throw .invalid("providerRequestId", "is not an ID of a job at this provider")
        }
        return try reference(model: model, id: providerRequestID).job
    }

    private func call(
        _ credential: Credentials, _ endpoint: ProviderEndpoint, _ client: HTTPClient
    ) throws(Failure) -> VendorCall {
        VendorCall(self, try access(credential, endpoint), endpoint, client)
    }
}

extension VendorCall {
    /// A request to a URL that the provider returned, with the key in its headers. Nil when there is no URL or it leads
    /// neither to the endpoint's own origin nor, with TLS, to one of the vendor's own hosts: the key would go astray.
    func returned(
        _ method: String, _ url: String?, query: String? = nil, isVendorHost: (String) -> Bool
    ) -> WireRequest? {
        guard let url = url.flatMap({ try? HTTPURL($0) }), let origin = try? HTTPURL(url.origin),
            url.origin == base.origin || url.scheme == .https && url.port == 443 && isVendorHost(url.host)
        else { return nil }
        let target = url.appending(path: "", query: query).requestTarget
        return WireRequest(method: method, target: target, body: [], base: origin)
    }
}

extension WireRequest {
    /// A JSON object as it is.
    static func post(_ target: String, _ body: JSONObject) -> WireRequest {
        WireRequest(method: "POST", target: target, body: JSONWriter.text(of: body))
    }
}

extension JSONObject {
    /// The members in front of those of this object that have other names.
    func following(_ members: [(String, JSONValue)]) -> JSONObject {
        let names = Set(members.map(\.0))
        return JSONObject(
            members.map { Member(name: $0.0, value: $0.1) } + self.members.filter { !names.contains($0.name) })
    }
}

/// Reads what answers about jobs have.
extension JSONValue {
    /// The ID of a job, which some vendors write as a number.
    func jobID(_ name: String) throws(AnswerProblem) -> String {
        try require(name) { value in
            let text = value.string ?? value.number?.text
            return text.flatMap { JobReference.isID($0) ? $0 : nil }
        }
    }

    /// A decimal number times ten to the power of `places`.
    func decimal(shiftedBy places: Int = 0) -> ExactDecimalSum? {
        number.flatMap { WireNumber($0).decimal(shiftedBy: places) }
    }

    /// Credits of a hundredth of a dollar each.
    var dollars: ReportedMoney? {
        decimal(shiftedBy: -2).map { ReportedMoney(amount: $0, currency: "USD") }
    }

    /// A progress from 0 to 1 in whole percent; nil for anything else.
    var percent: Int? {
        guard let number, WireNumber(grammatical: "0") <= WireNumber(number),
            WireNumber(number) <= WireNumber(grammatical: "1")
        else { return nil }
        return decimal(shiftedBy: 2).flatMap { Int($0.text.prefix { $0 != "." }) }
    }
}

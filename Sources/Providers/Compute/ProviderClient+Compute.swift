import Domain
import Outbound

extension ProviderClient {
    /// See `ComputeAdapter.test`. `.invalid` for a provider without virtual machines.
    package func test(
        _ configuration: ComputeConfiguration, on provider: ProviderRecord
    ) throws(Failure) -> ComputeDetails {
        let (adapter, session) = try session(configuration, provider)
        return try adapter.test(session)
    }

    /// See `ComputeAdapter.validate`.
    func validate(
        _ configuration: ComputeConfiguration, slug: String, endpoint: String, timeoutMilliseconds: Int
    ) throws(Failure) {
        guard let adapter = Adapters.compute(slug) else { throw .defect("no adapter for \(slug)") }
        let place = try Self.endpoint(endpoint, nil, timeoutMilliseconds)
        try adapter.validate(ComputeSession(adapter, configuration, at: place, with: client))
    }

    /// All machines that the filter includes, ordered by name and ID. A list that breaks off is a failure that says
    /// how far it came.
    package func machines(
        _ configuration: ComputeConfiguration, on provider: ProviderRecord, _ filter: MachineFilter
    ) throws(Failure) -> [Machine] {
        let (adapter, session) = try session(configuration, provider)
        let list = MachineList(session.name)
        do throws(Failure) {
            try adapter.collect(list, session)
        } catch .upstream(let failure) {
            throw .upstream(failure.after(list.count))
        }
        return list.machines.filter(filter.includes)
            .sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    /// Refuses addresses that the configuration names and that this installation never calls. A name that resolves to
    /// such an address is found out when it is called.
    package func check(
        _ configuration: ComputeConfiguration, for adapter: any ComputeAdapter, in prefix: String = "config"
    ) throws(Failure) {
        for (field, text) in adapter.addresses(configuration) {
            var refusal: AddressRefusal?
            do throws(URLProblem) {
                refusal = client.refusal(of: try HTTPURL(text))
            } catch {
                throw .invalid("\(prefix).\(field)", "is not acceptable: \(error.reason)")
            }
            if let refusal { throw .invalid("\(prefix).\(field)", "is refused: \(refusal.reason)") }
        }
    }

    /// The same for whatever a provider takes. Throws `.invalid` for a field of `credentials`.
    package func check(_ credentials: Credentials, for slug: String) throws(Failure) {
        switch credentials {
        case .apiKey: return
        case .baseURL(let url):
            guard let refusal = client.refusal(of: url) else { return }
            throw .invalid("credentials.baseUrl", "is refused: \(refusal.reason)")
        case .config(let configuration):
            guard let adapter = Adapters.compute(slug) else { throw .defect("no adapter for \(slug)") }
            try check(configuration, for: adapter, in: "credentials")
        }
    }

    private func session(
        _ configuration: ComputeConfiguration, _ provider: ProviderRecord
    ) throws(Failure) -> (any ComputeAdapter, ComputeSession) {
        guard let adapter = Adapters.compute(provider.slug) else { throw .defect("no adapter for \(provider.slug)") }
        let endpoint = try Self.endpoint(provider.endpointURL, nil, provider.timeoutMilliseconds)
        return (adapter, ComputeSession(adapter, configuration, at: endpoint, with: client))
    }
}

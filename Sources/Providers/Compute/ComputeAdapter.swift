import Domain
import Outbound

/// One provider of virtual machines. Values without state: any number of threads may use one.
package protocol ComputeAdapter: Sendable {
    /// The lower-case name in requests and tables, such as `vsphere`.
    var slug: String { get }
    /// The name for people, such as `VMware vSphere`.
    var displayName: String { get }
    /// What stands in the table when calls go to the vendor or to the host of the configuration. Any other endpoint
    /// takes all calls of the provider.
    var vendorEndpoint: String { get }
    /// What a configuration has, in the order in which it is shown.
    var fields: [ConfigField] { get }

    /// Why the provider cannot be used at all, as a sentence part after `provider`; nil for those that can.
    var unsupported: String? { get }

    /// What is wrong with fields that are each fine by themselves; the names are those of `fields`.
    func problems(_ configuration: ComputeConfiguration) -> [FieldProblem]

    /// The addresses that the configuration itself names, with the field that names each.
    func addresses(_ configuration: ComputeConfiguration) -> [(field: String, url: String)]

    /// Asks the provider whether it accepts the configuration, without reading any machine: for checks that are made
    /// again
    /// and again. What the provider does wrong is `.upstream`.
    func validate(_ session: ComputeSession) throws(Failure)

    /// Logs in and counts. Costs nothing. Blocks until the answer or the session's deadline.
    func test(_ session: ComputeSession) throws(Failure) -> ComputeDetails

    /// Adds every machine to the list, and counts there what it has read. What the provider does wrong is `.upstream`.
    func collect(_ list: MachineList, _ session: ComputeSession) throws(Failure)
}

extension ComputeAdapter {
    package var unsupported: String? { nil }

    package func problems(_ configuration: ComputeConfiguration) -> [FieldProblem] { [] }

    package func addresses(_ configuration: ComputeConfiguration) -> [(field: String, url: String)] { [] }
}

extension ComputeDetails {
    /// What a list counts, where a test has to read it anyway.
    init(version: String, _ list: MachineList) {
        self.init(
            version: version, datacenters: Set(list.machines.compactMap(\.datacenter)).count,
            machines: list.machines.count)
    }
}

/// Machines as they are read. Used by one thread.
package final class MachineList {
    /// More than any one provider's installation has that a person looks at in one list.
    package static let most = 50_000

    private let provider: String
    package private(set) var machines: [Machine] = []
    /// How many were read, also where something is still missing to make machines of them.
    package private(set) var count = 0

    init(_ provider: String) { self.provider = provider }

    /// Counts machines that the provider has handed over.
    func read(_ number: Int) throws(Failure) {
        count += number
        guard count <= Self.most else {
            throw .upstream(
                UpstreamFailure(
                    .malformed, "\(provider) has more than \(Self.most) virtual machines, too many for a list"))
        }
    }

    /// Adds a machine that is counted already.
    func add(_ machine: Machine) { machines.append(machine) }
}

extension Adapters {
    /// In the order in which problems name them.
    package static let compute: [any ComputeAdapter] = [
        VSphereAdapter(), AWSAdapter(), AzureAdapter(), GCPAdapter(), HyperVAdapter(), OCIAdapter(),
        OpenStackAdapter(), AlibabaAdapter(), ProxmoxAdapter(),
    ]

    /// The adapter with this slug, nil when there is none.
    package static func compute(_ slug: String) -> (any ComputeAdapter)? { compute.first { $0.slug == slug } }

    /// Whether this version can call the provider at all.
    package static func canCall(_ slug: String) -> Bool {
        if let adapter = compute(slug) { return adapter.unsupported == nil }
        return provider(slug) != nil
    }
}

import Domain
import HTTP
import JSON
import Providers

/// `POST /api/providers/add`
struct AddComputeProviderBody {
    let adapter: any ComputeAdapter
    let configuration: ComputeConfiguration

    init(_ request: Request) throws(Failure) {
        var fields = try request.fields()
        let adapter = try fields.computeAdapter(of: request)
        let config = try fields.required("config", fields.object("config"))
        try fields.finish()
        self.adapter = adapter
        configuration = try ComputeConfiguration.parse(config, for: adapter)
    }
}

/// `POST /api/providers/test`
struct TestComputeProviderBody {
    let adapter: any ComputeAdapter

    init(_ request: Request) throws(Failure) {
        var fields = try request.fields()
        adapter = try fields.computeAdapter(of: request)
        try fields.finish()
    }
}

/// `POST /api/vms/list`
struct ListMachinesBody {
    let adapter: any ComputeAdapter
    let filter: MachineFilter

    init(_ request: Request) throws(Failure) {
        var fields = try request.fields()
        let adapter = try fields.computeAdapter(of: request)
        let object = try fields.object("filter")
        try fields.finish()
        self.adapter = adapter
        guard let object else {
            filter = MachineFilter()
            return
        }
        var words = Fields(object, in: "filter")
        filter = MachineFilter(
            datacenter: try words.string("datacenter", length: 1...255),
            status: try words.string("status", length: 1...255), name: try words.string("name", length: 1...255),
            cluster: try words.string("cluster", length: 1...255), tag: try words.string("tag", length: 1...1_024))
        try words.finish()
    }
}

extension Fields {
    /// The provider of the body; from then on errors name it.
    fileprivate mutating func computeAdapter(of request: Request) throws(Failure) -> any ComputeAdapter {
        let slug = try required("provider", string("provider", length: 1...100))
        guard let adapter = Adapters.compute(slug) else {
            let known = Adapters.compute.filter { $0.unsupported == nil }.map(\.slug)
            throw .invalid("provider", "must be one of " + known.joined(separator: ", "))
        }
        request.subject.provider = slug
        if let reason = adapter.unsupported { throw .invalid("provider", reason) }
        return adapter
    }
}

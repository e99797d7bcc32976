import Domain
import HTTP
import JSON

extension Surface {
    /// Contract 5: inventories of virtual machines.
    static let machines = Surface(
        name: "virtual machines",
        prefixes: ["/api/providers/list", "/api/providers/add", "/api/providers/test", "/api/vms"],
        routes: [
            .get("/api/providers/list", .admin(.aiRead), listComputeProviders),
            .post("/api/providers/add", .admin(.aiManage), addComputeProvider),
            .post("/api/providers/test", .admin(.aiManage), testComputeProvider, lane: .upstream),
            .post("/api/vms/list", .admin(.aiRead), listMachines, lane: .upstream),
        ],
        render: { renderMachines($0, $1, nil) },
        renderAbout: { renderMachines($0, $1, $2.provider) })
}

/// Contract 5's error form: `{"success": false, "provider", "error"}`, where the provider is null while it is not
/// known.
/// What happened inside is there in development mode only, as `detail`.
@Sendable
func renderMachines(_ failure: Failure, _ detail: String?, _ provider: String?) -> Response {
    let body = JSONWriter.object {
        $0.field("success", false)
        $0.field("provider", provider)
        $0.field("error", failure.message)
        $0.fieldIfPresent("detail", detail)
    }
    // A provider that limits us is a provider that failed: nobody has asked us too often.
    let status = if case .upstream = failure { 502 } else { failure.status }
    var response = Response.json(body, status: status)
    response.headers += failure.headers
    return response
}

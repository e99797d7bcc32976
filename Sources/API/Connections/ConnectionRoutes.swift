import Domain
import HTTP

extension Surface {
    /// Contract 1: the AI providers of an owner.
    static let connections = Surface(
        name: "AI providers", prefixes: ["/api/v1/ai"],
        routes: [
            .post("/api/v1/ai/providers", .owner(.aiManage), createConnection, lane: .upstream),
            .get("/api/v1/ai/providers", .owner(.aiRead), listConnections),
            .get("/api/v1/ai/providers/:id", .owner(.aiRead), showConnection),
            .put("/api/v1/ai/providers/:id", .owner(.aiManage), updateConnection, lane: .upstream),
            .delete("/api/v1/ai/providers/:id", .owner(.aiManage), deleteConnection),
            .post("/api/v1/ai/providers/:id/test", .owner(.aiManage), testConnection, lane: .upstream),
        ],
        render: renderSuccessFalse)
}

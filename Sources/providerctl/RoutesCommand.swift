import API
import Configuration
import Domain
import HTTP
import JSON

extension Command {
    static let routes = Command("routes", "prints the route table: who may call what, and in which lane") {
        arguments, invocation in
        try arguments.finish()
        let output = invocation.output
        let rows = Surface.all.flatMap { surface in surface.routes.map { (surface: surface, route: $0) } }
        output.table(
            ["METHOD", "PATH", "WHO", "LANE", "SURFACE"],
            rows.map {
                [
                    $0.route.method.rawValue, $0.route.pattern.text, $0.route.access.description,
                    $0.route.lane.rawValue, $0.surface.name,
                ]
            })
        output.json {
            $0.array(rows) { json, row in
                json.object {
                    $0.field("method", row.route.method.rawValue)
                    $0.field("path", row.route.pattern.text)
                    $0.field("access", row.route.access.description)
                    $0.field("lane", row.route.lane.rawValue)
                    $0.field("surface", row.surface.name)
                    $0.field("query", array: row.route.query.sorted())
                }
            }
        }
        return .success
    }
}

extension Access {
    fileprivate var description: String {
        switch self {
        case .open: "anybody"
        case .owner(let permission): permission.rawValue
        case .admin(let permission): permission.rawValue + " + admin"
        }
    }
}

import JSON

/// Keystone v3 at `/v3` and Nova at `/compute/v2.1`. A token is the user's name, so that it says how many servers there
/// are; nothing is kept.
struct OpenStack: Vendor {
    let slug = "openstack"
    let displayName = "OpenStack"
    let models: [SimModel] = []

    var routes: [Route] {
        [
            .get("/v3", .status, .open, describeKeystone),
            .post("/v3/auth/tokens", .keyCheck, .key, makeToken),
            .get("/compute/v2.1", .status, .open, describeNova),
            .get("/compute/v2.1/servers/detail", .machines, .key, listServers),
        ]
    }

    /// The password or secret of a log-in, the token of any other request.
    func key(of request: SimRequest) -> String? {
        if let token = request.header("x-auth-token") { return token }
        let identity = (try? JSONParser.parse(request.body))?["auth"]?["identity"]
        return identity?["password"]?["user"]?["password"]?.string
            ?? identity?["application_credential"]?["secret"]?.string
    }

    @Sendable func describeKeystone(_ call: Call) throws(Problem) -> SimAnswer {
        .json { json in
            json.field(
                "version",
                object: { json in
                    json.field("id", "v3.14")
                    json.field("status", "stable")
                    json.key("links")
                    json.array([Self.base(call) + "/v3/"]) { json, link in
                        json.object {
                            $0.field("rel", "self")
                            $0.field("href", link)
                        }
                    }
                })
        }
    }

    @Sendable func describeNova(_ call: Call) throws(Problem) -> SimAnswer {
        .json { json in
            json.field(
                "version",
                object: { json in
                    json.field("id", "v2.1")
                    json.field("status", "CURRENT")
                    json.field("version", "2.95")
                    json.field("min_version", "2.1")
                    json.key("links")
                    json.array([Self.base(call) + "/compute/v2.1/"]) { json, link in
                        json.object {
                            $0.field("rel", "self")
                            $0.field("href", link)
                        }
                    }
                })
        }
    }

    @Sendable func makeToken(_ call: Call) throws(Problem) -> SimAnswer {
        let identity = try call.json()["auth"]?["identity"]
        let user =
            identity?["password"]?["user"]?["name"]?.string ?? identity?["application_credential"]?["id"]?.string ?? ""
        let token = "gAAAAA." + SimInventory(user).text + SHA256.hex(user).prefix(8)
        let base = Self.base(call)
        return .json(201, headers: [SimHeader("X-Subject-Token", token)]) { json in
            json.field(
                "token",
                object: { json in
                    json.field("methods", array: ["password"])
                    json.field("issued_at", "2026-01-01T00:00:00.000000Z")
                    json.field("expires_at", "2099-01-01T00:00:00.000000Z")
                    json.field(
                        "user",
                        object: {
                            $0.field("id", "9f2b")
                            $0.field("name", user)
                            $0.field(
                                "domain",
                                object: {
                                    $0.field("id", "default")
                                    $0.field("name", "Default")
                                })
                        })
                    json.field(
                        "project",
                        object: {
                            $0.field("id", "p1")
                            $0.field("name", "demo")
                            $0.field(
                                "domain",
                                object: {
                                    $0.field("id", "default")
                                    $0.field("name", "Default")
                                })
                        })
                    json.key("catalog")
                    json.array([("identity", "keystone", "/v3"), ("compute", "nova", "/compute/v2.1")]) {
                        json, service in
                        json.object {
                            $0.field("type", service.0)
                            $0.field("name", service.1)
                            $0.field("id", service.1)
                            $0.key("endpoints")
                            $0.array([base + service.2]) { json, url in
                                json.object {
                                    $0.field("id", "e1")
                                    $0.field("interface", "public")
                                    $0.field("region", "RegionOne")
                                    $0.field("region_id", "RegionOne")
                                    $0.field("url", url)
                                }
                            }
                        }
                    }
                })
        }
    }

    @Sendable func listServers(_ call: Call) throws(Problem) -> SimAnswer {
        let inventory = SimInventory(call.request.header("x-auth-token") ?? "")
        let most = min(max(call.request.parameter("limit").flatMap { Int($0) } ?? 1_000, 1), 1_000)
        let marker = call.request.parameter("marker").flatMap { Int($0.suffix(12)) } ?? 0
        if let page = inventory.breaksAtPage, marker / most + 1 == page { throw .serverError }
        let (machines, next) = inventory.page(from: marker, most: most)
        let version = call.request.header("openstack-api-version") ?? ""
        let embeds = version.split(separator: ".").last.flatMap { Int($0) }.map { $0 >= 47 } ?? false
        return .json { json in
            json.key("servers")
            json.array(machines) { $0.server($1, embeds: embeds) }
            guard next != nil, let last = machines.last else { return }
            json.key("servers_links")
            json.array([last]) { json, last in
                json.object {
                    $0.field("rel", "next")
                    $0.field(
                        "href",
                        Self.base(call) + "/compute/v2.1/servers/detail?limit=\(most)&marker=\(last.openStackID)")
                }
            }
        }
    }

    /// Where the client reached the simulator.
    private static func base(_ call: Call) -> String {
        "https://\(call.request.header("host") ?? "localhost")/openstack"
    }

    func answer(to problem: Problem, request: SimRequest, id: String) -> SimAnswer {
        let (status, title, message) = shape(of: problem)
        return .json(status) { json in
            json.field(
                "error",
                object: {
                    $0.field("code", status)
                    $0.field("message", message)
                    $0.field("title", title)
                })
        }
    }

    private func shape(of problem: Problem) -> (status: Int, title: String, message: String) {
        switch problem {
        case .missingKey, .badKey: (401, "Unauthorized", "The request you have made requires authentication.")
        case .forbidden, .noMoney: (403, "Forbidden", "You are not authorized to perform the requested action.")
        case .rateLimited: (429, "Too Many Requests", "This request was rate-limited.")
        case .overloaded: (503, "Service Unavailable", "The service is currently unavailable.")
        case .serverError: (500, "Internal Server Error", "An unexpected error prevented the server from answering.")
        case .wrongMethod: (405, "Method Not Allowed", "The method is not allowed.")
        case .badJSON(let reason): (400, "Bad Request", reason)
        case .invalid(let refusal): (400, "Bad Request", refusal.message)
        default: (404, "Not Found", "The resource could not be found.")
        }
    }
}

extension SimMachine {
    var openStackID: String {
        let digits = String(number)
        return "5ce5c1a0-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
    }
}

extension JSONWriter {
    fileprivate mutating func server(_ machine: SimMachine, embeds: Bool) {
        object { json in
            json.field("id", machine.openStackID)
            json.field("name", machine.name)
            json.field("status", machine.isOn ? "ACTIVE" : "SHUTOFF")
            json.field("OS-EXT-STS:power_state", machine.isOn ? 1 : 4)
            json.field("OS-EXT-AZ:availability_zone", machine.place == 0 ? "nova" : "edge")
            json.field("tenant_id", "p1")
            json.field(
                "flavor",
                object: {
                    guard embeds else { return $0.field("id", "1") }
                    $0.field("original_name", "m1")
                    $0.field("vcpus", machine.cpuCount)
                    $0.field("ram", machine.memoryMB)
                    $0.field("disk", machine.diskGB)
                    $0.field("ephemeral", 0)
                    $0.field("swap", 0)
                })
            json.field("metadata", object: { $0.field("role", machine.tag) })
            json.field("tags", array: [machine.tag])
            json.key("os-extended-volumes:volumes_attached")
            json.array([Int]()) { $0.value($1) }
            json.field(
                "addresses",
                object: { json in
                    json.key("private")
                    json.array([("203.0.113.9", "floating"), (machine.address, "fixed")]) { json, address in
                        json.object {
                            $0.field("version", 4)
                            $0.field("addr", address.0)
                            $0.field("OS-EXT-IPS:type", address.1)
                        }
                    }
                })
        }
    }
}

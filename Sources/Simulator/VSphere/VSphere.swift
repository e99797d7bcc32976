import XML

/// A vCenter's Web Services API at `/sdk`: service content, log-in and -out, container views, the property collector
/// with
/// its pages. It keeps no sessions: a session's ID says how large the inventory is.
struct VSphere: Vendor {
    let slug = "vsphere"
    let displayName = "VMware vCenter"
    let models: [SimModel] = []

    var routes: [Route] {
        [
            .post("/sdk", .machines, .open, answerCall),
            .get("/sdk/vimServiceVersions.xml", .status, .open, listVersions),
        ]
    }

    /// The password of a log-in; a session is proved by its cookie.
    func key(of request: SimRequest) -> String? {
        (try? XMLParser.parse(request.body))?.at("Body", "Login", "password")?.text
    }

    @Sendable func listVersions(_ call: Call) throws(Problem) -> SimAnswer {
        .whole(
            200, "text/xml",
            "<?xml version=\"1.0\" encoding=\"UTF-8\" ?><namespaces version=\"1.0\"><namespace><name>urn:vim25</name>"
                + "<version>8.0.2.0</version><priorVersions><version>7.0.3.0</version><version>6.7</version>"
                + "<version>6.5</version></priorVersions></namespace></namespaces>")
    }

    @Sendable func answerCall(_ call: Call) throws(Problem) -> SimAnswer {
        let root: XMLElement
        do throws(XMLError) {
            root = try XMLParser.parse(call.request.body)
        } catch {
            throw .badJSON("\(error.reason.rawValue) at offset \(error.position)")
        }
        guard let body = root["Body"], let method = body.children.first(where: { _ in true }) else {
            throw .badJSON("there is no call in the envelope")
        }
        switch method.name {
        case "RetrieveServiceContent": return Self.answer(method, VSphereAnswers.serviceContent)
        case "Login": return login(method)
        case "Logout": return Self.answer(method, "")
        default: break
        }
        guard let inventory = Self.session(of: call.request) else { throw .missingKey }
        switch method.name {
        case "CreateContainerView":
            let types = method.children("type").map(\.text).joined(separator: ".")
            return Self.answer(method, "<returnval type=\"ContainerView\">view-\(types)</returnval>")
        case "DestroyView": return Self.answer(method, "")
        case "RetrievePropertiesEx":
            return Self.answer(method, try VSphereCollector(method, inventory).page(from: 0, number: 1))
        case "ContinueRetrievePropertiesEx":
            let collector = try VSphereCollector(token: method.text("token") ?? "", inventory)
            return Self.answer(method, try collector.nextPage())
        default: throw .unknownPath
        }
    }

    private func login(_ method: XMLElement) -> SimAnswer {
        let user = method.text("userName") ?? ""
        let session = SimInventory(user).text + SHA256.hex(user).prefix(12)
        var answer = Self.answer(method, VSphereAnswers.userSession(user, session))
        answer.headers.append(
            SimHeader("Set-Cookie", "vmware_soap_session=\"\(session)\"; Path=/; HttpOnly; Secure;"))
        return answer
    }

    private static func session(of request: SimRequest) -> SimInventory? {
        guard let cookie = request.header("cookie"), cookie.contains("vmware_soap_session=") else { return nil }
        return SimInventory(cookie)
    }

    private static func answer(_ method: XMLElement, _ content: String) -> SimAnswer {
        let name = method.name
        let body =
            content.isEmpty
            ? "<\(name)Response xmlns=\"urn:vim25\"/>"
            : "<\(name)Response xmlns=\"urn:vim25\">\(content)</\(name)Response>"
        return .whole(200, "text/xml; charset=utf-8", VSphereAnswers.envelope(body))
    }

    /// A fault in the words of the Web Services API; what it has no fault for is an error of its web server.
    func answer(to problem: Problem, request: SimRequest, id: String) -> SimAnswer {
        let (fault, text) = shape(of: problem)
        guard let fault else { return .whole(503, "text/plain", text) }
        return .whole(
            500, "text/xml; charset=utf-8",
            VSphereAnswers.envelope(
                "<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>\(XMLText.escape(text))</faultstring>"
                    + "<detail><\(fault)Fault xmlns=\"urn:vim25\" xsi:type=\"\(fault)\"/></detail></soapenv:Fault>"))
    }

    private func shape(of problem: Problem) -> (fault: String?, text: String) {
        switch problem {
        case .badKey: ("InvalidLogin", "Cannot complete login due to an incorrect user name or password.")
        case .missingKey: ("NotAuthenticated", "The session is not authenticated.")
        case .forbidden: ("NoPermission", "Permission to perform this operation was denied.")
        case .badJSON(let reason): ("InvalidRequest", reason)
        case .invalid(let refusal): ("InvalidArgument", refusal.message)
        case .unknownPath: ("InvalidRequest", "Unable to resolve WSDL method name")
        case .serverError: ("RuntimeFault", "A general system error occurred.")
        default: (nil, "503 Service Unavailable")
        }
    }
}

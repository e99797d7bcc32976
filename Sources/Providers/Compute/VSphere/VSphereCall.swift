import Domain
import Outbound
import XML

/// A logged-in session of the Web Services API.
struct VSphereCall {
    private let session: ComputeSession
    private let url: HTTPURL
    private let content: ServiceContent
    private let cookie: String

    /// What RetrieveServiceContent tells to anybody: where the parts of the service are.
    private struct ServiceContent {
        let version: String
        let rootFolder: String
        let propertyCollector: String
        let viewManager: String
        let sessionManager: String

        init?(_ answer: XMLElement) {
            guard let content = answer["returnval"], let version = content.at("about", "version")?.text,
                let root = content.text("rootFolder"), let collector = content.text("propertyCollector"),
                let views = content.text("viewManager"), let sessions = content.text("sessionManager")
            else { return nil }
            self.version = version
            rootFolder = root
            propertyCollector = collector
            viewManager = views
            sessionManager = sessions
        }
    }

    var version: String { content.version }

    /// Logs in, runs `body`, and logs out whatever happens: a vCenter has few sessions and keeps them for half an hour.
    static func loggedIn<Value>(
        _ session: ComputeSession, _ body: (VSphereCall) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let call = try VSphereCall(session)
        // A session that cannot be left ends by itself; what was read is none the worse for it.
        defer { _ = try? call.send("Logout", on: ("SessionManager", call.content.sessionManager), "", evenLate: true) }
        return try body(call)
    }

    private init(_ session: ComputeSession) throws(Failure) {
        self.session = session
        url = try session.base("https://" + session.configuration.required("host")).appending(path: "sdk")
        let opening = try Self.post(
            session, url, "RetrieveServiceContent", Self.target("ServiceInstance", "ServiceInstance"), cookie: nil)
        guard let content = ServiceContent(opening.answer) else { throw session.malformed }
        self.content = content
        let login = try Self.post(
            session, url, "Login",
            Self.target("SessionManager", content.sessionManager)
                + Self.element("userName", try session.configuration.required("username"))
                + Self.element("password", try session.configuration.required("password")), cookie: nil)
        guard let cookie = login.response.sessionCookie else { throw session.malformed }
        self.cookie = cookie
    }

    /// Hands over these properties of every object of a type, in pages of at most so many.
    func retrieve(
        _ type: String, _ properties: [String], page: Int, _ each: (VSphereObject) throws(Failure) -> Void
    ) throws(Failure) {
        let made = try send(
            "CreateContainerView", on: ("ViewManager", content.viewManager),
            "<container type=\"Folder\">\(XMLText.escape(content.rootFolder))</container>"
                + Self.element("type", type) + "<recursive>true</recursive>")
        guard let view = made.text("returnval") else { throw session.malformed }
        let collector = ("PropertyCollector", content.propertyCollector)
        var answer = try send(
            "RetrievePropertiesEx", on: collector,
            "<specSet><propSet>\(Self.element("type", type))"
                + properties.map { Self.element("pathSet", $0) }.joined()
                + "</propSet><objectSet><obj type=\"ContainerView\">\(XMLText.escape(view))</obj><skip>true</skip>"
                + "<selectSet xsi:type=\"TraversalSpec\"><name>all</name><type>ContainerView</type><path>view</path>"
                + "<skip>false</skip></selectSet></objectSet></specSet>"
                + "<options><maxObjects>\(page)</maxObjects></options>")
        // Nothing at all is the answer where there is no object of that type, but not where more was promised.
        guard answer["returnval"] != nil else { return }
        while true {
            guard let result = answer["returnval"] else { throw session.malformed }
            for element in result.children("objects") {
                guard let object = VSphereObject(element) else { throw session.malformed }
                try each(object)
            }
            guard let token = result.text("token") else { return }
            answer = try send("ContinueRetrievePropertiesEx", on: collector, Self.element("token", token))
        }
    }

    private func send(
        _ method: String, on target: (type: String, id: String), _ arguments: String, evenLate: Bool = false
    ) throws(Failure) -> XMLElement {
        try Self.post(
            session, url, method, Self.target(target.type, target.id) + arguments, cookie: cookie, evenLate: evenLate
        ).answer
    }

    private static func target(_ type: String, _ id: String) -> String {
        "<_this type=\"\(type)\">\(XMLText.escape(id))</_this>"
    }

    private static func element(_ name: StaticString, _ text: String) -> String {
        "<\(name)>\(XMLText.escape(text))</\(name)>"
    }

    /// The namespace is that of every version; the SOAPAction asks for the API of 6.5, which all later ones speak.
    private static func post(
        _ session: ComputeSession, _ url: HTTPURL, _ method: String, _ arguments: String, cookie: String?,
        evenLate: Bool = false
    ) throws(Failure) -> (answer: XMLElement, response: OutboundResponse) {
        let body =
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
            + "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" "
            + "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>"
            + "<\(method) xmlns=\"urn:vim25\">\(arguments)</\(method)></soapenv:Body></soapenv:Envelope>"
        let response = try session.send(
            "POST", url,
            headers: [("Content-Type", "text/xml; charset=utf-8"), ("SOAPAction", "\"urn:vim25/6.5\"")]
                + (cookie.map { [("Cookie", $0)] } ?? []), body: Array(body.utf8), evenLate: evenLate)
        let root = try session.xml(response, kind)
        guard let answer = root.at("Body", method + "Response") else {
            throw session.malformed
        }
        return (answer, response)
    }

    /// The fault that the detail of an answer with status 500 names.
    private static func kind(_ root: XMLElement) -> UpstreamFailure.Kind? {
        guard let detail = root.at("Body", "Fault", "detail"), let fault = detail.children.first(where: { _ in true })
        else { return nil }
        return switch fault.attribute("type") ?? fault.name {
        case "InvalidLogin", "InvalidLoginFault", "PasswordExpired", "PasswordExpiredFault": .invalidCredential
        case "NoPermission", "NoPermissionFault", "RestrictedByAdministrator": .forbidden
        // After a log-in that succeeded: somebody has ended the session.
        case "NotAuthenticated", "NotAuthenticatedFault": .overloaded
        case "InvalidRequest", "InvalidArgument", "InvalidArgumentFault", "NotSupported": .badRequest
        default: nil
        }
    }
}

extension OutboundResponse {
    /// The session's cookie as it goes back, without its attributes. Nil for one that no header can hold.
    fileprivate var sessionCookie: String? {
        let cookies = headers.filter { $0.name.lowercased() == "set-cookie" }.map(\.value)
        guard let cookie = cookies.first(where: { $0.hasPrefix("vmware_soap_session=") }) else { return nil }
        let pair = cookie.prefix { $0 != ";" }
        return pair.utf8.allSatisfy { 0x21...0x7E ~= $0 } ? String(pair) : nil
    }
}

/// One managed object with the properties that were asked for and may be seen.
struct VSphereObject {
    let type: String
    /// The managed object reference: `vm-57`.
    let id: String
    private let values: [(name: String, value: XMLElement)]

    init?(_ element: XMLElement) {
        guard let object = element["obj"], let type = object.attribute("type") else { return nil }
        self.type = type
        id = object.text
        values = element.children("propSet").compactMap { property in
            guard let name = property.text("name"), let value = property["val"] else { return nil }
            return (name, value)
        }
    }

    func value(_ name: String) -> XMLElement? { values.first { $0.name == name }?.value }

    /// Nil for an empty text too.
    func text(_ name: String) -> String? {
        guard let text = value(name)?.text, !text.isEmpty else { return nil }
        return text
    }
}

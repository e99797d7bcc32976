import Crypto
import Domain
import JSON
import Outbound

/// Requests with a signature over their date, target and host.
struct OCICall {
    static let version = "20160918"

    enum Service: String { case identity, iaas }

    private let session: ComputeSession
    private let signer: RSASigner
    private let keyID: String
    private let region: String
    private let compartment: String

    init(_ session: ComputeSession) throws(Failure) {
        self.session = session
        let settings = session.configuration
        region = try settings.required("region")
        let tenancy = try settings.required("tenancy_ocid")
        compartment = settings["compartment_ocid"] ?? tenancy
        keyID = "\(tenancy)/\(try settings.required("user_ocid"))/\(try settings.required("fingerprint"))"
        do throws(CryptoError) {
            signer = try RSASigner(pem: settings["private_key"] ?? "")
        } catch {
            throw .defect("the stored private key of OCI cannot be read: \(error)")
        }
    }

    /// The answer and the token of the page after it.
    func get(
        _ service: Service, _ path: String, query: String? = nil
    ) throws(Failure) -> (json: JSONValue, next: String?) {
        let base = try session.base("https://\(service.rawValue).\(region).oraclecloud.com")
        let url = base.appending(path: "\(Self.version)\(path)", query: query)
        let date = HTTPDate.text(.now())
        let text = "date: \(date)\n(request-target): get \(url.requestTarget)\nhost: \(url.authority)"
        let signature: [UInt8]
        do throws(CryptoError) {
            signature = try signer.sign(Array(text.utf8))
        } catch {
            throw .defect("the key of OCI does not sign: \(error)")
        }
        let authorization =
            "Signature version=\"1\",keyId=\"\(keyID)\",algorithm=\"rsa-sha256\","
            + "headers=\"date (request-target) host\",signature=\"\(Base64.encode(signature))\""
        let response = try session.send(
            "GET", url, headers: [("Date", date), ("Authorization", authorization), ("Accept", "application/json")])
        try session.checkClock(response)
        let answer = try session.json(response) { problem in
            switch problem["code"]?.string {
            case "NotAuthenticated": .invalidCredential
            case "NotAuthorized", "NotAuthorizedOrNotFound": .forbidden
            case "TooManyRequests": .rateLimited
            default: nil
            }
        }
        let next = response.header("opc-next-page")
        return (answer, next?.isEmpty == false ? next : nil)
    }

    /// The elements of all pages of a list of the compartment.
    func pages(_ path: String, _ each: (JSONValue) throws(Failure) -> Void) throws(Failure) {
        var token: String?
        while true {
            let query =
                "compartmentId=\(URIEncoding.encode(compartment))&limit=500"
                + (token.map { "&page=" + URIEncoding.encode($0) } ?? "")
            let (answer, next) = try get(.iaas, path, query: query)
            guard let elements = answer.array else { throw session.malformed }
            for element in elements { try each(element) }
            guard let next else { return }
            guard next != token else { throw session.malformed }
            token = next
        }
    }

    /// The same, and nothing at all where the user may not read it.
    func pagesIfAllowed(_ path: String, _ each: (JSONValue) -> Void) throws(Failure) {
        do throws(Failure) {
            try pages(path) { (element) throws(Failure) in each(element) }
        } catch .upstream(let failure) where failure.kind == .forbidden || failure.kind == .gone {
            return
        }
    }

    /// One resource, nil where there is none or the user may not read it.
    func getIfAllowed(_ path: String) throws(Failure) -> JSONValue? {
        do throws(Failure) {
            return try get(.iaas, path).json
        } catch .upstream(let failure) where failure.kind == .forbidden || failure.kind == .gone {
            return nil
        }
    }
}

import Foundation
import JSON
import XCTest

@testable import Crypto

final class SigV4Tests: XCTestCase {
    /// One case of aws-c-auth's suite: a request, what signs it, and what has to come out.
    private struct Case {
        let name: String
        let request: CanonicalRequest
        let signer: SigV4
        let context: JSONValue
        let moment: String
    }

    /// All of the suite where `VECTORS_DIR` names it.
    func testTheSuiteOfAWS() throws {
        guard let folder = VectorFile.folder else { return print("sigv4: the embedded cases only") }
        let root = "\(folder)/sigv4/v4"
        let names = try FileManager.default.contentsOfDirectory(atPath: root).sorted()
        for name in names {
            let test = try read(name, "\(root)/\(name)")
            let text = { (file: String) in try String(contentsOfFile: "\(root)/\(name)/\(file).txt", encoding: .utf8) }
            XCTAssertEqual(test.request.text, try text("header-canonical-request"), name)
            XCTAssertEqual(
                test.signer.stringToSign(test.request, at: test.moment), try text("header-string-to-sign"), name)
            XCTAssertEqual(
                test.signer.signature(of: test.request, at: test.moment), try text("header-signature"), name)
        }
        print("sigv4: \(names.count) cases")
        XCTAssertEqual(names.count, 38)
    }

    private func read(_ name: String, _ folder: String) throws -> Case {
        let context = try JSONParser.parse([UInt8](Data(contentsOf: URL(fileURLWithPath: "\(folder)/context.json"))))
        let text = try String(contentsOfFile: "\(folder)/request.txt", encoding: .utf8)
        let halves = text.components(separatedBy: "\n\n")
        var lines = try XCTUnwrap(halves.first).components(separatedBy: "\n").filter { !$0.isEmpty }
        let requestLine = lines.removeFirst()
        let first = try XCTUnwrap(requestLine.firstIndex(of: " "))
        let last = try XCTUnwrap(requestLine.lastIndex(of: " "))
        let target = requestLine[requestLine.index(after: first)..<last]
        let question = target.firstIndex(of: "?")
        let body = Array(halves.dropFirst().joined(separator: "\n\n").utf8)
        let credentials = try XCTUnwrap(context["credentials"])
        let stamp = try XCTUnwrap(context["timestamp"]?.string).filter { $0 != "-" && $0 != ":" }
        var headers = unfolded(lines)
        headers.append((name: "X-Amz-Date", value: stamp))
        if context["sign_body"]?.bool == true {
            headers.append((name: "x-amz-content-sha256", value: Hexadecimal.text(Digest.sha256(body))))
        }
        if let token = credentials["token"]?.string, context["omit_session_token"]?.bool != true {
            headers.append((name: "X-Amz-Security-Token", value: token))
        }
        let request = CanonicalRequest(
            method: String(requestLine[..<first]), path: String(target[..<(question ?? target.endIndex)]),
            query: question.map { String(target[target.index(after: $0)...]) } ?? "", headers: headers, body: body,
            normalizesPath: context["normalize"]?.bool ?? true)
        let signer = SigV4(
            accessKey: try XCTUnwrap(credentials["access_key_id"]?.string),
            secretKey: Array(try XCTUnwrap(credentials["secret_access_key"]?.string).utf8), sessionToken: nil,
            region: try XCTUnwrap(context["region"]?.string), service: try XCTUnwrap(context["service"]?.string))
        return Case(name: name, request: request, signer: signer, context: context, moment: stamp)
    }

    /// A line that begins with a space goes on with the field before it.
    private func unfolded(_ lines: [String]) -> [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        for line in lines {
            if line.hasPrefix(" "), let last = fields.popLast() {
                fields.append((name: last.name, value: last.value + "\n" + line))
            } else if let colon = line.firstIndex(of: ":") {
                fields.append((name: String(line[..<colon]), value: String(line[line.index(after: colon)...])))
            }
        }
        return fields
    }

    /// `get-vanilla` of the suite, for a machine without its files.
    func testACaseOfTheSuiteByItself() {
        let signer = example(token: nil)
        let get = CanonicalRequest(
            method: "GET", path: "/", query: "", headers: [(name: "Host", value: "example.amazonaws.com")], body: [])
        XCTAssertEqual(
            signer.fields(for: get, at: "20150830T123600Z").last?.value,
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                + "SignedHeaders=host;x-amz-date, "
                + "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")
    }

    /// `post-x-www-form-urlencoded`: what is sent to AWS here has such a body.
    func testAFormIsSignedAsInTheSuite() {
        let post = CanonicalRequest(
            method: "POST", path: "/", query: "",
            headers: [
                (name: "Content-Type", value: "application/x-www-form-urlencoded"),
                (name: "Host", value: "example.amazonaws.com"), (name: "Content-Length", value: "13"),
                (name: "x-amz-content-sha256", value: Hexadecimal.text(Digest.sha256(Array("Param1=value1".utf8)))),
            ], body: Array("Param1=value1".utf8))
        XCTAssertEqual(
            example(token: nil).signature(
                of: post.adding([(name: "X-Amz-Date", value: "20150830T123600Z")]), at: "20150830T123600Z"),
            "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b")
    }

    func testASessionTokenTravelsAndIsSigned() {
        let get = CanonicalRequest(
            method: "GET", path: "", query: "", headers: [(name: "Host", value: "example.amazonaws.com")], body: [])
        let fields = example(token: "TOKEN").fields(for: get, at: "20150830T123600Z")
        XCTAssertEqual(fields.map(\.name), ["X-Amz-Date", "X-Amz-Security-Token", "Authorization"])
        XCTAssertTrue(fields[2].value.contains("SignedHeaders=host;x-amz-date;x-amz-security-token, "))
        XCTAssertNotEqual(
            fields[2].value, example(token: "OTHER").fields(for: get, at: "20150830T123600Z")[2].value)
    }

    func testQueriesAreSortedAndEncodedInOneWay() {
        let request = CanonicalRequest(
            method: "GET", path: "/", query: "b=%7e&a=x%20y&a=&=v&c&d=%zz", headers: [], body: [])
        XCTAssertTrue(request.text.contains("\n=v&a=&a=x%20y&b=~&c=&d=%25zz\n"), request.text)
        XCTAssertEqual(URIEncoding.form([("Action", "x y"), ("ü", "&=+/~")]), "Action=x%20y&%C3%BC=%26%3D%2B%2F~")
    }

    private func example(token: String?) -> SigV4 {
        SigV4(
            accessKey: "AKIDEXAMPLE", secretKey: Array("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".utf8),
            sessionToken: token, region: "us-east-1", service: "service")
    }
}

import COpenSSL
import Foundation
import Outbound
import XCTest

final class ClientTLSTests: ClientTestCase {
    private let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    private var certificates: Certificates?

    override func setUpWithError() throws {
        certificates = try Certificates()
    }

    override func tearDownWithError() throws {
        try certificates?.remove()
    }

    private func made() throws -> Certificates { try XCTUnwrap(certificates) }

    private func trustingClient() throws -> HTTPClient {
        try client(authoritiesFile: made().authority.file)
    }

    func testAGoodCertificateIsAcceptedByNameAndByAddress() throws {
        let server = try serve(tls: ServerTLS(made().good), answer: answer)
        let client = try trustingClient()
        XCTAssertEqual(try client.send(request(server.url(host: "good.test"))).text, "ok")
        XCTAssertEqual(try client.send(request(server.url(host: "127.0.0.1"))).text, "ok")
        XCTAssertEqual(try client.send(request(server.url(host: "GOOD.test"))).text, "ok")
    }

    func testACertificateThatDoesNotVouchForTheHostIsRefused() throws {
        let made = try made()
        let rows: [(Certificate, host: String, reason: String)] = [
            (made.wrongName, "good.test", "hostname mismatch"), (made.wrongName, "127.0.0.1", "IP address mismatch"),
            (made.good, "other.test", "hostname mismatch"), (made.good, "sub.good.test", "hostname mismatch"),
            (made.commonNameOnly, "good.test", "hostname mismatch"),
            (made.expired, "good.test", "certificate has expired"),
            (made.selfSigned, "good.test", "self-signed certificate"),
            (made.clientOnly, "good.test", "unsuitable certificate purpose"),
        ]
        for (certificate, host, reason) in rows {
            let served = Counter()
            let server = try serve(tls: ServerTLS(certificate)) { connection in
                if connection.readRequest() != nil { served.increment() }
            }
            let (error, _) = failure(of: try request(server.url(host: host)), with: try trustingClient())
            XCTAssertEqual(error, .tls("certificate: " + reason), "\(certificate.file) \(host)")
            XCTAssertEqual(served.value, 0, "an octet of the request was sent")
        }
    }

    func testAnAuthorityThatIsNotConfiguredIsNotTrusted() throws {
        let server = try serve(tls: ServerTLS(made().good), answer: answer)
        let (error, _) = failure(of: try request(server.url(host: "good.test")), with: try client())
        guard case .tls(let reason)? = error else { return XCTFail("\(String(describing: error))") }
        XCTAssertTrue(reason.hasPrefix("certificate: unable to get"), reason)
    }

    func testAnAuthoritiesFileThatCannotBeReadIsAnError() throws {
        let path = try made().folder + "/none.pem"
        for file in [path, try made().authority.key] {
            XCTAssertThrowsError(try client(authoritiesFile: file)) { error in
                guard case .tls? = error as? OutboundError else { return XCTFail("\(error)") }
            }
        }
    }

    func testLeavingOutVerificationConcernsThatRequestOnly() throws {
        let server = try serve(tls: ServerTLS(made().selfSigned), answer: answer)
        let client = try trustingClient()
        var request = try request(server.url(host: "any.test"))
        request.verifiesCertificate = false
        XCTAssertEqual(try client.send(request).text, "ok")
        XCTAssertEqual(try client.send(request).text, "ok")
        XCTAssertEqual(server.accepted, 1, "the unverified connection is kept for its like")
        request.verifiesCertificate = true
        let (error, _) = failure(of: request, with: client)
        guard case .tls? = error else { return XCTFail("\(String(describing: error))") }
        XCTAssertEqual(server.accepted, 2, "a verified request has a connection of its own")
    }

    func testOldProtocolVersionsAreRefused() throws {
        for version in [TLS1_VERSION, TLS1_1_VERSION] {
            let server = try serve(tls: ServerTLS(made().good, maximumVersion: version), answer: answer)
            let (error, _) = failure(of: try request(server.url(host: "good.test")), with: try trustingClient())
            guard case .tls? = error else {
                XCTFail("\(version): \(String(describing: error))")
                continue
            }
        }
        let server = try serve(tls: ServerTLS(made().good, maximumVersion: TLS1_2_VERSION), answer: answer)
        XCTAssertEqual(try trustingClient().send(request(server.url(host: "good.test"))).text, "ok")
    }

    func testPlaintextOnATLSPortIsATypedError() throws {
        let texts = ["HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-x\r\n", "\0\0\0\0\0\0\0\0", "\u{16}\u{3}\u{3}"]
        for text in texts {
            let server = try serve { connection in
                connection.write(text)
                _ = connection.read()
            }
            let (error, milliseconds) = failure(
                of: try request(server.url(scheme: "https"), connect: 1_500), with: try trustingClient())
            switch error {
            case .tls?, .closed?: break
            default: XCTFail("\(text.debugDescription): \(String(describing: error))")
            }
            XCTAssertLessThan(milliseconds, 1_400)
        }
    }

    func testAPlainRequestToATLSPortIsATypedError() throws {
        let server = try serve(tls: ServerTLS(made().good), answer: answer)
        let (error, _) = failure(of: try request(server.url(scheme: "http")), with: try trustingClient())
        switch error {
        case .malformed?, .closed?: break
        default: XCTFail("\(String(describing: error))")
        }
    }

    func testACutWithoutNoticeIsNeverTheEndOfABody() throws {
        let cut = try serve(tls: ServerTLS(made().good)) { connection in
            guard connection.readRequest() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\n\r\nhalf of an ans")
            connection.cut()
        }
        let (error, _) = failure(of: try request(cut.url(host: "good.test")), with: try trustingClient())
        XCTAssertEqual(error, .closed)
        let ended = try serve(tls: ServerTLS(made().good)) { connection in
            guard connection.readRequest() != nil else { return }
            connection.write("HTTP/1.1 200 OK\r\n\r\nwhole")
        }
        XCTAssertEqual(try trustingClient().send(request(ended.url(host: "good.test"))).text, "whole")
    }

    func testLargeBodiesGoBothWaysOverTLS() throws {
        let server = try serve(tls: ServerTLS(made().good)) { connection in
            while let text = connection.readRequest(), let end = text.range(of: "\r\n\r\n") {
                let body = text[end.upperBound...]
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body)
            }
        }
        let body = String((0..<300_000).map { Character(Unicode.Scalar(UInt8(97 + $0 % 26))) })
        let response = try trustingClient().send(
            request(server.url(host: "good.test"), method: "POST", body: body, deadline: 20_000))
        XCTAssertEqual(response.text, body)
    }

    func testAClientMakesTheProcessIgnoreSIGPIPEUnlessItHandlesIt() throws {
        defer { signal(SIGPIPE, SIG_IGN) }
        signal(SIGPIPE, SIG_DFL)
        _ = try client()
        XCTAssertEqual(handler(of: SIGPIPE), unsafeBitCast(SIG_IGN, to: Int.self))
        signal(SIGPIPE) { _ in }
        let own = handler(of: SIGPIPE)
        _ = try client()
        XCTAssertEqual(handler(of: SIGPIPE), own)
    }

    private func handler(of number: Int32) -> Int {
        var action = sigaction()
        XCTAssertEqual(sigaction(number, nil, &action), 0)
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
    }
}

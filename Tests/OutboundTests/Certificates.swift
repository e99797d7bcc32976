import COpenSSL
import Foundation
import XCTest

/// The server's side of TLS.
final class ServerTLS: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ certificate: Certificate, maximumVersion: Int32? = nil) throws {
        pointer = try XCTUnwrap(SSL_CTX_new(TLS_server_method()))
        XCTAssertEqual(SSL_CTX_use_certificate_chain_file(pointer, certificate.file), 1)
        XCTAssertEqual(SSL_CTX_use_PrivateKey_file(pointer, certificate.key, SSL_FILETYPE_PEM), 1)
        if let maximumVersion {
            XCTAssertEqual(SSL_CTX_set_cipher_list(pointer, "ALL:@SECLEVEL=0"), 1)
            XCTAssertEqual(SSL_CTX_ctrl(pointer, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(TLS1_VERSION), nil), 1)
            XCTAssertEqual(SSL_CTX_ctrl(pointer, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(maximumVersion), nil), 1)
        }
    }

    deinit {
        SSL_CTX_free(pointer)
    }
}

struct Certificate {
    let file: String
    let key: String
}

/// Certificates of an authority that exists for one test class, in a folder of its own.
struct Certificates {
    let folder: String
    let authority: Certificate
    /// For good.test and 127.0.0.1.
    let good: Certificate
    let wrongName: Certificate
    /// The name stands only in the subject's common name of a certificate that has other names.
    let commonNameOnly: Certificate
    let expired: Certificate
    let clientOnly: Certificate
    let selfSigned: Certificate

    init() throws {
        folder = NSTemporaryDirectory() + "outbound-" + UUID().uuidString.lowercased()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        authority = Certificate(file: folder + "/authority.pem", key: folder + "/authority.key")
        selfSigned = Certificate(file: folder + "/self.pem", key: folder + "/self.key")
        let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        try Self.openssl(
            ["req", "-x509", "-days", "2", "-subj", "/CN=Authority", "-keyout", authority.key, "-out", authority.file]
                + newKey)
        try Self.openssl(
            ["req", "-x509", "-days", "2", "-subj", "/CN=good.test", "-addext", "subjectAltName=DNS:good.test"]
                + ["-keyout", selfSigned.key, "-out", selfSigned.file] + newKey)
        good = try Self.issue("good", "DNS:good.test,IP:127.0.0.1", authority, folder)
        wrongName = try Self.issue("wrong", "DNS:other.test,IP:127.0.0.9", authority, folder)
        commonNameOnly = try Self.issue("common", "DNS:other.test", authority, folder, subject: "/CN=good.test")
        expired = try Self.issue("expired", "DNS:good.test", authority, folder, days: -1)
        clientOnly = try Self.issue("client", "DNS:good.test", authority, folder, usage: "clientAuth")
    }

    func remove() throws {
        try FileManager.default.removeItem(atPath: folder)
    }

    private static func issue(
        _ name: String, _ alternatives: String, _ authority: Certificate, _ folder: String,
        subject: String = "/CN=test", days: Int = 2, usage: String = "serverAuth"
    ) throws -> Certificate {
        let certificate = Certificate(file: "\(folder)/\(name).pem", key: "\(folder)/\(name).key")
        let request = "\(folder)/\(name).csr"
        let extensions = "\(folder)/\(name).cnf"
        try "subjectAltName=\(alternatives)\nextendedKeyUsage=\(usage)\n"
            .write(toFile: extensions, atomically: true, encoding: .utf8)
        try openssl(
            ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
                + ["-subj", subject, "-keyout", certificate.key, "-out", request])
        try openssl(
            ["x509", "-req", "-in", request, "-CA", authority.file, "-CAkey", authority.key]
                + ["-set_serial", String(Int.random(in: 1...1_000_000_000))]
                + ["-days", String(days), "-extfile", extensions, "-out", certificate.file])
        return certificate
    }

    private static func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        XCTAssertEqual(process.terminationStatus, 0, arguments.joined(separator: " "))
    }
}

import COpenSSL
import XCTest

@testable import Crypto

final class PublicKeyTests: XCTestCase {
    func testAPublicKeyAndACertificateOfItAreTheSameKey() throws {
        let key = try SigningKey.rsa()
        let token = try Token.signed(header: #"{"alg":"RS256"}"#, key, .rs256)
        XCTAssertNil(Token.refusal(of: token, try .pem(key.publicPEM, algorithm: .rs256)))
        XCTAssertNil(Token.refusal(of: token, try .pem(key.certificatePEM(), algorithm: .rs256)))
    }

    func testWindowsLineEndsAndIndentationAreRead() throws {
        let pem = try SigningKey.ec().publicPEM
        XCTAssertNotNil(try? JWTKeySet.pem(pem.replacing("\n", with: "\r\n"), algorithm: .es256))
        XCTAssertNotNil(try? JWTKeySet.pem("\n  " + pem.replacing("\n", with: "\n  "), algorithm: .es256))
    }

    func testAnythingButOnePublicBlockIsRefused() throws {
        let pem = try SigningKey.ec().publicPEM
        let body = pem.split(separator: "\n").dropFirst().dropLast().joined(separator: "\n")
        let refused = [
            "", "hello", pem + pem, "text\n" + pem, pem + "text", pem.replacing("-----END PUBLIC KEY-----", with: ""),
            body,
            pem.replacing("PUBLIC KEY", with: "PRIVATE KEY"), pem.replacing("PUBLIC KEY", with: "EC PARAMETERS"),
            pem.replacing("END PUBLIC", with: "END OTHER"), pem.replacing("PUBLIC KEY", with: "CERTIFICATE"),
            "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
            "-----BEGIN PUBLIC KEY-----\nProc-Type: 4,ENCRYPTED\n\n\(body)\n-----END PUBLIC KEY-----",
            "-----BEGIN -----\n\(body)\n-----END -----", pem.replacing("-----BEGIN", with: "----BEGIN"),
        ]
        for text in refused { XCTAssertThrowsError(try JWTKeySet.pem(text, algorithm: .es256), text) }
    }

    func testOctetsAfterTheKeyAreRefused() throws {
        let key = try SigningKey.ec()
        assertThrows(.malformed("there are octets after the public key")) {
            _ = try JWTKeySet.pem(SigningKey.pem("PUBLIC KEY", key.publicDER + [0]), algorithm: .es256)
        }
    }

    func testWeakAndForeignKeysAreRefused() throws {
        let small = try SigningKey.rsa(bits: 1_024).publicPEM
        assertThrows(.malformed("an RSA key needs 2048 to 8192 bits, this one has 1024")) {
            _ = try JWTKeySet.pem(small, algorithm: .rs256)
        }
        let foreign = try SigningKey.ec("secp384r1").publicPEM
        assertThrows(.malformed("the public key is not RSA, EC on P-256 or Ed25519")) {
            _ = try JWTKeySet.pem(foreign, algorithm: .es256)
        }
    }

    func testRSANumbersAreJudged() throws {
        let modulus = [0x80] + [UInt8](repeating: 0, count: 254) + [1]
        XCTAssertNotNil(try? PublicKey.rsa(modulus: modulus, exponent: [3]))
        XCTAssertNotNil(try? PublicKey.rsa(modulus: modulus, exponent: [1, 0, 1]))
        for exponent: [UInt8] in [[], [0], [1], [2], [1, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0, 1]] {
            XCTAssertThrowsError(try PublicKey.rsa(modulus: modulus, exponent: exponent), "\(exponent)")
        }
        XCTAssertThrowsError(try PublicKey.rsa(modulus: modulus.dropLast() + [2], exponent: [3]))
        XCTAssertThrowsError(try PublicKey.rsa(modulus: [0x7F] + modulus.dropFirst(), exponent: [3]))
        XCTAssertThrowsError(try PublicKey.rsa(modulus: [UInt8](repeating: 0xFF, count: 1_025), exponent: [3]))
        XCTAssertThrowsError(try PublicKey.rsa(modulus: [], exponent: [3]))
    }

    /// A modulus that is 1 modulo every small prime, as 65537^0 is: the product of the primes from 3 to 167, shifted
    /// to 2,048 bits or more, plus 1.
    func testAModulusWithTheROCAFingerprintIsRefused() throws {
        let product = try octets(hexadecimal: "049265d3574cefd04229bfd662a4a46f8611ed0226c655f076ebade3")
        let modulus = product + [UInt8](repeating: 0, count: 256 - product.count) + [1]
        XCTAssertThrowsError(try PublicKey.rsa(modulus: modulus, exponent: [1, 0, 1])) {
            XCTAssertTrue("\($0)".contains("CVE-2017-15361"), "\($0)")
        }
    }

    func testAFailureLeavesNoErrorForTheNextCall() throws {
        ERR_clear_error()
        let key = try SigningKey.rsa()
        let keys = try JWTKeySet.pem(key.publicPEM, algorithm: .rs256)
        let token = try Token.signed(header: #"{"alg":"RS256"}"#, key, .ps256)
        XCTAssertEqual(Token.refusal(of: token, keys), .badSignature)
        XCTAssertEqual(ERR_peek_error(), 0)
        XCTAssertThrowsError(try PublicKey.parse(spki: [0x30, 0x03, 1, 2, 3]))
        XCTAssertEqual(ERR_peek_error(), 0)
        XCTAssertThrowsError(try PublicKey.ed25519([1]))
        XCTAssertThrowsError(
            try PublicKey.p256(x: [UInt8](repeating: 1, count: 32), y: [UInt8](repeating: 1, count: 32)))
        XCTAssertEqual(ERR_peek_error(), 0)
        let ring = try KeyRing(parsing: "k1 " + Base64.encode(Token.secret))
        let sealed = try ring.seal([1], context: "a")
        assertThrows(.doesNotOpen) { _ = try ring.open(sealed, context: "b") }
        XCTAssertEqual(ERR_peek_error(), 0)
    }
}

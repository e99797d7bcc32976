import JSON
import XCTest

@testable import Crypto

final class VectorTests: XCTestCase {
    func testAESGCMSealsAndOpensAsTheVectorsSay() throws {
        var file = try VectorFile("aes_gcm_test")
        for group in file.groups {
            let isSupported = group["keySize"]?.int == 256 && group["ivSize"]?.int == 96 && group["tagSize"]?.int == 128
            for test in group["tests"]?.array ?? [] {
                try file.check(test, isSupported: isSupported, gcmOutcome(test, isSupported: isSupported))
            }
        }
        file.finish()
    }

    private func gcmOutcome(_ test: JSONValue, isSupported: Bool) throws -> VectorFile.Outcome {
        let key = KeyMaterial(try octets("key", of: test))
        let (nonce, associated) = (try octets("iv", of: test), try octets("aad", of: test))
        let message = try octets("msg", of: test)
        let sealed = try octets("ct", of: test) + octets("tag", of: test)
        if test["result"]?.string == "valid", isSupported {
            XCTAssertEqual(try AESGCM.seal(message, key: key, nonce: nonce, associated: associated), sealed)
        } else if !isSupported {
            XCTAssertThrowsError(try AESGCM.seal(message, key: key, nonce: nonce, associated: associated))
        }
        guard let opened = try? AESGCM.open(sealed[...], key: key, nonce: nonce, associated: associated) else {
            return .refused
        }
        XCTAssertEqual(opened, message)
        return .accepted
    }

    func testHMACMakesTheCodesOfTheVectors() throws {
        let functions: [(String, HashFunction)] = [("sha256", .sha256), ("sha384", .sha384), ("sha512", .sha512)]
        for (name, function) in functions {
            var file = try VectorFile("hmac_\(name)_test")
            for group in file.groups {
                // A truncated code is no code of ours.
                let isSupported = group["tagSize"]?.int == function.digestCount * 8
                for test in group["tests"]?.array ?? [] {
                    let code = Digest.hmac(function, try octets("key", of: test), try octets("msg", of: test))
                    let isEqual = constantTimeEquals(code, try octets("tag", of: test))
                    try file.check(test, isSupported: isSupported, isEqual ? .accepted : .refused)
                }
            }
            file.finish()
        }
    }

    func testECDSAInDERVerifiesAsTheVectorsSay() throws {
        try runSignatures("ecdsa_secp256r1_sha256_test") { key, signature, message in
            message.withUnsafeBytes { key.verifies(signature, over: $0, .ecdsa256) }
        }
    }

    func testECDSAOfTwoNumbersVerifiesAsTheVectorsSay() throws {
        try runSignatures("ecdsa_secp256r1_sha256_p1363_test", .es256)
    }

    func testEd25519VerifiesAsTheVectorsSay() throws { try runSignatures("ed25519_test", .edDSA) }

    /// The one "acceptable" case of each file, a missing NULL in the padding, is refused.
    func testRSAVerifiesAsTheVectorsSay() throws {
        try runSignatures("rsa_signature_2048_sha256_test", .rs256)
        try runSignatures("rsa_signature_3072_sha256_test", .rs256)
    }

    private func runSignatures(_ name: String, _ algorithm: JWTAlgorithm) throws {
        try runSignatures(name) { key, signature, message in
            let key = try VerificationKey(publicKey: key, algorithm, id: nil)
            return message.withUnsafeBytes { key.verifies(signature, over: $0) }
        }
    }

    private func runSignatures(
        _ name: String, _ verifies: (PublicKey, _ signature: [UInt8], _ message: [UInt8]) throws -> Bool
    ) throws {
        var file = try VectorFile(name)
        for group in file.groups {
            let key = try PublicKey.parse(pem: XCTUnwrap(group["publicKeyPem"]?.string))
            for test in group["tests"]?.array ?? [] {
                let isSigned = try verifies(key, octets("sig", of: test), octets("msg", of: test))
                try file.check(test, isSupported: true, isSigned ? .accepted : .refused)
            }
        }
        file.finish()
    }
}

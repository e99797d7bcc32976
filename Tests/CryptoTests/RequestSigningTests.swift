import XCTest

@testable import Crypto

final class RequestSigningTests: XCTestCase {
    func testASignatureVerifiesWithItsOwnPublicKeyOnly() throws {
        let pair = try SigningKey.rsa()
        let signer = try RSASigner(pem: pair.privatePEM)
        let message = Array("date: today".utf8)
        let signature = try signer.sign(message)
        let key = try PublicKey.parse(pem: pair.publicPEM)
        XCTAssertTrue(message.withUnsafeBytes { key.verifies(signature, over: $0, .rsa256) })
        let other = Array("date: tomorrow".utf8)
        XCTAssertFalse(other.withUnsafeBytes { key.verifies(signature, over: $0, .rsa256) })
        XCTAssertEqual(try signer.sign(message), signature, "the scheme has no random part")
    }

    func testWhatIsNoStrongRSAKeyIsRefused() throws {
        let strong = try SigningKey.rsa()
        for text in [
            "", "no key", strong.publicPEM, strong.privatePEM + strong.privatePEM,
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----",
            try SigningKey.ec().privatePEM, try SigningKey.rsa(bits: 1_024).privatePEM,
        ] {
            XCTAssertThrowsError(try RSASigner(pem: text), String(text.prefix(40)))
        }
    }

    /// Computed with Python's hashlib and hmac.
    func testAlibabasSignatureOfAKnownRequest() {
        let request = CanonicalRequest(
            method: "POST", path: "/", query: "RegionId=cn-hangzhou&MaxResults=100",
            headers: [
                (name: "host", value: "ecs.cn-hangzhou.aliyuncs.com"),
                (name: "x-acs-action", value: "DescribeInstances"),
            ], body: [])
        XCTAssertEqual(
            ACS3.authorization(for: request, accessKey: "LTAI", secretKey: Array("secret".utf8)),
            "ACS3-HMAC-SHA256 Credential=LTAI,SignedHeaders=host;x-acs-action,Signature=aedcbfb1ce5d139b9a3f2ad1dedbb7984f7e0192ebddf51e2cb8e9df07c1c941"
        )
    }
}

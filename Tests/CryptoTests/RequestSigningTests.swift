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

    /// The example with fixed parameters of Alibaba's page on its signature method V3.
    func testAlibabasSignatureIsThatOfItsExample() {
        let request = CanonicalRequest(
            method: "POST", path: "/",
            query: "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai",
            headers: [
                (name: "host", value: "ecs.cn-shanghai.aliyuncs.com"), (name: "x-acs-action", value: "RunInstances"),
                (name: "x-acs-content-sha256", value: Hexadecimal.text(Digest.sha256([]))),
                (name: "x-acs-date", value: "2023-10-26T10:22:32Z"),
                (name: "x-acs-signature-nonce", value: "3156853299f313e23d1673dc12e1703d"),
                (name: "x-acs-version", value: "2014-05-26"),
            ], body: [])
        XCTAssertEqual(
            ACS3.authorization(
                for: request, accessKey: "YourAccessKeyId", secretKey: Array("YourAccessKeySecret".utf8)),
            "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;"
                + "x-acs-signature-nonce;x-acs-version,"
                + "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0")
    }
}

/// Alibaba Cloud's signature ACS3-HMAC-SHA256, which covers the same canonical request as AWS's.
package enum ACS3 {
    /// The `Authorization` field for a request whose signed fields are all in it.
    package static func authorization(
        for request: CanonicalRequest, accessKey: String, secretKey: [UInt8]
    ) -> String {
        let text = "ACS3-HMAC-SHA256\n" + Hexadecimal.text(Digest.sha256(Array(request.text.utf8)))
        let signature = Hexadecimal.text(Digest.hmacSHA256(key: secretKey, Array(text.utf8)))
        return "ACS3-HMAC-SHA256 Credential=\(accessKey),SignedHeaders=\(request.signedHeaders),Signature=\(signature)"
    }
}

/// AWS Signature Version 4 in the `Authorization` header, with a key that is derived for one day, region and service.
///
/// Checked against the 38 cases of aws-c-auth's suite.
package struct SigV4: Sendable {
    package let accessKey: String
    private let secretKey: [UInt8]
    /// Of temporary credentials; travels in `X-Amz-Security-Token` and is signed.
    private let sessionToken: String?
    package let region: String
    package let service: String

    package init(accessKey: String, secretKey: [UInt8], sessionToken: String?, region: String, service: String) {
        self.accessKey = accessKey
        self.secretKey = secretKey
        self.sessionToken = sessionToken
        self.region = region
        self.service = service
    }

    /// The fields that go with a request beside those in `request`, `Authorization` last. `moment` is the time in the
    /// basic form of ISO 8601, such as `20150830T123600Z`.
    ///
    /// `request.headers` holds what else is signed: `Host` at least.
    package func fields(for request: CanonicalRequest, at moment: String) -> [(name: String, value: String)] {
        var added = [(name: "X-Amz-Date", value: moment)]
        if let sessionToken { added.append((name: "X-Amz-Security-Token", value: sessionToken)) }
        let signed = request.adding(added)
        let authorization =
            "AWS4-HMAC-SHA256 Credential=\(accessKey)/\(scope(moment)), SignedHeaders=\(signed.signedHeaders), "
            + "Signature=\(signature(of: signed, at: moment))"
        return added + [(name: "Authorization", value: authorization)]
    }

    func stringToSign(_ request: CanonicalRequest, at moment: String) -> String {
        let hash = Hexadecimal.text(Digest.sha256(Array(request.text.utf8)))
        return ["AWS4-HMAC-SHA256", moment, scope(moment), hash].joined(separator: "\n")
    }

    func signature(of request: CanonicalRequest, at moment: String) -> String {
        var key = Array("AWS4".utf8) + secretKey
        for part in [String(moment.prefix(8)), region, service, "aws4_request"] {
            let next = Digest.hmacSHA256(key: key, Array(part.utf8))
            wipe(&key)
            key = next
        }
        defer { wipe(&key) }
        return Hexadecimal.text(Digest.hmacSHA256(key: key, Array(stringToSign(request, at: moment).utf8)))
    }

    private func scope(_ moment: String) -> String { "\(moment.prefix(8))/\(region)/\(service)/aws4_request" }
}

extension CanonicalRequest {
    /// The same request with more signed fields.
    func adding(_ fields: [(name: String, value: String)]) -> CanonicalRequest {
        CanonicalRequest(self, headers: headers + fields)
    }
}

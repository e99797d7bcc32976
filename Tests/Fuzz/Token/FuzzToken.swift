import CLibFuzzer
import Crypto
import Glibc
import JSON

/// The first octet chooses what the rest is taken for. Nothing that was not signed may verify, and nothing may trap.
@main
struct FuzzToken {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(
            LLVMFuzzerRunDriver(&count, &arguments) { start, count in
                FuzzToken.run(Array(UnsafeBufferPointer(start: start, count: count)))
                return 0
            })
    }

    private static func run(_ input: [UInt8]) {
        guard let kind = input.first else { return }
        let rest = Array(input.dropFirst())
        switch kind & 7 {
        case 0: neverVerifies(String(decoding: rest, as: UTF8.self))
        case 1: neverVerifies(withSignature: rest)
        case 2: signedClaimsAreJudged(rest)
        case 3: signedHeaderIsJudged(rest)
        case 4: _ = try? JWTKeySet.jwks(rest)
        case 5: pemIsJudged(String(decoding: rest, as: UTF8.self))
        case 6: base64HasOneSpelling(rest)
        default: sealedOctetsDoNotOpen(rest)
        }
    }
}

private let now: Int64 = 1_800_000_000

/// Made anew for each run, so that no input can be signed with it.
private let secret = (try? randomBytes(32)) ?? []

private let keys: JWTKeySet = {
    let publicKeys = """
        {"keys":[
        {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
        {"kty":"OKP","crv":"Ed25519","kid":"ed","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
        ]}
        """
    guard let local = try? JWTKeySet.secret(secret, algorithm: .hs256),
        let both = try? JWTKeySet.jwks(Array(publicKeys.utf8)).merging(local)
    else { fatalError("the keys of this program are not acceptable") }
    return both
}()

private let verifier = JWTVerifier(keys: keys, settings: JWTSettings())

private func neverVerifies(_ token: String) {
    if (try? verifier.verify(token, now: now)) != nil { fatalError("an unsigned token was accepted: \(token)") }
}

/// Every algorithm, so that the fuzzed signature gets as far as libcrypto.
private func neverVerifies(withSignature signature: [UInt8]) {
    let claims = Base64URL.encode(Array(#"{"sub":"a","exp":1900000000}"#.utf8))
    for algorithm in JWTAlgorithm.allCases {
        let header = Base64URL.encode(Array(#"{"alg":"\#(algorithm.rawValue)"}"#.utf8))
        neverVerifies("\(header).\(claims).\(Base64URL.encode(signature))")
    }
}

/// Claims that somebody with the key signed may be anything; what is accepted keeps the promises.
private func signedClaimsAreJudged(_ claims: [UInt8]) {
    guard let token = try? JWTSigner.sign(claims: claims, secret: secret, algorithm: .hs256) else { return }
    guard let verified = try? verifier.verify(token, now: now) else { return }
    guard (1...255).contains(verified.subject.utf8.count) else { fatalError("the subject has no bounds") }
    guard verified.expiresAt > now - 60, verified.expiresAt < 253_402_300_800 else {
        fatalError("the expiry has no bounds")
    }
    guard let value = try? JSONParser.parse(claims), value["sub"]?.string == verified.subject else {
        fatalError("the subject is another one")
    }
}

private func signedHeaderIsJudged(_ header: [UInt8]) {
    let message = Base64URL.encode(header) + "." + Base64URL.encode(Array(#"{"sub":"a","exp":1900000000}"#.utf8))
    let token = message + "." + Base64URL.encode(Digest.hmacSHA256(key: secret, Array(message.utf8)))
    guard (try? verifier.verify(token, now: now)) != nil else { return }
    guard let value = try? JSONParser.parse(header), value["alg"] == .string("HS256"), value["crit"] == nil else {
        fatalError("a header was accepted that does not say HS256")
    }
}

private func pemIsJudged(_ text: String) {
    for algorithm in [JWTAlgorithm.rs256, .es256, .edDSA] { _ = try? JWTKeySet.pem(text, algorithm: algorithm) }
}

private func base64HasOneSpelling(_ text: [UInt8]) {
    let string = String(decoding: text, as: UTF8.self)
    if let octets = Base64.decode(text), Array(Base64.encode(octets).utf8) != text { fatalError("two spellings") }
    if let octets = Base64URL.decode(string), Base64URL.encode(octets) != string { fatalError("two spellings") }
    guard Base64.decode(Base64.encode(text)) == text, Base64URL.decode(Base64URL.encode(text)) == text else {
        fatalError("octets do not come back")
    }
}

private let ring = try? KeyRing(parsing: "k1 \(Base64.encode(secret))")

private func sealedOctetsDoNotOpen(_ octets: [UInt8]) {
    _ = try? KeyRing(parsing: String(decoding: octets, as: UTF8.self))
    guard let ring else { fatalError("the key ring of this program is not acceptable") }
    if (try? ring.open(SealedBytes(keyID: "k1", bytes: octets), context: "row")) != nil {
        fatalError("forged octets opened")
    }
    guard let sealed = try? ring.seal(octets, context: "row"), let opened = try? ring.open(sealed, context: "row"),
        opened == octets
    else { fatalError("what was sealed does not open") }
}

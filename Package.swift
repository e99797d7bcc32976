// swift-tools-version: 6.2
import PackageDescription

/// Every target is held to the same rules: Swift 6 language mode, no warnings, explicit `any`,
/// and no use of a member whose module the file did not import.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// Fuzzing needs flags that SwiftPM calls unsafe, so its targets exist on request only: `Tests/Fuzz/run`.
let isFuzzing = Context.environment["PROVIDERD_FUZZ"] != nil
let instrumented: [SwiftSetting] = isFuzzing ? [.unsafeFlags(["-sanitize=fuzzer", "-parse-as-library"])] : []

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict + instrumented)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name + "Tests", dependencies: dependencies, swiftSettings: strict)
}

/// One libFuzzer program, in `Tests/Fuzz/<Name>`.
func fuzz(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: "Fuzz" + name, dependencies: dependencies + ["CLibFuzzer"], path: "Tests/Fuzz/" + name,
        exclude: ["corpus"],
        swiftSettings: strict + instrumented, linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])])
}

let package = Package(
    name: "providerd",
    products: [
        .executable(name: "providerd", targets: ["providerd"]),
        .executable(name: "providerctl", targets: ["providerctl"]),
        .executable(name: "providersim", targets: ["providersim"]),
    ],
    targets: [
        .systemLibrary(name: "CFastCGI", pkgConfig: "fcgi", providers: [.apt(["libfcgi-dev"])]),
        .systemLibrary(name: "CPostgreSQL", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),

        // Technology: knows nothing of the product.
        library("JSON"),
        library("XML"),
        library("Locks"),
        library("Postgres", ["CPostgreSQL", "Locks"]),
        library("FastCGI", ["CFastCGI", "Locks"]),
        library("Crypto", ["COpenSSL", "JSON", "Locks"]),
        library("Outbound", ["COpenSSL", "Locks"]),

        // The domain: knows nothing of technology.
        library("Domain"),
        // Sample traffic for a sandbox: made of dice, loaded by the Store.
        library("Sandbox", ["Domain"]),

        // Translation between the two.
        library("HTTP", ["Domain", "JSON"]),
        library("Store", ["Domain", "JSON", "Postgres", "Crypto", "Sandbox"]),
        library("Providers", ["Domain", "JSON", "XML", "Outbound", "Crypto"]),

        // The product.
        library("API", ["Domain", "JSON", "Locks", "Crypto", "HTTP", "Store", "Providers"]),
        library("Jobs", ["Domain", "JSON", "Locks", "Outbound", "Store", "Providers"]),

        // Wiring.
        library("Configuration", ["Domain", "Crypto", "Outbound", "Postgres"]),
        program(
            "providerd",
            [
                "API", "Configuration", "Crypto", "Domain", "FastCGI", "HTTP", "JSON", "Jobs", "Locks", "Outbound",
                "Postgres", "Providers", "Store",
            ]),
        program(
            "providerctl",
            [
                "API", "Configuration", "Crypto", "Domain", "HTTP", "JSON", "Locks", "Outbound", "Postgres",
                "Providers",
                "Sandbox", "Store",
            ]),
        library("Simulator", ["Domain", "JSON", "XML", "Locks"]),
        program("providersim", ["Domain", "FastCGI", "Simulator"]),

        // What tests of several targets share: a database of their own.
        .target(
            name: "ScratchDatabase", dependencies: ["Postgres"], path: "Tests/ScratchDatabase", swiftSettings: strict),

        tests("Domain", ["Domain"]),
        tests("JSON", ["JSON"]),
        tests("XML", ["XML"]),
        tests("Postgres", ["Postgres", "ScratchDatabase"]),
        // A FastCGI program of the tests: what the master starts and kills there.
        .executableTarget(
            name: "fastcgi-echo", dependencies: ["FastCGI"], path: "Tests/FastCGIEcho", swiftSettings: strict),
        tests("FastCGI", ["FastCGI", "CFastCGI", "fastcgi-echo"]),
        tests("Crypto", ["Crypto", "JSON", "COpenSSL"]),
        tests("Outbound", ["Outbound", "COpenSSL", "Locks"]),
        tests("HTTP", ["HTTP", "Domain", "JSON"]),
        tests("Providers", ["Providers", "Simulator", "Domain", "JSON", "XML", "Outbound", "Crypto"]),
        tests("Sandbox", ["Sandbox", "Domain"]),
        tests("Store", ["Store", "Domain", "Postgres", "Crypto", "Providers", "Sandbox", "ScratchDatabase"]),
        tests(
            "API",
            [
                "API", "Crypto", "Domain", "HTTP", "JSON", "Outbound", "Postgres", "Providers", "Store",
                "ScratchDatabase",
            ]),
        tests("Jobs", ["Jobs", "Domain", "Locks", "Postgres", "Crypto", "Store", "ScratchDatabase"]),
        tests("Simulator", ["Simulator", "Domain", "JSON"]),
    ]
)

if isFuzzing {
    package.targets += [
        .systemLibrary(name: "CLibFuzzer", path: "Tests/Fuzz/CLibFuzzer"),
        fuzz("JSON", ["JSON"]),
        fuzz("XML", ["XML"]),
        fuzz("HTTPHead", ["Outbound"]),
        fuzz("Token", ["Crypto", "JSON"]),
    ]
}

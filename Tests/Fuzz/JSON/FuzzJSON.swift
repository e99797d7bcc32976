import CLibFuzzer
import Glibc
import JSON

/// Any octets: the parser refuses them or makes a value that is written and read back equal.
@main
struct FuzzJSON {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(
            LLVMFuzzerRunDriver(&count, &arguments) { start, count in
                FuzzJSON.run(Array(UnsafeBufferPointer(start: start, count: count)))
                return 0
            })
    }

    private static func run(_ text: [UInt8]) {
        _ = JSONParser.isNumber(text)
        guard let value = try? JSONParser.parse(text) else { return }
        let written = JSONWriter.text(of: value)
        guard let again = try? JSONParser.parse(written, limits: JSONLimits(octets: .max)) else {
            fatalError("what was written does not parse")
        }
        guard again == value else { fatalError("what was written parses to another value") }
        guard JSONWriter.text(of: again) == written else { fatalError("the same value is written in two ways") }
    }
}

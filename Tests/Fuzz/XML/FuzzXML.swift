import CLibFuzzer
import Glibc
import XML

/// Any octets: the parser refuses them or makes elements that are written and read back equal.
@main
struct FuzzXML {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(
            LLVMFuzzerRunDriver(&count, &arguments) { start, count in
                FuzzXML.run(Array(UnsafeBufferPointer(start: start, count: count)))
                return 0
            })
    }

    private static func run(_ text: [UInt8]) {
        guard let root = try? XMLParser.parse(text) else { return }
        _ = root.firstDescendant("Code")
        _ = root.attribute("type")
        let written = write(root)
        guard let again = try? XMLParser.parse(Array(written.utf8), limits: XMLLimits(octets: .max, nodes: .max)) else {
            fatalError("what was written does not parse")
        }
        guard write(again) == written else { fatalError("what was written parses to another value") }
    }

    /// Names, texts and structure; texts before the elements.
    private static func write(_ element: XMLElement) -> String {
        let inside = element.children.map(write).joined()
        return "<\(element.name)>\(XMLText.escape(element.text))\(inside)</\(element.name)>"
    }
}

import Configuration
import Crypto
import Domain
import Foundation
import JSON
import Store

extension Command {
    static let verifyAudit = Command(
        "audit verify", "checks the whole audit log, row by row",
        usage: """

            Names the first row that was changed, removed or moved; exit status 1 then. The hash of the last row is
            printed: kept elsewhere, it proves later that nothing before it was rewritten.
            """
    ) { arguments, invocation in
        try arguments.finish()
        let output = invocation.output
        let verdict = try invocation.installation().store().verifyAudit { checked in
            if isatty(STDERR_FILENO) == 1 {
                FileHandle.standardError.write(Data("\r\(checked) rows checked".utf8))
            }
        }
        if isatty(STDERR_FILENO) == 1 { FileHandle.standardError.write(Data("\r".utf8)) }
        switch verdict {
        case .intact(let rows, let hash):
            output.text("intact: \(rows) rows, last hash \(hexadecimal(hash))")
            output.json {
                $0.object {
                    $0.field("intact", true)
                    $0.field("rows", rows)
                    $0.field("lastHash", hexadecimal(hash))
                }
            }
            return .success
        case .broken(let sequence, let reason):
            output.text("broken at row \(sequence): \(reason)")
            output.json {
                $0.object {
                    $0.field("intact", false)
                    $0.field("row", sequence)
                    $0.field("reason", reason)
                }
            }
            return .no
        }
    }

    private static func hexadecimal(_ octets: [UInt8]) -> String {
        octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

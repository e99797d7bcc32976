import Configuration
import Domain
import JSON
import Store

extension Command {
    static let postUsage = Command(
        "post-usage", "posts what waits in the usage tail to rollups and ledger",
        usage: """
            [--batch N]

            What the jobs role does all the time, once: for an installation without it, and after repairs. Posts what waits
            now in transactions of N rows, 20000 unless told, and prints how many. What comes meanwhile may wait for the
            next time. While another poster is at work it posts nothing and leaves the rest to that one.

              --batch N  rows a transaction, 1 to 1000000
            """
    ) { arguments, invocation in
        let text = try arguments.option("--batch") ?? "20000"
        try arguments.finish()
        guard let batch = Int(text), 1...1_000_000 ~= batch else {
            throw UsageError("--batch must be a whole number between 1 and 1000000")
        }
        let store = try invocation.installation().store()
        var posted = 0
        var count = batch
        // Less than a batch is all there was: traffic that never stops must not keep the command.
        while count == batch {
            count = try store.transaction { (transaction) throws(Failure) in
                try transaction.postUsage(limit: batch)
            }
            posted += count
        }
        if posted > 0 {
            let details = JSONWriter.object { $0.field("posted", posted) }
            try store.transaction { (transaction) throws(Failure) in
                try transaction.audit(
                    Installation.entry(
                        "usage.post", subject: "usage", details: String(decoding: details, as: UTF8.self)),
                    at: .now())
            }
        }
        invocation.output.text("\(posted) posted")
        invocation.output.json { $0.object { $0.field("posted", posted) } }
        return .success
    }
}

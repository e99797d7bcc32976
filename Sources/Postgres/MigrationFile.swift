import Foundation

/// Why the migrations cannot be applied. Nothing of the file in question was applied.
package enum MigrationError: Error, Equatable, Sendable {
    /// The folder or a file of it cannot be read as UTF-8 text.
    case unreadable(String)
    /// Not `NNNN_what_changes.sql`.
    case badName(String)
    case duplicateNumber(String)
    /// A number is missing before this file.
    case gap(String)
    /// BEGIN, COMMIT or a relative at statement level; the file's transaction is ours.
    case transactionControl(name: String, word: String)
    /// The text of an applied migration is not the text that was applied.
    case changed(String)
    /// The database has a migration that we do not: it belongs to a newer program.
    case unknown(String)
    /// A later migration is applied and this one is not.
    case skipped(String)
    /// It failed and was rolled back.
    case failed(name: String, PostgresError)
    case database(PostgresError)
}

/// A file of the migrations folder.
struct MigrationFile: Equatable, Sendable {
    /// The file's name without `.sql`.
    let name: String
    let text: String

    /// The files of a folder by their numbers, which run from 1 without gaps. Other endings are not looked at.
    static func read(directory: String) throws(MigrationError) -> [MigrationFile] {
        guard let entries = try? FileManager.default.contentsOfDirectory(atPath: directory) else {
            throw .unreadable(directory)
        }
        var files: [MigrationFile] = []
        for entry in entries.filter({ $0.hasSuffix(".sql") && !$0.hasPrefix(".") }).sorted() {
            let name = String(entry.dropLast(4))
            guard let number = number(of: name) else { throw .badName(entry) }
            guard number != files.count else { throw .duplicateNumber(entry) }
            guard number == files.count + 1 else { throw .gap(entry) }
            guard let octets = FileManager.default.contents(atPath: directory + "/" + entry),
                let text = String(validating: octets, as: UTF8.self)
            else { throw .unreadable(entry) }
            if let word = TransactionControl.firstWord(in: text) {
                throw .transactionControl(name: entry, word: word)
            }
            files.append(MigrationFile(name: name, text: text))
        }
        return files
    }

    /// The number of `NNNN_what_changes`, nil when the name is not of that form.
    private static func number(of name: String) -> Int? {
        let octets = Array(name.utf8)
        guard octets.count > 5, octets[4] == UInt8(ascii: "_"),
            octets.prefix(4).allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
            octets.dropFirst(5).allSatisfy({ isWordOctet($0) })
        else { return nil }
        return octets.prefix(4).reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    private static func isWordOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
        default: false
        }
    }
}

import Configuration
import Crypto
import Domain
import Foundation
import JSON
import Providers
import Store

extension Command {
    static let importCredentials = Command(
        "credentials import", "takes over the keys of an installation that kept them in SQLite",
        usage: """
            --fernet-key-file KEYFILE [--providers FILE] FILE
              --fernet-key-file KEYFILE  the older installation's Fernet key; not open to others
              --providers FILE           the rows of api_providers, where FILE has those of api_keys only
              FILE                       the rows of api_keys, or one JSON object with both tables as its members

            Rows are what sqlite3 writes, as JSON or as CSV with a header:

              sqlite3 -json old.db 'SELECT * FROM api_providers' >api_providers.json
              sqlite3 -json old.db 'SELECT * FROM api_keys' >api_keys.json

            Everything is checked first. Either all rows are taken over or, exit status 1, none; a key that is here
            already stays as it is, so that a second run changes nothing.
            """
    ) { arguments, invocation in
        guard let keyFile = try arguments.option("--fernet-key-file") else {
            throw UsageError("--fernet-key-file is missing")
        }
        let providersFile = try arguments.option("--providers")
        guard let file = arguments.word() else { throw UsageError("the file with the rows is missing") }
        try arguments.finish()
        let store = try invocation.installation().store()
        let known = try store.providers().filter { $0.kind != "compute" }
        let tables = try ImportFiles(file: file, providersFile: providersFile)
        let read = CredentialImport(
            providers: tables.providers, keys: tables.keys, key: try ImportFiles.fernetKey(keyFile),
            known: Set(known.map(\.slug)), now: .now())
        var report = ImportReport(read, own: known)
        if read.isSound { try report.run(read, in: store) }
        report.print(to: invocation.output)
        return report.isRefused ? .no : .success
    }
}

/// The files of `credentials import`, read.
private struct ImportFiles {
    let providers: ImportTable
    let keys: ImportTable

    init(file: String, providersFile: String?) throws {
        let text = try Self.read(file)
        do throws(ImportTableError) {
            if let both = try ImportTable.both(text) {
                guard providersFile == nil else {
                    throw ImportTableError(reason: "has both tables, so --providers is too much")
                }
                (providers, keys) = both
                return
            }
            keys = try ImportTable(text)
        } catch {
            throw Refusal("nothing was imported: \(file) \(error.reason)")
        }
        guard let providersFile else {
            throw UsageError("--providers is missing: \(file) has one table only")
        }
        let other = try Self.read(providersFile)
        do throws(ImportTableError) {
            providers = try ImportTable(other)
        } catch {
            throw Refusal("nothing was imported: \(providersFile) \(error.reason)")
        }
    }

    private static func read(_ path: String) throws(Refusal) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Refusal("nothing was imported: \(path) cannot be read")
        }
        return Array(data)
    }

    static func fernetKey(_ path: String) throws(Refusal) -> FernetKey {
        let text: String
        do throws(ConfigurationError) {
            text = try ConfigurationFile.read(path, setting: "--fernet-key-file", isSecret: true)
        } catch {
            throw Refusal("nothing was imported: \(error.reason)")
        }
        do throws(CryptoError) {
            return try FernetKey(text.filter { !$0.isWhitespace })
        } catch {
            throw Refusal("nothing was imported: \(path) does not hold a Fernet key, 32 octets in URL-safe base64")
        }
    }
}

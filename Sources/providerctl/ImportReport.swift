import Domain
import JSON
import Providers
import Store

/// What became of every row of an import.
struct ImportReport {
    /// How a row ended.
    enum Result: String {
        case imported
        case present
        /// Of a provider's row: it is known here, and keeps its own settings.
        case known
        /// Of a provider's row: it was switched off, as it was there.
        case disabled
        case refused
        /// Nothing is wrong with it, but with another row.
        case skipped = "not imported"
    }

    private var lines: [(row: ImportedRow, result: Result, note: String)]
    /// How keys are told to the providers of this installation, by slug.
    private let own: [String: AuthType]

    /// Whether nothing was imported because of a row.
    var isRefused: Bool { lines.contains { $0.result == .refused } }

    init(_ read: CredentialImport, own providers: [ProviderRecord]) {
        own = Dictionary(providers.map { ($0.slug, $0.authType) }) { first, _ in first }
        lines = read.rows.map { row in
            guard row.problems.isEmpty else { return (row, .refused, row.problems.joined(separator: "; ")) }
            return (row, .skipped, "")
        }
    }

    /// All of it in one transaction, or nothing when the database knows better than the rows.
    mutating func run(_ read: CredentialImport, in store: Store) throws(Failure) {
        var foreign: [ForeignCredential] = []
        for (key, _) in read.keys { foreign.append(try ForeignCredential(key)) }
        let inactive = read.providers.filter { !$0.isActive }.map(\.slug)
        let outcome = try store.transaction { (transaction) throws(Failure) in
            let findings = try transaction.compare(foreign)
            guard !findings.contains(.idTaken) else { return (findings: findings, disabled: Set<String>()) }
            return (findings, try transaction.take(foreign, findings, inactive))
        }
        note(read, outcome.findings, outcome.disabled)
    }

    private mutating func note(
        _ read: CredentialImport, _ findings: [ForeignCredentialFinding], _ disabled: Set<String>
    ) {
        for ((key, place), finding) in zip(read.keys, findings) {
            switch finding {
            case .new: lines[place].result = .imported
            case .present(let id):
                lines[place].result = .present
                if id != key.id { lines[place].note = "as \(id.text)" }
            case .idTaken:
                lines[place].result = .refused
                lines[place].note = "id belongs to another key here"
            }
        }
        for (index, provider) in read.providers.enumerated() {
            lines[index].result = disabled.contains(provider.slug) ? .disabled : .known
            guard let here = own[provider.slug], let there = provider.authType, here != there else { continue }
            lines[index].note =
                "auth_type was \(there.rawValue), here it is \(here.rawValue): see 'providerctl provider set'"
        }
        guard isRefused else { return }
        for index in lines.indices where lines[index].result != .refused { lines[index].result = .skipped }
    }

    func print(to output: Output) {
        output.table(
            ["TABLE", "ROW", "PROVIDER", "ENVIRONMENT", "RESULT", "NOTE"],
            lines.map { line in
                [
                    line.row.table, "\(line.row.number)", line.row.provider ?? "?", line.row.environment ?? "",
                    line.result.rawValue, line.note,
                ]
            })
        let imported = lines.filter { $0.result == .imported }.count
        let present = lines.filter { $0.result == .present }.count
        output.text(
            isRefused ? "nothing was imported" : "\(imported) imported, \(present) here already")
        output.json {
            $0.object {
                $0.field("imported", imported)
                $0.field("present", present)
                $0.field("refused", isRefused)
                $0.key("rows")
                $0.array(lines) { json, line in
                    json.object {
                        $0.field("table", line.row.table)
                        $0.field("row", line.row.number)
                        $0.field("id", line.row.id)
                        $0.field("provider", line.row.provider)
                        $0.field("environment", line.row.environment)
                        $0.field("result", line.result.rawValue)
                        $0.field("note", line.note.isEmpty ? nil : line.note)
                    }
                }
            }
        }
    }
}

extension ForeignCredential {
    fileprivate init(_ key: ImportedKey) throws(Failure) {
        self.init(
            id: key.id, slug: try ProviderSlug(key.slug), environment: key.environment,
            credential: NewCredential(
                secret: key.credentials.serialized(), type: key.credentials.type, hint: key.credentials.hint),
            isActive: key.isActive, lastUsedAt: key.lastUsedAt, createdAt: key.createdAt, updatedAt: key.updatedAt)
    }
}

extension Transaction {
    /// Adds what is new, and switches providers off that were off, where keys of theirs came: without that a second
    /// run would undo what somebody has done here since. Returns which were switched off.
    fileprivate func take(
        _ foreign: [ForeignCredential], _ findings: [ForeignCredentialFinding], _ inactive: [String]
    ) throws(Failure) -> Set<String> {
        let now = Timestamp.now()
        let new = zip(foreign, findings).filter { $0.1 == .new }.map(\.0)
        for credential in new { try add(credential) }
        var disabled: Set<String> = []
        for slug in inactive where new.contains(where: { $0.slug.text == slug }) {
            if try disable(try ProviderSlug(slug), at: now) { disabled.insert(slug) }
        }
        for slug in Set(new.map(\.slug.text)).sorted() { try reviewAlerts(of: try ProviderSlug(slug), at: now) }
        for credential in new { try audit(.imported(credential), at: now) }
        for slug in disabled.sorted() {
            try audit(
                Installation.entry(
                    "provider.disable", subject: slug, provider: slug,
                    details: #"{"reason":"credentials import","before":{"enabled":true},"after":{"enabled":false}}"#),
                at: now)
        }
        return disabled
    }
}

extension AuditEntry {
    fileprivate static func imported(_ foreign: ForeignCredential) -> AuditEntry {
        let details = JSONWriter.object {
            $0.key("before")
            $0.null()
            $0.field(
                "after",
                object: {
                    $0.field("environment", foreign.environment.text)
                    $0.field("hint", foreign.credential.hint)
                    $0.field("active", foreign.isActive)
                })
        }
        return Installation.entry(
            "credential.import", subject: foreign.id.text, provider: foreign.slug.text,
            details: String(decoding: details, as: UTF8.self))
    }
}

import Crypto
import Domain
import XCTest

@testable import Providers

/// What comes from an older installation: how its tables are read and everything that can be wrong with a row.
final class ImportTests: XCTestCase {
    private static let keyText = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="
    private static let now = Timestamp(seconds: 1_800_000_000)
    private static let known: Set<String> = ["gemini", "openrouter", "requesty", "ollama"]
    private static let id = "0b0e7a1c-6a5e-4f0e-9d59-3f1c2b3a4d5e"

    private func token(_ text: String) throws -> String {
        try FernetKey(Self.keyText).encrypt(Array(text.utf8), now: 1_700_000_000)
    }

    private func provider(_ changes: ImportTable.Row = [:]) -> ImportTable.Row {
        [
            "id": "p1", "name": "openrouter", "display_name": "OpenRouter",
            "endpoint_url": "https://openrouter.ai/api/v1", "auth_type": "bearer", "is_active": "1",
            "created_at": "2025-09-01 10:00:00",
        ].merging(changes) { _, new in new }
    }

    private func key(_ changes: ImportTable.Row = [:]) throws -> ImportTable.Row {
        [
            "id": Self.id, "provider_id": "p1", "key_value": try token("sk-or-v1-0123456789"), "environment": "prod",
            "is_active": "1", "last_used_at": "2025-11-26 17:00:00", "created_at": "2025-09-02 10:00:00.25",
            "updated_at": "2025-09-03 10:00:00",
        ].merging(changes) { _, new in new }
    }

    private func read(
        _ providers: [ImportTable.Row], _ keys: [ImportTable.Row], key: String = keyText
    ) throws -> CredentialImport {
        CredentialImport(
            providers: ImportTable(rows: providers), keys: ImportTable(rows: keys), key: try FernetKey(key),
            known: Self.known, now: Self.now)
    }

    // MARK: - Tables

    func testJSONAndCSVOfSQLiteAreTheSameTable() throws {
        let json =
            #"[{"id":"a","is_active":1,"note":"x, \"y\"\nz","gone":null},{"id":"b","is_active":0,"note":"","gone":null}]"#
        let csv = "id,is_active,note,gone\r\na,1,\"x, \"\"y\"\"\nz\",\r\nb,0,,\r\n"
        let table = try ImportTable(Array(csv.utf8))
        XCTAssertEqual(
            table.rows, [["id": "a", "is_active": "1", "note": "x, \"y\"\nz"], ["id": "b", "is_active": "0"]])
        let other = try ImportTable(Array(json.utf8))
        XCTAssertEqual(other.rows.map { $0.filter { !$0.value.isEmpty } }, table.rows)
    }

    func testNothingIsATableWithoutRows() throws {
        for text in ["", "\n", "[]", "id,name\n", "id,name"] {
            XCTAssertEqual(try ImportTable(Array(text.utf8)).rows, [], text)
        }
    }

    func testBothTablesCanBeOneObject() throws {
        let both = try XCTUnwrap(
            ImportTable.both(Array(#" {"api_keys":[{"id":"k"}],"api_providers":[{"id":"p"}]}"#.utf8)))
        XCTAssertEqual(both.providers.rows, [["id": "p"]])
        XCTAssertEqual(both.keys.rows, [["id": "k"]])
        XCTAssertNil(try ImportTable.both(Array("[]".utf8)))
        for text in [
            "{}", #"{"api_keys":[]}"#, #"{"api_keys":[],"api_providers":{}}"#, "{",
            #"{"api_keys":[],"api_providers":[],"users":[]}"#,
        ] {
            XCTAssertThrowsError(try ImportTable.both(Array(text.utf8)), text)
        }
    }

    func testWhatIsNoTableIsRefused() throws {
        for text in [
            "[1]", "[[]]", #"[{"a":{}}]"#, #"[{"a":1},"#, "{}", "a,b\n1\n", "a,a\n1,2\n", "a,\n1,2\n", "a\n\"x\n",
            "a\n\"x\"y\n",
            "a\nx\"y\n",
        ] {
            XCTAssertThrowsError(try ImportTable(Array(text.utf8)), text)
        }
        XCTAssertThrowsError(try ImportTable(Array("a\n".utf8) + [0xFF, 0x0A]))
        XCTAssertEqual(try ImportTable([0xEF, 0xBB, 0xBF] + Array("a\nx".utf8)).rows, [["a": "x"]])
    }

    func testTimesOfSQLiteAndPythonAreUTC() {
        let seconds: Int64 = 1_764_176_400
        for (text, micros) in [
            ("2025-11-26 17:00:00", Int64(0)), ("2025-11-26T17:00:00Z", 0), ("2025-11-26 17:00:00+00:00", 0),
            ("2025-11-26 17:00:00.5", 500_000), ("2025-11-26 17:00:00.123456", 123_456),
            ("2025-11-26 17:00:00.123456789", 123_456),
        ] {
            XCTAssertEqual(SQLiteTime.parse(text)?.microseconds, seconds * 1_000_000 + micros, text)
        }
        for text in [
            "", "2025-11-26", "2025-11-26 17:00", "2025-02-30 10:00:00", "2025-11-26 24:00:00", "1764176400",
            "2025-11-26 17:00:00.", "2025-11-26 17:00:00+01:00", "2025-11-26_17:00:00", "0025-11-26 17:00:00",
        ] {
            XCTAssertNil(SQLiteTime.parse(text), text)
        }
    }

    // MARK: - Rows

    func testASoundImportHasEveryKeyWithItsTimes() throws {
        let bare: ImportTable.Row = [
            "id": "0B0E7A1C6A5E4F0E9D593F1C2B3A4D5F", "provider_id": "p1",
            "key_value": try token("sk-other-0123456789"),
        ]
        let read = try read([provider()], [try key(), bare])
        XCTAssertTrue(read.isSound, "\(read.rows)")
        XCTAssertEqual(
            read.keys.map(\.key),
            [
                ImportedKey(
                    id: try XCTUnwrap(ID(Self.id)), slug: "openrouter",
                    credentials: .apiKey(Secret("sk-or-v1-0123456789")),
                    environment: try EnvironmentName("prod"), isActive: true,
                    lastUsedAt: SQLiteTime.parse("2025-11-26 17:00:00"),
                    createdAt: try XCTUnwrap(SQLiteTime.parse("2025-09-02 10:00:00.25")),
                    updatedAt: try XCTUnwrap(SQLiteTime.parse("2025-09-03 10:00:00"))),
                ImportedKey(
                    id: try XCTUnwrap(ID("0b0e7a1c-6a5e-4f0e-9d59-3f1c2b3a4d5f")), slug: "openrouter",
                    credentials: .apiKey(Secret("sk-other-0123456789")), environment: .standard, isActive: true,
                    lastUsedAt: nil, createdAt: Self.now, updatedAt: Self.now),
            ])
        XCTAssertEqual(read.keys.map(\.row), [1, 2])
    }

    func testEveryMistakeOfAProviderIsNamed() throws {
        for (changes, problem) in [
            (["name": "elsewhere"], "there is no provider of this name here"), (["name": "OpenRouter"], "lower-case"),
            (["name": ""], "name is missing"), (["endpoint_url": "ftp://x"], "endpoint_url is not"),
            (["endpoint_url": "nonsense"], "endpoint_url is not"), (["auth_type": "basic"], "auth_type must be"),
            (["is_active": "yes"], "is_active must be 0 or 1"),
            (["created_at": "yesterday"], "created_at is not a time"),
            (["display_name": ""], "display_name is missing"), (["secret": "x"], "secret is not a known column"),
            (["id": ""], "id is missing"),
        ] {
            let read = try read([provider(changes)], [])
            XCTAssertFalse(read.isSound)
            XCTAssertTrue(read.rows[0].problems.contains { $0.contains(problem) }, "\(changes) \(read.rows)")
        }
        let twice = try read([provider(), provider(["id": "p2"])], [])
        XCTAssertEqual(twice.rows.map(\.problems), [[], ["name is there twice"]])
    }

    func testEveryMistakeOfAKeyIsNamedWithoutTheSecret() throws {
        let other = try FernetKey("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").encrypt([65], now: 1)
        let sound = try token("sk-or-v1-0123456789")
        for (changes, problem) in [
            (["key_value": other], "does not open"),
            (["key_value": String(sound.dropLast(8)) + "AAAAAAA="], "does not open"),
            (["key_value": "sk-or-v1-plain"], "is not a Fernet token"), (["key_value": ""], "key_value is missing"),
            (["key_value": try token("two words")], "cannot be a key of this provider"),
            (["key_value": try token("")], "cannot be a key"), (["provider_id": "p9"], "provider_id is not the ID"),
            (["environment": "a b"], "environment must have"), (["id": "17"], "id is not a UUID"),
            (["is_active": "2"], "is_active must be 0 or 1"), (["last_used_at": "never"], "last_used_at is not a time"),
            (["extra": "x"], "extra is not a known column"),
        ] {
            let read = try read([provider()], [try key(changes)])
            XCTAssertFalse(read.isSound)
            let row = try XCTUnwrap(read.rows.last)
            XCTAssertEqual([row.table, "\(row.number)"], ["api_keys", "1"])
            XCTAssertTrue(row.problems.contains { $0.contains(problem) }, "\(changes) \(row)")
            XCTAssertFalse("\(read.rows)".contains("sk-or"))
        }
    }

    func testARowWithAnUnknownProviderAndADamagedTokenHasBothMistakes() throws {
        let read = try read([provider()], [try key(["provider_id": "p9", "key_value": "x"])])
        XCTAssertEqual(read.rows.last?.problems.count, 2)
    }

    func testDuplicatesAreRefused() throws {
        let other = "0b0e7a1c-6a5e-4f0e-9d59-3f1c2b3a4d5f"
        let sameID = try read([provider()], [try key(), try key(["key_value": try token("sk-other-0123456789")])])
        XCTAssertEqual(sameID.rows.last?.problems, ["id is there twice"])
        let sameKey = try read([provider()], [try key(), try key(["id": other])])
        XCTAssertEqual(sameKey.rows.last?.problems, ["the same key is there twice for its environment"])
        let elsewhere = try read([provider()], [try key(), try key(["id": other, "environment": "dev"])])
        XCTAssertTrue(elsewhere.isSound)
    }

    func testAProviderWithoutKeysHereTakesNone() throws {
        let ollama = provider(["name": "ollama"])
        let read = try read([ollama], [try key()])
        XCTAssertEqual(read.rows.last?.problems, ["key_value holds something that cannot be a key of this provider"])
    }
}

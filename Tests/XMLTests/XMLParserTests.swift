import XCTest
import XML

final class XMLParserTests: XCTestCase {
    func testElementsAttributesAndTextAreReadInTheirOrder() throws {
        let root = try parse(
            """
            <?xml version="1.0" encoding="UTF-8" standalone="yes"?>
            <!-- an answer -->
            <list xmlns="urn:x" count='2'><item id="a">one</item>
              <item id="b"><name>two</name></item><other/></list>
            """)
        XCTAssertEqual(root.name, "list")
        XCTAssertEqual(root.attribute("count"), "2")
        XCTAssertNil(root.attribute("missing"))
        XCTAssertEqual(root.children("item").map { $0.attribute("id") }, ["a", "b"])
        XCTAssertEqual(root.children.map(\.name), ["item", "item", "other"])
        XCTAssertEqual(root["item"]?.text, "one")
        XCTAssertEqual(root["other"]?.text, "")
        XCTAssertNil(root["nothing"])
        XCTAssertNil(root.at("item", "name"), "the first item has no name")
        XCTAssertEqual(root.firstDescendant("name")?.text, "two")
        XCTAssertNil(root.firstDescendant("nothing"))
    }

    func testPrefixesAreDroppedFromNames() throws {
        let root = try parse("<s:Envelope xmlns:s='u'><s:Body xsi:type='VirtualDisk'>x</s:Body></s:Envelope>")
        XCTAssertTrue(root.isNamed("Envelope"))
        XCTAssertEqual(root.at("Body")?.attribute("type"), "VirtualDisk")
    }

    func testReferencesAndLiteralsBecomeText() throws {
        XCTAssertEqual(try parse("<a>&lt;&amp;&gt;&apos;&quot;&#65;&#x20AC;&#x1F600;</a>").text, "<&>'\"A€😀")
        XCTAssertEqual(try parse("<a>x<![CDATA[<b>&amp;]]]]>y<!-- z -->w</a>").text, "x<b>&amp;]]yw")
        XCTAssertEqual(try parse("<a b='1 &amp;&#10;2\n3'/>").attribute("b"), "1 &\n2 3")
        XCTAssertEqual(try parse("<a>1\r\n2\r3\n4&#13;</a>").text, "1\n2\n3\n4\r")
    }

    func testAByteOrderMarkAndInstructionsAreLookedPast() throws {
        XCTAssertEqual(try parse("\u{FEFF}<?xml version='1.0'?><?pi x?><a><?pi?>t</a><?pi?><!-- -->\n").text, "t")
    }

    func testWhatIsNotWellFormedIsRefusedAtItsPlace() {
        let cases: [(String, XMLError.Reason, Int)] = [
            ("", .empty, 0),
            ("  ", .unexpectedEnd, 2),
            ("text", .trailingData, 0),
            ("<a>", .unexpectedEnd, 3),
            ("<a", .unexpectedEnd, 2),
            ("<a></b>", .mismatchedTag, 3),
            ("<a></a", .unexpectedEnd, 6),
            ("<a></a><b/>", .trailingData, 7),
            ("<a></a>x", .trailingData, 7),
            ("<a b></a>", .unexpectedCharacter, 4),
            ("<a b=c></a>", .unexpectedCharacter, 5),
            ("<a b='1'c='2'/>", .unexpectedCharacter, 8),
            ("<a b='1' b='2'/>", .duplicateAttribute, 9),
            ("<a b='<'/>", .unexpectedCharacter, 6),
            ("<1/>", .invalidName, 1),
            ("<a:b:c/>", .invalidName, 1),
            ("<:a/>", .invalidName, 1),
            ("<a:.b/>", .invalidName, 1),
            ("<a b:1='c'/>", .invalidName, 3),
            ("<a>&nbsp;</a>", .unknownEntity, 3),
            ("<a>&</a>", .unknownEntity, 3),
            ("<a>&#0;</a>", .invalidReference, 3),
            ("<a>&#xD800;</a>", .invalidReference, 3),
            ("<a>&#+65;</a>", .invalidReference, 3),
            ("<a>&#x110000;</a>", .invalidReference, 3),
            ("<a>]]></a>", .unexpectedCharacter, 3),
            ("<a><!-- -- --></a>", .unexpectedCharacter, 8),
            ("<a>\u{1}</a>", .forbiddenCharacter, 3),
            ("<a>\u{FFFF}</a>", .forbiddenCharacter, 3),
            ("<?xml version='2.0'?><a/>", .declaration, 0),
            ("<?xml version='1.0' encoding='latin1'?><a/>", .declaration, 0),
            (" <?xml version='1.0'?><a/>", .declaration, 1),
        ]
        for (text, reason, position) in cases {
            XCTAssertThrowsError(try parse(text), text) {
                XCTAssertEqual($0 as? XMLError, XMLError(reason: reason, position: position), text)
            }
        }
        XCTAssertThrowsError(try XMLParser.parse(Array("<a>".utf8) + [0xC3, 0x28])) {
            XCTAssertEqual($0 as? XMLError, XMLError(reason: .invalidUTF8, position: 3))
        }
    }

    func testDocumentTypesAndTheirEntitiesAreRefused() {
        for text in [
            "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>",
            "<!DOCTYPE a SYSTEM 'http://127.0.0.1/x'><a/>",
            "<?xml version='1.0'?><!DOCTYPE a><a/>", "<a><!ENTITY x 'y'></a>",
        ] {
            XCTAssertThrowsError(try parse(text), text) {
                XCTAssertEqual(($0 as? XMLError)?.reason, .documentType, text)
            }
        }
    }

    func testEveryLimitHolds() throws {
        let deep = String(repeating: "<a>", count: 65) + String(repeating: "</a>", count: 65)
        XCTAssertThrowsError(try parse(deep)) { XCTAssertEqual(($0 as? XMLError)?.reason, .tooDeep) }
        XCTAssertNoThrow(
            try parse(String(repeating: "<a>", count: 64) + String(repeating: "</a>", count: 64)))
        let many = "<a>" + String(repeating: "<b/>", count: 100) + "</a>"
        XCTAssertThrowsError(try XMLParser.parse(Array(many.utf8), limits: XMLLimits(nodes: 100))) {
            XCTAssertEqual(($0 as? XMLError)?.reason, .tooManyNodes)
        }
        XCTAssertNoThrow(try XMLParser.parse(Array(many.utf8), limits: XMLLimits(nodes: 101)))
        XCTAssertThrowsError(try XMLParser.parse(Array(many.utf8), limits: XMLLimits(octets: 10))) {
            XCTAssertEqual(($0 as? XMLError)?.reason, .tooLarge)
        }
        let attributes = "<a " + (0...256).map { "b\($0)='1'" }.joined(separator: " ") + "/>"
        XCTAssertThrowsError(try parse(attributes)) { XCTAssertEqual(($0 as? XMLError)?.reason, .tooManyNodes) }
    }

    func testEveryPrefixOfATextIsRefused() throws {
        let text = Array("<?xml version='1.0'?><a b='c'><!-- d --><e>&amp;<![CDATA[f]]></e></a>".utf8)
        XCTAssertNoThrow(try XMLParser.parse(text))
        for count in text.indices { XCTAssertThrowsError(try XMLParser.parse(Array(text[..<count])), "\(count)") }
    }

    func testWhatIsEscapedIsReadBackAsItWas() throws {
        let text = "<&>\"' \t\r\n€😀 ]]> end"
        let root = try parse("<a b=\"\(XMLText.escape(text))\">\(XMLText.escape(text))</a>")
        XCTAssertEqual(root.text, text)
        XCTAssertEqual(root.attribute("b"), text)
        XCTAssertEqual(XMLText.escape("a\u{0}\u{1F}\u{FFFE}"), "a\u{FFFD}\u{FFFD}\u{FFFD}")
    }

    private func parse(_ text: String) throws -> XMLElement { try XMLParser.parse(Array(text.utf8)) }
}

import ChatStorageConformance
import ChatStorageCore
import Foundation
import Testing

#if canImport(FoundationXML)
import FoundationXML
#endif

/// The reports for programs.
@Suite struct ReportTests {
    /// What XML cannot hold, or only escaped, and what JSON must escape.
    private static let peculiar =
        "<a b=\"c\">&amp; ]]> ' \u{1}\u{1b}[0m \0 \u{ffff}\u{fffe} \u{1f600}\r\n\t\u{85}\u{2028}"

    /// A run with a check of each outcome.
    private func report() async -> ConformanceReport {
        let checks = [
            Check("example.failed", .o1, .a6, why: "It \(Self.peculiar).") { context in
                _ = try await context.open().conversation("one")
                context.expect(1, equals: 2, "one is two \(Self.peculiar)")
            },
            Check("example.passed", .o2, why: "An example.") { _ = try await $0.open() },
            Check("example.waived", .o2, why: "An example.") { $0.expect(false, "it holds", actual: Self.peculiar) },
            Check("example.skipped", .o2, why: "An example.") { _ in throw MissingFromHarness("x \(Self.peculiar)") },
            Check("example.inapplicable", .d1, needs: [.capability(.durable)], why: "An example.") { _ in },
        ]
        let waivers = [Waiver("example.waived", reason: "known \(Self.peculiar)")]
        return await ConformanceSuite.run(checks, on: InMemoryHarness(), waivers: waivers, seed: .max)
    }

    @Test func jsonTellsAll() async throws {
        let text = try await report().json()
        let json = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(json["backend"] as? String == "memory")
        #expect(json["seed"] as? String == "18446744073709551615")
        #expect(json["filtered"] as? Bool == true)
        #expect(json["fullPass"] as? Bool == false)
        #expect(
            json["counts"] as? [String: Int]
                == ["passed": 1, "failed": 1, "waived": 1, "skipped": 1, "notApplicable": 1])
        let checks = try #require(json["checks"] as? [[String: Any]])
        #expect(checks.map { $0["outcome"] as? String } == ["failed", "passed", "waived", "skipped", "notApplicable"])
        #expect(checks.allSatisfy { $0["seconds"] is Double })
        #expect(checks[0]["id"] as? String == "example.failed")
        #expect(checks[0]["rules"] as? [String] == ["O1", "A6"])
        #expect(checks[0]["why"] as? String == "It \(Self.peculiar).")
        let failure = try #require((checks[0]["failures"] as? [[String: Any]])?.first)
        #expect(failure["expectation"] as? String == "one is two \(Self.peculiar)")
        #expect(failure["expected"] as? String == "2")
        #expect(failure["actual"] as? String == "1")
        #expect((failure["location"] as? String)?.hasPrefix("ConformanceTests/ReportTests.swift:") == true)
        let calls = try #require(checks[0]["calls"] as? [String])
        #expect(calls.count == 3)
        #expect(calls[1].contains("handle 1: conversation("))
        #expect((checks[0]["command"] as? String)?.contains("CHATSTORAGE_TEST_CHECKS=example.failed") == true)
        #expect(checks[2]["reason"] as? String == "known \(Self.peculiar)")
        #expect(checks[3]["reason"] as? String == "the harness does not offer x \(Self.peculiar)")
        #expect(checks[4]["reason"] as? String == "the backend does not declare durable")
    }

    @Test func junitIsWellFormedAndTellsAll() async throws {
        let elements = try Elements(await report().junitXML())
        let suite = try #require(elements["testsuite"].first)
        #expect(suite.attributes["name"]?.contains("(a part of the suite's ") == true)
        #expect(suite.attributes["tests"] == "5")
        #expect(suite.attributes["failures"] == "1")
        #expect(suite.attributes["skipped"] == "3")
        let properties = elements["property"].map { "\($0.attributes["name"] ?? "")=\($0.attributes["value"] ?? "")" }
        #expect(properties.contains("seed=18446744073709551615"))
        #expect(properties.contains("fullPass=false"))
        #expect(properties.contains("filtered=true"))
        #expect(elements["testcase"].count == 5)
        let failure = try #require(elements["failure"].first)
        #expect(
            failure.attributes["message"]
                == "one is two <a b=\"c\">&amp; ]]> ' \\u{01}\\u{1B}[0m \\0 \\u{FFFF}\\u{FFFE} "
                + "\u{1f600}\r\n\t\u{85}\u{2028}")
        for part in [
            "contract O1: ", "expected: 2", "actual:   1", "handle 1: conversation(", "seed: 1844", "run it again: ",
        ] {
            #expect(failure.text.contains(part), "\(part)")
        }
        let reasons = elements["skipped"].compactMap { $0.attributes["message"] }
        #expect(reasons.count == 3)
        #expect(reasons[0].hasPrefix("failed and waived, known <a"))
        #expect(reasons[1].hasPrefix("skipped, the harness does not offer"))
        #expect(reasons[2] == "not applicable, the backend does not declare durable")
    }

    @Test func aWholeRunIsAFullPassInEveryFormat() throws {
        var report = ConformanceReport(backend: "example", seed: 1)
        for check in ConformanceSuite.checks { report.add(.example(of: check, .passed)) }
        #expect(report.isFullPass)
        #expect(try report.json().contains(#""fullPass" : true"#))
        let elements = try Elements(report.junitXML())
        #expect(elements["property"].contains { $0.attributes == ["name": "fullPass", "value": "true"] })
        #expect(elements["testsuite"].first?.attributes["name"] == "ChatStorageConformance on example")
        #expect(elements["testsuite"].first?.attributes["time"] == "\(1.5 * Double(ConformanceSuite.checks.count))")
    }
}

/// The elements of an XML document, as a parser of somebody else's reads them.
private struct Elements {
    struct Element {
        let name: String
        let attributes: [String: String]
        var text = ""
    }

    private let elements: [Element]

    init(_ xml: String) throws {
        let parser = XMLParser(data: Data(xml.utf8))
        let reader = Reader()
        parser.delegate = reader
        guard parser.parse() else { throw NotWellFormed(reason: parser.parserError.map { "\($0)" }, xml: xml) }
        elements = reader.elements
    }

    subscript(name: String) -> [Element] { elements.filter { $0.name == name } }

    struct NotWellFormed: Error {
        let reason: String?
        let xml: String
    }

    private final class Reader: NSObject, XMLParserDelegate {
        var elements: [Element] = []
        private var open: [Int] = []

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            open.append(elements.count)
            elements.append(Element(name: name, attributes: attributes))
        }

        func parser(
            _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
        ) {
            open.removeLast()
        }

        func parser(_ parser: XMLParser, foundCharacters text: String) {
            if let index = open.last { elements[index].text += text }
        }
    }
}

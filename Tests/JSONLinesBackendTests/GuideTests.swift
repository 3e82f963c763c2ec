import Foundation
import Testing

/// The guide to backends shows the code of this target as it stands.
@Suite struct GuideTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    private static let guide = folder.appendingPathComponent(
        "../../Sources/ChatStorageConformance/Documentation.docc/ImplementingABackend.md")

    @Test func codeInTheGuideIsTheCodeThatRuns() throws {
        let files = try FileManager.default.contentsOfDirectory(at: Self.folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "swift" }
            .map { try String(contentsOf: $0, encoding: .utf8) }
        let blocks = try String(contentsOf: Self.guide, encoding: .utf8).split(separator: "```swift\n").dropFirst()
            .compactMap { $0.split(separator: "```", omittingEmptySubsequences: false).first.map(String.init) }
        #expect(blocks.count >= 9)
        for block in blocks {
            // A member of a type is shown without the indentation that it has there.
            let indented = block.replacing(/(?m)^(?=.)/, with: "    ")
            #expect(files.contains { $0.contains(block) || $0.contains(indented) }, "not in this target:\n\(block)")
        }
    }

    @Test func theHarnessAndItsTestAreShort() throws {
        let lines = try ["JSONLinesConformanceTests.swift", "JSONLinesXCTests.swift"].map {
            try String(contentsOf: Self.folder.appendingPathComponent($0), encoding: .utf8)
        }.joined().split(separator: "\n", omittingEmptySubsequences: false).count
        #expect(lines < 60)
    }
}

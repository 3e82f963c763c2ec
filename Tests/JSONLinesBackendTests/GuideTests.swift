import Foundation
import Testing

/// What the guides say of the code of this target is so.
@Suite struct GuideTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

    /// The README says that they are forty lines.
    @Test func theHarnessAndItsTestAreShort() throws {
        let lines = try ["JSONLinesConformanceTests.swift", "JSONLinesXCTests.swift"].map {
            try String(contentsOf: Self.folder.appendingPathComponent($0), encoding: .utf8)
        }.joined().split(separator: "\n").map { $0.drop(while: \.isWhitespace) }
        #expect(lines.count { !$0.isEmpty && !$0.hasPrefix("import ") && !$0.hasPrefix("//") } <= 40)
    }
}

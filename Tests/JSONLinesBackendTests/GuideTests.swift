import Foundation
import Testing

/// What the guide to backends says of the code of this target is so.
@Suite struct GuideTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

    @Test func theHarnessAndItsTestAreShort() throws {
        let lines = try ["JSONLinesConformanceTests.swift", "JSONLinesXCTests.swift"].map {
            try String(contentsOf: Self.folder.appendingPathComponent($0), encoding: .utf8)
        }.joined().split(separator: "\n", omittingEmptySubsequences: false).count
        #expect(lines < 60)
    }
}

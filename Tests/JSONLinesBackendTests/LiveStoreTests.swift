import ChatStorageConformance
import ChatStorageCore
import Foundation
import Testing

/// The suite on a store in use, whose backend has one handle at a time; each handle must be prepared.
@Suite struct LiveStoreTests {
    @Test func checksLeaveTheStoreAsItWas() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("chats-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let theirs = JSONLinesBackend(folder: folder)
        try await theirs.prepare()
        try await theirs.append(.user("kept"), to: "theirs")
        try await theirs.close()
        let before = try contents(of: folder)

        let harness = LiveStoreHarness(name: "JSON Lines in use") {
            JSONLinesBackend(folder: folder, survivesPowerLoss: false)
        }
        let checks = ConformanceSuite.checks(matching: [
            "harness.", "tenants.", "closing.", "durability.", "absence.", "linearisability.", "model.",
        ])
        let report = await ConformanceSuite.run(checks, on: harness, randomCalls: 500)
        for result in report.results where ["failed", "skipped"].contains(result.outcome.name) {
            Issue.record("\(result)")
        }
        #expect(report.results.contains { $0.check.id == "durability.reopened" && $0.outcome.name == "passed" })
        try await harness.end()
        #expect(try contents(of: folder) == before)
    }

    /// The files of the folder by their names.
    private func contents(of folder: URL) throws -> [String: Data] {
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return Dictionary(
            uniqueKeysWithValues: try files.map { ($0.lastPathComponent, try Data(contentsOf: $0)) })
    }
}

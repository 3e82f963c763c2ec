import ChatStorageCore
import ChatStorageInMemory
import ChatStorageSupport
import Foundation
import TestSupport
import Testing

@testable import ChatStorageTransfer

/// What becomes of every real file that lies beside the package, as one table.
///
/// `SampleTable.md` has the table. `CHATSTORAGE_TEST_SAMPLE_TABLE=1 swift test --filter SampleTable` writes it anew.
@Suite("Sample files: all of them", .enabled(if: SampleFiles.areThere))
struct SampleTableTests {
    private static let folders = ["chatgpt", "claude", "datasets_api", "other_apps", "provider_responses", "sql"]

    private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("SampleTable.md")

    @Test("every file is imported or refused by name, as the table says")
    func table() async throws {
        var lines: [String] = []
        for path in Self.folders.flatMap(SampleFiles.paths(in:)) { lines.append(try await Self.line(for: path)) }
        let head = ["| file | form | conversations | messages | not imported |", "|---|---|---|---|---|"]
        if ProcessInfo.processInfo.environment["CHATSTORAGE_TEST_SAMPLE_TABLE"] == "1" {
            try Data(((head + lines).joined(separator: "\n") + "\n").utf8).write(to: Self.file)
        }
        let expected = try String(contentsOf: Self.file, encoding: .utf8).split(separator: "\n").map(String.init)
        for line in lines where !expected.contains(line) { Issue.record("not in the table: \(line)") }
        for line in expected.dropFirst(2) where !lines.contains(line) { Issue.record("only in the table: \(line)") }
    }

    private static func line(for path: String) async throws -> String {
        let file = SampleFiles.folder.appendingPathComponent(path).path
        let backend = InMemoryBackend(roles: .withTools)
        try await backend.prepare()
        let importer = Importer(storage: backend.defaultTenant)
        let problems = Problems()
        do {
            let summary = try await importer.run(ChatFile(path: file, roles: RoleSet.withTools.roles)) { event in
                await problems.add(event.outcome)
            }
            let cells = [path, try await form(of: file), "\(summary.imported)", "\(summary.messages)"]
            return "| \((cells + [await problems.text]).joined(separator: " | ")) |"
        } catch let error as ChatFileError {
            return "| \(path) | | | | \(error.message) |"
        }
    }

    private static func form(of path: String) async throws -> String {
        if try await SQLiteChats(path: path) != nil { return "a SQLite file" }
        let decoder = ConversationDecoder(roles: RoleSet.withTools.roles)
        switch try await FileStart.read(FileDescriptor.reading(path: path), decoder).format {
        case .unknown: return "the library's, OpenAI's or ShareGPT's"
        case .parts(let form), .whole(let form): return form.name
        }
    }

    /// The problems of a file, each with how often it is there.
    private actor Problems {
        private var counts: [(reason: String, count: Int)] = []

        func add(_ outcome: ImportOutcome) {
            let reason: String
            switch outcome {
            case .imported, .unchanged: return
            case .different: reason = "another conversation has the id"
            case .invalid(let text), .failed(let text), .fileDamaged(let text): reason = text
            }
            if let index = counts.firstIndex(where: { $0.reason == reason }) {
                counts[index].count += 1
            } else {
                counts.append((reason, 1))
            }
        }

        var text: String { counts.map { "\($0.count): \($0.reason)" }.joined(separator: "; ") }
    }
}

import ChatStorageCore
import ChatStorageSQLite
import TestSupport
import Testing

/// A disk that takes no more at some size of a file, by the system's limit for a process.
@Suite("SQLite: errors of the disk") struct DiskErrorTests {
    @Test("a write that the disk refuses is unavailable; what was acknowledged is there")
    func refusedWrites() async throws {
        guard try TestBackends.sqlite.isSelected() else { return }
        let tool = try Tool()
        let requests = (1...200).map { number in
            let content = String(repeating: "\(number) ", count: 1_000)
            return #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": "\#(content)"}"#
        }
        try tool.write(requests.joined(separator: "\n") + "\n", to: "requests")
        // If its signal is ignored, a write beyond the limit (in KiB) fails as one of a broken disk does.
        let run = try await tool.shell("trap '' XFSZ; ulimit -f 300; exec $TOOL exec --store sqlite:chat.db <requests")
        #expect(run.status == 0, "\(run)")
        let answers = run.output.split(separator: "\n")
        #expect(answers.count == requests.count)
        let stored = answers.count { $0.hasPrefix(#"{"ok": "#) }
        let refused = answers.filter { $0.hasPrefix(#"{"error": {"code": "unavailable""#) }
        #expect(stored > 0 && !refused.isEmpty && stored + refused.count == answers.count)
        for answer in refused {
            #expect(answer.contains("SQLite") && answer.contains("whether it was written is unknown"), "\(answer)")
            #expect(answer.hasSuffix(#", "retryable": true, "outcome": "unknown"}}"#), "\(answer)")
        }

        let backend = try await SQLiteBackend(path: tool.folder.path(of: "chat.db"))
        let messages = try await backend.messages(of: "c", .after(0), limit: .max)
        try await backend.close()
        // Those of unknown outcome are there or not, whole; no sequence is missing.
        #expect(messages.count >= stored)
        #expect(messages.map(\.sequence) == Array(1...Int64(messages.count)))
        let file = try TestSQLiteConnection(path: tool.folder.path(of: "chat.db"))
        #expect(try file.execute("PRAGMA integrity_check") == [["ok"]])
    }
}

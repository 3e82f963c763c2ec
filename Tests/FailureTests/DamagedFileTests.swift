import ChatStorageConformance
import ChatStorageCore
import ChatStorageSQLite
import Foundation
import TestSupport
import Testing

/// Database files with flipped bits, lost ends and exchanged pages: a clear error or what SQLite can read, never a
/// crash, and what only reads leaves the file as it is.
@Suite("SQLite: damaged files") struct DamagedFileTests {
    private static let conversations = 12
    private static let messages = 20

    @Test("flipped bits, lost ends, exchanged pages") func damaged() async throws {
        guard try TestBackends.sqlite.isSelected() else { return }
        let folder = try TemporaryFolder()
        let intact = try await makeStore(folder.path(of: "intact.db"))
        var generator = SplitMix64(seed: try SoakCount.seed)
        var figures = Figures("damaged SQLite files, reading")
        var writing = Figures("damaged SQLite files, writing")
        for _ in 0..<(try SoakCount.files.value) {
            let damaged = damage(intact, &generator)
            let path = folder.path(of: "\(figures.faults).db")
            try damaged.write(to: URL(fileURLWithPath: path))
            figures.faults += 1
            figures.add(try await read(path))
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == damaged, "reading changed the file")
            writing.faults += 1
            writing.add(try await write(path))
            for end in ["", "-wal", "-shm", "-journal"] { try? FileManager.default.removeItem(atPath: path + end) }
        }
        #expect(figures.acknowledged > figures.faults, "hardly any part of a damaged file is read")
        figures.report()
        writing.report()
    }

    @Test("what is intact stays readable beside what is not") func intactPart() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "chat.db")
        var bytes = try await makeStore(path)
        // The last pages have the last conversation's messages; their B-tree's header is made nonsense.
        bytes.replaceSubrange((bytes.count - 4096)..<(bytes.count - 4088), with: Data(repeating: 0xff, count: 8))
        try bytes.write(to: URL(fileURLWithPath: path))
        let backend = try await SQLiteBackend(path: path)
        #expect(try await backend.conversations(limit: 100).count == Self.conversations)
        var (readable, damaged) = (0, 0)
        for index in 0..<Self.conversations {
            do {
                let messages = try await backend.messages(of: ConversationID("c\(index)"), limit: 100)
                #expect(messages.map(\.content) == (0..<Self.messages).map { content(index, $0) })
                readable += 1
            } catch let error as ChatStorageError {
                #expect(error.code == .damaged)
                damaged += 1
            }
        }
        #expect(readable > Self.conversations / 2 && damaged >= 1)
        try await backend.close()
    }

    /// Makes a store whose tables have several pages each.
    private func makeStore(_ path: String) async throws -> Data {
        let backend = try await SQLiteBackend(path: path)
        try await backend.prepare()
        for index in 0..<Self.conversations {
            try await backend.append(
                (0..<Self.messages).map { .user(content(index, $0)) }, to: ConversationID("c\(index)"))
        }
        try await backend.close()
        return try Data(contentsOf: URL(fileURLWithPath: path))
    }

    private func content(_ conversation: Int, _ message: Int) -> String {
        "\(conversation) \(message) " + String(repeating: "é", count: message == 7 ? 4_000 : 60)
    }

    private func damage(_ intact: Data, _ generator: inout SplitMix64) -> Data {
        var bytes = [UInt8](intact)
        let page = 4096
        let pages = bytes.count / page
        func offset(_ generator: inout SplitMix64) -> Int {
            // The file's header and the pages' are small, and what they say goes furthest.
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: Int.random(in: 0..<100, using: &generator)
            case 1: Int.random(in: 0..<pages, using: &generator) * page + Int.random(in: 0..<64, using: &generator)
            default: Int.random(in: 0..<bytes.count, using: &generator)
            }
        }
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: bytes.removeLast(Int.random(in: 1..<bytes.count, using: &generator))
        case 1:
            let (one, other) = (
                Int.random(in: 0..<pages, using: &generator) * page, Int.random(in: 0..<pages, using: &generator) * page
            )
            let kept = bytes[one..<(one + page)]
            bytes.replaceSubrange(one..<(one + page), with: bytes[other..<(other + page)])
            bytes.replaceSubrange(other..<(other + page), with: Array(kept))
        case 2:
            let start = offset(&generator)
            let end = min(bytes.count, start + Int.random(in: 1...page, using: &generator))
            for index in start..<end { bytes[index] = UInt8.random(in: .min ... .max, using: &generator) }
        default:
            for _ in 0..<Int.random(in: 1...20, using: &generator) {
                bytes[offset(&generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            }
        }
        return Data(bytes)
    }

    /// Reads everything and changes nothing.
    ///
    /// - Returns: How many calls returned.
    private func read(_ path: String) async throws -> Int {
        let backend = try await SQLiteBackend(path: path)
        var calls = 0
        try await attempt(&calls) { _ = try await backend.conversations(limit: 100) }
        for index in 0..<Self.conversations {
            let id = ConversationID("c\(index)")
            try await attempt(&calls) { _ = try await backend.conversation(id) }
            try await attempt(&calls) { _ = try await backend.messages(of: id, limit: 1000) }
            try await attempt(&calls) { _ = try await backend.messages(of: id, .after(3), limit: 5) }
        }
        try await backend.close()
        return calls
    }

    /// Prepares and writes; what is damaged can be refused at any place.
    private func write(_ path: String) async throws -> Int {
        let backend = try await SQLiteBackend(path: path)
        var calls = 0
        try await attempt(&calls) { try await backend.prepare() }
        for index in 0..<Self.conversations {
            let id = ConversationID("c\(index)")
            try await attempt(&calls) { _ = try await backend.append([.user("new"), .assistant("new")], to: id) }
            try await attempt(&calls) { _ = try await backend.updateTitle(of: id, to: "new") }
        }
        try await attempt(&calls) { _ = try await backend.clearMessages(of: "c1") }
        try await attempt(&calls) { _ = try await backend.deleteConversation("c2") }
        try await backend.close()
        return calls
    }

    /// Damage is `damaged`, or what the damage makes of the file: no schema, another's, a newer one, a disk that fails.
    private func attempt(_ calls: inout Int, _ call: () async throws -> Void) async throws {
        do {
            try await call()
            calls += 1
        } catch let error as ChatStorageError {
            let codes: Set<ChatStorageError.Code> = [
                .damaged, .schemaMismatch, .schemaTooNew, .notPrepared, .unavailable, .accessDenied,
            ]
            #expect(codes.contains(error.code), "\(error)")
        }
    }
}

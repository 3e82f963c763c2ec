import ChatStorageCore
import ChatStorageInMemory
import ChatStoragePostgres
import ChatStorageSQLite
import ChatStorageSupport
import ChatStorageTransfer
import Foundation
import TestSupport
import Testing

@Suite("A real archive", .enabled(if: RealArchive.isThere, "there is no \(RealArchive.path)"))
struct RealArchiveTests {
    @Test(
        "goes into memory and comes back equal",
        .enabled("memory is not among the backends to test") { try TestBackends.memory.isSelected() })
    func memory() async throws {
        let backend = InMemoryBackend()
        try await check(backend)
    }

    @Test(
        "goes into SQLite and comes back equal",
        .enabled("sqlite is not among the backends to test") { try TestBackends.sqlite.isSelected() })
    func sqlite() async throws {
        let folder = try TemporaryFolder()
        let backend = try await SQLiteBackend(path: folder.path(of: "chat.db"))
        try await check(backend)
    }

    @Test(
        "goes into PostgreSQL and comes back equal",
        .enabled("postgres is not among the backends to test") { try TestBackends.postgres.isSelected() })
    func postgres() async throws {
        try await TestPostgres.withSchema { url, schema in
            var configuration = PostgresBackend.Configuration(url: url)
            configuration.schema = schema
            try await check(PostgresBackend(configuration))
        }
    }

    /// Imports the archive into an empty store and compares all of it with what Foundation reads from the file.
    private func check(_ backend: some ChatStorageBackend) async throws {
        let archive = try await RealArchive.contents.value
        try await backend.prepare()

        let summary = try await Importer(storage: backend).run(archive.entries) { event in
            guard case .imported = event.outcome else {
                Issue.record("line \(event.line) is \(event.outcome)")
                return
            }
        }
        #expect(summary.imported == 7_168)
        #expect(summary.messages == 258_145)

        var ids: Set<ConversationID> = []
        for expected in archive.expected {
            let id = ConversationID(expected.conversation_id)
            let stored = try #require(try await backend.conversation(id))
            #expect(stored.title.map { Array($0.utf8) } == expected.title.map { Array($0.utf8) })
            #expect(stored.createdAt == expected.messages.first.flatMap { Timestamp($0.created_at) })
            #expect(stored.updatedAt == expected.messages.last.flatMap { Timestamp($0.created_at) })
            let messages = try await backend.messages(of: id, limit: .max)
            let differences = zip(messages, expected.messages).enumerated().filter { index, pair in
                pair.0.sequence != Int64(index) + 1 || pair.0.role.rawValue != pair.1.role
                    || !pair.0.content.utf8.elementsEqual(pair.1.content.utf8)
                    || pair.0.createdAt != Timestamp(pair.1.created_at)
            }
            #expect(messages.count == expected.messages.count && differences.isEmpty, "conversation \(id)")
            ids.insert(id)
        }
        var listed: Set<ConversationID> = []
        for try await conversation in backend.allConversations() { listed.insert(conversation.id) }
        #expect(listed == ids)

        let again = try await Importer(storage: backend).run(archive.entries)
        #expect((again.imported, again.unchanged) == (0, 7_168))
        try await backend.close()
    }
}

/// An archive of 7,168 conversations that lies beside the package on some machines; it is not part of it.
private enum RealArchive {
    // The names are the file's.
    struct Conversation: Decodable, Sendable {
        let conversation_id: String
        let title: String?
        let messages: [Message]
    }

    struct Message: Decodable, Sendable {
        let role: String
        let content: String
        let created_at: String
    }

    /// Entries that have been read, as a sequence that can be imported again and again.
    struct Entries: AsyncSequence, Sendable {
        let entries: [ChatFile.Entry]

        func makeAsyncIterator() -> Iterator { Iterator(rest: entries.makeIterator()) }

        struct Iterator: AsyncIteratorProtocol {
            var rest: IndexingIterator<[ChatFile.Entry]>

            mutating func next() async -> ChatFile.Entry? { rest.next() }
        }
    }

    static let path = TestedPackage.folder.deletingLastPathComponent()
        .appendingPathComponent("shared/data/chitchat.jsonl.gz").path

    static var isThere: Bool { FileManager.default.isReadableFile(atPath: path) }

    /// The archive as the library reads it and as Foundation does, read once for all tests.
    static let contents = Task<(entries: Entries, expected: [Conversation]), any Error> {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "chats.jsonl")
        try decompress(to: path)
        let entries = try await ChatFile(path: path).reduce(into: []) { $0.append($1) }
        let expected = try Data(contentsOf: URL(fileURLWithPath: path)).split(separator: UInt8(ascii: "\n")).map {
            try JSONDecoder().decode(Conversation.self, from: $0)
        }
        return (Entries(entries: entries), expected)
    }

    private static func decompress(to target: String) throws {
        try Data().write(to: URL(fileURLWithPath: target))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc", path]
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: target))
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}

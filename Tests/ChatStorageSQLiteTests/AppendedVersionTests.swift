import ChatStorageCore
import ChatStorageSQLite
import TestSupport
import Testing

/// The version that an append returns, with which the next one can say that nothing came in between.
@Suite struct AppendedVersionTests {
    private let folder: TemporaryFolder
    private let backend: SQLiteBackend

    init() async throws {
        folder = try TemporaryFolder()
        backend = try await SQLiteBackend(path: folder.path(of: "chat.db"))
        try await backend.prepare()
    }

    private func append(_ messages: [ChatMessage], if condition: AppendCondition) async throws -> ConversationVersion? {
        let version = try await backend.append(NewMessages(messages, to: "c", if: condition)).version
        #expect(try await backend.conversation("c")?.version == version)
        return version
    }

    @Test func eachAppendTakesTheVersionOfTheOneBefore() async throws {
        var version = try #require(await append([.user("one"), .user("two")], if: .createIfMissing))
        #expect(version.lastSequence == 2)
        version = try #require(await append([.assistant("three")], if: .unchanged(version)))
        version = try #require(await append([.user("four")], if: .exists))
        let last = version
        _ = try await append([.assistant("five")], if: .createIfMissing)
        await expectError(.conflict) { try await backend.append(.assistant("late"), to: "c", if: .unchanged(last)) }
        try await backend.close()
    }

    @Test func aRepeatHasTheVersionOfNow() async throws {
        let keyed = [ChatMessage.user("one", key: "k"), .user("two", key: "l")]
        let first = try await append(keyed, if: .createIfMissing)
        let now = try await append([.assistant("three")], if: .exists)
        #expect(try await append(keyed, if: .createIfMissing) == now)
        #expect(now != first)
        #expect(try await backend.append(NewMessages([], to: "c")).version == nil)
        try await backend.close()
    }
}

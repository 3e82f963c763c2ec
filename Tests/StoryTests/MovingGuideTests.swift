import ChatStorageCore
import ChatStorageInMemory
import ChatStorageTransfer
import Foundation
import TestSupport
import Testing

/// The examples of moving chats do what the guides say.
@Suite struct MovingGuideTests {
    @Test func chatsOfOldTablesAreMovedOnce() async throws {
        let chats = InMemoryBackend.prepared()
        let start = Date(timeIntervalSince1970: 1_700_000_000)
        let rows = [
            MovingExamples.OldMessage(role: "user", text: "Hi", time: start),
            MovingExamples.OldMessage(role: "assistant", text: "Hello", time: start + 2),
        ]
        for _ in 1...2 { try await MovingExamples.move(rows, title: "Old", id: "trip", to: chats) }
        let stored = try await chats.messages(of: "trip")
        #expect(stored.map(\.chatMessage) == [.user("Hi"), .assistant("Hello")])
        #expect(stored.map(\.createdAt) == rows.map { Timestamp($0.time) })
        #expect(try await chats.conversation("trip")?.title == "Old")
    }

    @Test func messagesOfLangChainAreRead() throws {
        let rows = [
            #"{"type": "human", "data": {"content": "Hi", "additional_kwargs": {}, "type": "human"}}"#,
            #"{"type": "ai", "data": {"content": "Hello", "response_metadata": {}, "tool_calls": []}}"#,
            #"{"type": "system", "data": {"content": "You plan trips."}}"#,
        ]
        func read(_ row: String) throws -> ChatMessage {
            try JSONDecoder().decode(MovingExamples.LangChainMessage.self, from: Data(row.utf8)).chatMessage
        }
        #expect(try rows.map(read) == [.user("Hi"), .assistant("Hello"), .system("You plan trips.")])
        #expect(throws: MovingExamples.UnknownRole.self) { try read(#"{"type": "chat", "data": {"content": ""}}"#) }
    }

    @Test func aFileIsImportedOnce() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "chats.jsonl")
        try #"{"conversation_id": "trip", "messages": [{"role": "user", "content": "Hi"}]}"#
            .write(toFile: path, atomically: true, encoding: .utf8)
        let backend = InMemoryBackend.prepared()
        #expect(try await ProductionExamples.importFile(backend, path: path).messages == 1)
        #expect(try await ProductionExamples.importFile(backend, path: path).imported == 0)
        #expect(try await backend.tenant("user-42").history(of: "trip") == [.user("Hi")])
    }
}

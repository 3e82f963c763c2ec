import ChatStorageCore
import ChatStorageSQLite
import Foundation
import TestSupport
import Testing

@testable import ChatStorageProviders

/// What comes from OpenAI's APIs, once it has been in a database.
@Suite("OpenAI's messages in SQLite")
struct OpenAIStoreTests {
    private func stored(_ messages: [ChatMessage]) async throws -> [ChatMessage] {
        let folder = try TemporaryFolder()
        var configuration = SQLiteBackend.Configuration(path: folder.path(of: "chat.db"))
        configuration.roles = .withTools
        let backend = try await SQLiteBackend(configuration)
        try await backend.prepare()
        let chats = backend.tenant("ada")
        try await chats.append(messages, to: "c")
        let read = try await chats.history(of: "c", limit: 1_000)
        #expect(read == messages)
        try await backend.close()
        return read
    }

    @Test("samples are the same", .enabled(if: SampleFiles.areThere, "there is no \(SampleFiles.folder.path)"))
    func samples() async throws {
        let chats = try OpenAISamples.chat.keys.sorted().map { try OpenAIChat.message(from: OpenAISamples.data($0)) }
        let responses = try OpenAISamples.responses.keys.sorted().map {
            try OpenAIResponses.message(from: OpenAISamples.data($0))
        }
        _ = try await stored(chats + responses)
    }

    @Test("texts of every kind go back byte for byte")
    func texts() async throws {
        let chat = OpenAIChatExactnessTests.native.dropLast() + OpenAIChatExactnessTests.portable
        let messages = try OpenAIChat.messages(from: json("[" + chat.joined(separator: ",") + "]"))
        #expect(try elements(of: "messages", in: OpenAIChat.body(for: await stored(messages))) == Array(chat))
        let items = OpenAIResponsesTests.portable
        let others = try OpenAIResponses.messages(from: json("[" + items.joined(separator: ",") + "]"))
        #expect(try elements(of: "input", in: OpenAIResponses.body(for: await stored(others), .whole)) == items)
    }
}

import ChatStorageCore
import Foundation
import Testing

/// What a message is to others: its JSON, its equality.
@Suite struct ChatMessageTests {
    @Test func theJSONIsThatOfModelsAndHasNoKey() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let json = try encoder.encode(ChatMessage.user("hi", key: "k"))
        #expect(String(decoding: json, as: UTF8.self) == #"{"content":"hi","role":"user"}"#)
        let read = try JSONDecoder().decode(
            ChatMessage.self, from: Data(#"{"role": "user", "content": "hi", "key": "k"}"#.utf8))
        #expect(read == .user("hi"))
    }

    @Test func theKeyCounts() {
        #expect(ChatMessage.user("hi", key: "\u{e9}") != .user("hi", key: "e\u{301}"))
        #expect(ChatMessage.user("hi", key: "k") != .user("hi"))
        #expect(ChatMessage.user("hi", key: "k") == .user("hi", key: "k"))
    }

    @Test func aStoredMessageIsTheModelsWithoutItsKey() {
        let stored = Message(
            conversationID: "c", sequence: 1, role: .user, content: "hi", createdAt: .earliest, key: "k")
        #expect(stored.chatMessage == .user("hi"))
    }
}

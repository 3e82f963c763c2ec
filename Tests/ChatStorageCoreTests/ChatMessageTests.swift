import ChatStorageCore
import Testing

/// What a message is to others: its equality, and what a model gets of it.
@Suite struct ChatMessageTests {
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

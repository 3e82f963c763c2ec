import ChatStorageCore
import Testing

/// What a message is to others: its equality, and what a model gets of it.
@Suite struct ChatMessageTests {
    @Test func theKeyCounts() {
        #expect(ChatMessage.user("hi", key: "\u{e9}") != .user("hi", key: "e\u{301}"))
        #expect(ChatMessage.user("hi", key: "k") != .user("hi"))
        #expect(ChatMessage.user("hi", key: "k") == .user("hi", key: "k"))
    }

    @Test func openCallsAreThoseWithoutAResult() {
        let message = ChatMessage.assistant([
            .toolCall("a", callID: "1", input: "{}"), .toolCall("b", callID: "2", input: "{}"),
            MessagePart(.toolCall, name: "c", callID: "3", input: "{}", output: "done"),
            .toolResult(callID: "1", output: "done"),
        ])
        #expect(message.toolCalls.map(\.name) == ["a", "b", "c"])
        #expect(message.openToolCalls.map(\.name) == ["b"])
    }

    @Test func changesOfMetadataAddUp() throws {
        let change = ConversationChange.metadata(.setting("a", to: 1)).metadata(.setting("b", to: 2).removing("c"))
            .metadata(.removing("a"))
        #expect(try change.metadata.applied(to: ["a": 0, "c": 0, "d": 0]) == ["b": 2, "d": 0])
        #expect(try change.metadata(.replacing(with: ["e": 1])).metadata.applied(to: ["d": 0]) == ["e": 1])
    }

    @Test func editedPartsLoseTheirNativeJSON() throws {
        let native = NativeJSON(format: "f", json: try JSONText("{}"))
        var message = ChatMessage(
            role: .assistant, parts: [MessagePart(.text, text: "a", native: native), MessagePart("x", native: native)],
            native: native)
        message.metadata = ["a": 1]
        #expect(message.native == native && message.parts[0].native == native)
        message.parts[0].text = "b"
        #expect(message.native == nil && message.parts[0].native == nil && message.parts[1].native == native)
        #expect(message.content == "b" && message.metadata == ["a": 1])
        message.native = native
        message.role = .user
        #expect(message.native == nil)
    }

    @Test func aStoredMessageIsTheModelsWithoutItsKey() {
        let stored = Message(
            conversationID: "c", sequence: 1, role: .user, content: "hi", createdAt: .earliest, key: "k")
        #expect(stored.chatMessage == .user("hi"))
    }
}

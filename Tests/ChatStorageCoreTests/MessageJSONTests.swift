import ChatStorageCore
import Testing

/// What a database keeps of a message's parts, and what no backend writes there.
@Suite struct MessageJSONTests {
    private static func read(_ parts: String?, content: String = "aé") throws -> ChatMessage {
        try MessageJSON.message(role: .assistant, content: content, parts: parts, metadata: nil, key: nil)
    }

    @Test func whatIsStoredComesBack() throws {
        let json = try JSONText(#"{"a" : "\ud83d"}"#)
        var message = ChatMessage.assistant([
            .text("a\n"), MessagePart(.reasoning, text: "why", native: NativeJSON(format: "f", json: json)), .text(""),
            MessagePart(.text), MessagePart("x", extra: [ExtraMember("e", json)]),
        ])
        message.native = NativeJSON(format: "g", json: json)
        let read = try MessageJSON.message(
            role: .assistant, content: message.content, parts: MessageJSON.stored(message), metadata: nil, key: nil)
        #expect(read == message)
        #expect(MessageJSON.stored(.user("plain")) == nil)
    }

    @Test(arguments: [
        "5", #""x""#, "[]", "null", "{}", "{", #"{"parts":5}"#, #"{"parts":[5]}"#, #"{"other":1}"#,
        #"{"parts":[{"kind":"text","text_bytes":3},{"kind":"text","text":"zzz"}]}"#,
        #"{"parts":[{"kind":"x","text_bytes":3}]}"#, #"{"parts":[{"kind":"text","text_bytes":2}]}"#,
        #"{"parts":[{"kind":"text","text_bytes":4}]}"#, #"{"parts":[{"kind":"text","text_bytes":3}],"parts":[]}"#,
        #"{"parts":[{"kind":"text","text_bytes":1},{"kind":"text","text_bytes":1}]}"#, #"{"parts":[]}"#,
        #"{"parts":[{"kind":"text","text_bytes":3,"file":{"size":1,"size":2}}]}"#,
    ])
    func whatNoBackendWritesIsDamaged(_ parts: String) {
        let error = #expect(throws: ChatStorageError.self) { try Self.read(parts) }
        #expect(error?.code == .damaged)
    }
}

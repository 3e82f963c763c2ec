import ChatStorageCore
import Testing

@Suite("What print and failed tests show")
struct DescriptionTests {
    private let time = Timestamp(microsecondsSinceEpoch: 1_795_331_871_123_456)

    @Test("a message is its role and what is said")
    func messages() {
        #expect("\(ChatMessage.user("Hi"))" == #"user: "Hi""#)
        #expect("\([ChatMessage.user("Hi"), .assistant("")])" == #"[user: "Hi", assistant: ""]"#)
        #expect("\(ChatMessage(role: .user, parts: []))" == "user: no parts")
        var message = ChatMessage.assistant(
            [.text("One moment."), .toolCall("weather", callID: "1", input: #"{"a":1}"#), MessagePart("own")], key: "k")
        message.metadata = ["rating": 1]
        #expect(
            "\(message)" == """
                assistant: "One moment." + tool_call(name: "weather", callID: "1", input: "{\\"a\\":1}") + own, \
                key "k", metadata {"rating":1}
                """)
        let stored = Message(conversationID: "trip", sequence: 2, role: .user, content: "Hi", createdAt: time)
        #expect("\(stored)" == #""trip" #2 user: "Hi", created \#(time)"#)
        #expect(String(reflecting: stored) == stored.description)
        let answer = Message(
            conversationID: "trip", sequence: 2, body: .assistant("Hel"), createdAt: time, predecessor: 0,
            writing: MessageWriting(state: .streaming, revision: 3, revisedAt: time))
        #expect(
            "\(answer)" == """
                "trip" #2 assistant: "Hel", created \(time), follows none, streaming, revision 3, revised \(time)
                """)
        let branch = Message(
            conversationID: "trip", sequence: 9, body: .user("Hi"), createdAt: time, predecessor: 4)
        #expect("\(branch)" == #""trip" #9 user: "Hi", created \#(time), follows #4"#)
    }

    @Test("a part is its kind and what it has")
    func parts() throws {
        let native = NativeJSON(format: "f", json: try JSONText("[1]"))
        let part = MessagePart(
            .toolResult, text: "x", callID: "1", isError: true, output: "no", file: MessageFile(name: "a.png", size: 3),
            extra: [ExtraMember("e", try JSONText("null"))], native: native)
        #expect(
            "\(part)" == """
                tool_result(text: "x", callID: "1", output: "no", isError: true, file: (name: "a.png", size: 3), \
                e: null, native: f [1])
                """)
        #expect("\(MessagePart.text("x"))" == #""x""#)
        #expect("\(MessagePart(.text, id: "1", text: "x"))" == #"text(id: "1", text: "x")"#)
    }

    @Test("a conversation is its id, its title and its state")
    func conversations() {
        let plain = Conversation(id: "c", title: nil, createdAt: time, updatedAt: time, lastSequence: 1)
        #expect("\(plain)" == #""c", 1 message, last 1, read through 0, created \#(time), updated \#(time)"#)
        let full = Conversation(
            id: "c", title: "T", createdAt: time, updatedAt: time, lastSequence: 9, readThrough: 9,
            labels: ["b", "a"], metadata: ["x": [1, .null]], clearedThrough: 7)
        #expect(
            "\(full)" == """
                "c" "T", 2 messages, last 9, read through 9, cleared through 7, created \(time), updated \(time), \
                labels "a" "b", metadata {"x":[1,null]}
                """)
        let preview = MessagePreview(sequence: 2, role: .assistant, createdAt: time, text: "Hel", state: .failed)
        let branched = Conversation(
            id: "c", title: nil, createdAt: time, updatedAt: time, lastSequence: 9, preview: preview, head: 3)
        #expect(
            "\(branched)" == """
                "c", 9 messages, last 9, read through 0, branched, head 3, created \(time), updated \(time), \
                preview #2 assistant: "Hel" (failed)
                """)
        let newest = Conversation(
            id: "c", title: nil, createdAt: time, updatedAt: time, lastSequence: 9, isBranched: true)
        #expect("\(newest)".contains("read through 0, branched, created"))
    }

    @Test("metadata and JSON values are their JSON")
    func json() {
        let metadata: Metadata = ["b": 1.5, "a": ["x", true]]
        #expect("\(metadata)" == #"{"a":["x",true],"b":1.5}"#)
        #expect("\(metadata.object)" == "\(metadata)")
        #expect("\(JSONValue.string("x"))" == #""x""#)
        #expect("\([JSONValue.null, 1])" == "[null, 1]")
    }

    @Test("long and hostile texts take one short line")
    func lengths() {
        let text = String(repeating: "é", count: 100)
        #expect("\(ChatMessage.user(text))" == "user: \"\(text.prefix(80))\"... (200 bytes)")
        #expect("\(ChatMessage.user("a\n\u{1B}[2J\u{202E}'\"\\👩‍👧"))" == #"user: "a\n\u{1B}[2J\u{202E}'\"\\👩‍👧""#)
        let parts = ChatMessage.user((1...10).map { .reasoning("\($0)") })
        #expect("\(parts)".hasSuffix(#" + reasoning(text: "8") + 2 more"#))
        let large = ChatMessage(role: .user, parts: [.text("x")], metadata: ["long": .string(text)])
        #expect("\(large)".hasSuffix(#"... (211 bytes)"#))
    }
}

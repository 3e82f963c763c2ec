import ChatStorageCore
import Foundation
import Testing

/// The JSON of the values that leave a process: its bytes, that it comes back, and what is refused.
@Suite struct CodableTests {
    private static let time = Timestamp(microsecondsSinceEpoch: 1_795_331_871_123_456)
    private static let conversation = Conversation(
        id: "c", title: "A/é", createdAt: time, updatedAt: .latest, lastSequence: (1 << 53) - 1)

    private func expect<Value: Codable & Equatable>(_ value: Value, as json: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        #expect(String(decoding: try encoder.encode(value), as: UTF8.self) == json)
        #expect(try decoded(json) == value)
    }

    private func decoded<Value: Decodable>(_ json: String) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(json.utf8))
    }

    @Test func chatMessages() throws {
        try expect(ChatMessage.user("hi"), as: #"{"content":"hi","role":"user"}"#)
        try expect(ChatMessage.user("hi", key: "k"), as: #"{"content":"hi","key":"k","role":"user"}"#)
        try expect(ChatMessage(role: Role(rawValue: "tool"), content: ""), as: #"{"content":"","role":"tool"}"#)
        let both: [ChatMessage] = try decoded(#"[{"role":"user","content":"e\u0301"},{"role":"user","content":"é"}]"#)
        #expect(both == [.user("e\u{301}"), .user("\u{e9}")])
    }

    @Test func messages() throws {
        let json =
            #"{"content":"hi","conversation_id":"c","created_at":"2026-11-22T07:17:51.123456Z","role":"user","sequence":7}"#
        let message = Message(conversationID: "c", sequence: 7, role: .user, content: "hi", createdAt: Self.time)
        try expect(message, as: json)
        try expect(
            Message(conversationID: "c", sequence: 7, role: .user, content: "hi", createdAt: Self.time, key: "k"),
            as: json.replacing(#","role""#, with: #","key":"k","role""#))
        try expect(message.id, as: #"{"conversation_id":"c","sequence":7}"#)
    }

    @Test func conversations() throws {
        let times = #""created_at":"2026-11-22T07:17:51.123456Z""#
        let last = #""last_sequence":9007199254740991"#
        let json =
            #"{\#(times),"id":"c",\#(last),"message_count":9007199254740991,"read_through":0,"title":"A/é","#
            + #""updated_at":"9999-12-31T23:59:59.999999Z"}"#
        try expect(Self.conversation, as: json)
        try expect(
            Conversation(id: "c", title: nil, createdAt: Self.time, updatedAt: Self.time, lastSequence: 0),
            as: #"{\#(times),"id":"c","last_sequence":0,"message_count":0,"read_through":0,"#
                + #""updated_at":"2026-11-22T07:17:51.123456Z"}"#)
        try expect(Self.conversation.version, as: "{\(times),\(last)}")
        let cursor = ConversationCursor(after: Self.conversation, tenant: "t")
        try expect([cursor], as: #"["\#(cursor.text)"]"#)
        try expect(
            ConversationPage(items: [Self.conversation], next: cursor),
            as: #"{"items":[\#(json)],"next":"\#(cursor.text)"}"#)
        try expect(ConversationPage(items: [], next: nil), as: #"{"items":[]}"#)
        let read = try decoded(#"["\#(cursor.text)"]"#, [ConversationCursor].self)
        #expect(try read[0].position(tenant: "t") == (.latest, "c"))
    }

    @Test func snapshots() throws {
        try expect(
            ConversationSnapshot(
                id: "c", title: "t", createdAt: .earliest, updatedAt: Self.time, lastSequence: 9,
                messages: [
                    .init(sequence: 1, role: .user, content: "hi", createdAt: .earliest),
                    .init(sequence: 3, role: .assistant, content: "", createdAt: Self.time, key: "k"),
                ]),
            as: #"{"created_at":"0001-01-01T00:00:00.000000Z","id":"c","last_sequence":9,"messages":["#
                + #"{"content":"hi","created_at":"0001-01-01T00:00:00.000000Z","role":"user","sequence":1},"#
                + #"{"content":"","created_at":"2026-11-22T07:17:51.123456Z","key":"k","role":"assistant","sequence":3}],"#
                + #""title":"t","updated_at":"2026-11-22T07:17:51.123456Z"}"#)
    }

    @Test func messagesOfParts() throws {
        let json = try JSONText(#"{"a" : 1e2, "b":"\ud83d"}"#)
        var message = ChatMessage(
            role: .assistant,
            parts: [
                .text("hi"),
                MessagePart(
                    .toolCall, id: "i", name: "f", callID: "1", status: "completed", isError: false, input: "{ }",
                    output: "1.0",
                    file: MessageFile(mediaType: "a/b", name: "n", size: 3, sha256: "0", url: "u", id: "f"),
                    extra: [ExtraMember("z", json)], native: NativeJSON(format: "a", json: json)),
            ], metadata: ["model": "m", "camelCase": 1, "snake_case": [.null, 0.5]], key: "k")
        message.native = NativeJSON(format: "b", json: json)
        let exact = #""json":"{\"a\" : 1e2, \"b\":\"\\ud83d\"}""#
        try expect(
            message,
            as:
                #"{"key":"k","metadata":{"camelCase":1,"model":"m","snake_case":[null,0.5]},"native":{"format":"b",\#(exact)},"#
                + #""parts":[{"kind":"text","text":"hi"},{"call_id":"1","extra":[{\#(exact),"name":"z"}],"#
                + #""file":{"id":"f","media_type":"a/b","name":"n","sha256":"0","size":3,"url":"u"},"id":"i","#
                + #""input":"{ }","is_error":false,"kind":"tool_call","name":"f","native":{"format":"a",\#(exact)},"#
                + #""output":"1.0","status":"completed"}],"role":"assistant"}"#)
        try expect(ChatMessage.assistant([]), as: #"{"parts":[],"role":"assistant"}"#)
        let encoder = JSONEncoder()
        let decoder = JSONDecoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        #expect(try decoder.decode(ChatMessage.self, from: encoder.encode(message)) == message)
        #expect(throws: EncodingError.self) {
            try encoder.encode(Metadata(["\u{e9}": 1, "e\u{301}": 2]))
        }
    }

    @Test func formsAreTheSameWhateverTheStrategies() throws {
        let encoder = JSONEncoder()
        let decoder = JSONDecoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.dateEncodingStrategy = .millisecondsSince1970
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let message = Message(
            conversationID: "c", sequence: 1, role: .user, content: "hi", createdAt: Self.time, key: "k")
        let data = try encoder.encode(message)
        #expect(String(decoding: data, as: UTF8.self).contains(#""conversation_id":"c""#))
        #expect(try decoder.decode(Message.self, from: data) == message)
        #expect(try decoder.decode(Conversation.self, from: encoder.encode(Self.conversation)) == Self.conversation)
        let binary = try PropertyListEncoder().encode(message)
        #expect(try PropertyListDecoder().decode(Message.self, from: binary) == message)
    }

    @Test(
        arguments: [
            #""content": "", "tool_calls": [{"id": "1", "function": {"name": "secret"}}]"#,
            #""content": null, "tool_calls": [{"id": "1"}]"#, #""content": "", "function_call": {"name": "secret"}"#,
            #""content": null"#, #""content": [{"type": "text", "text": "secret"}]"#, #""content": 5"#, #""key": "k""#,
            #""content": "", "tool_call_id": "1""#, #""content": "", "reasoning_content": "secret""#,
            #""content": "", "name": "secret""#, #""content": "", "refusal": "secret""#, #""content": "", "weight": 0"#,
            #""parts": [{"kind": "text", "text": "secret", "cache_control": {"type": "ephemeral"}}]"#,
            #""content": "other", "parts": [{"kind": "text", "text": "secret"}]"#, #""parts": [{"text": "secret"}]"#,
            #""content": "", "metadata": ["secret"]"#, #""content": "", "native": {"format": "a", "json": "{"}"#,
            #""parts": [{"kind": "a", "input": {"secret": 1}}]"#,
        ])
    func whatAMessageCannotKeepIsRefused(_ members: String) {
        let place = #""sequence": 1, "created_at": "2026-11-22T07:17:51Z""#
        for json in [
            #"{"role": "assistant", \#(members)}"#,
            #"{"conversation_id": "c", \#(place), "role": "assistant", \#(members)}"#,
            #"{"id": "c", "created_at": "2026-11-22T07:17:51Z", "updated_at": "2026-11-22T07:17:51Z", "#
                + #""last_sequence": 1, "messages": [{\#(place), "role": "assistant", \#(members)}]}"#,
        ] {
            let error = #expect(throws: DecodingError.self) {
                if json.contains("messages") {
                    _ = try decoded(json) as ConversationSnapshot
                } else if json.contains("sequence") {
                    _ = try decoded(json) as Message
                } else {
                    _ = try decoded(json) as ChatMessage
                }
            }
            #expect(!"\(error as Any)".contains("secret"))
        }
    }

    @Test func theErrorSaysWhatWouldBeLost() {
        func said(_ json: String) -> String {
            do {
                let message: ChatMessage = try decoded(json)
                return "\(message)"
            } catch DecodingError.dataCorrupted(let context) {
                return context.debugDescription
            } catch {
                return "\(error)"
            }
        }
        #expect(
            said(#"{"role": "assistant", "content": null, "tool_calls": [{"id": "1"}]}"#)
                == "tool_calls would be lost; a provider's form of a message is read by a codec of ChatStorageProviders"
        )
        #expect(
            said(#"{"role": "user", "content": "hi", "name": "Ada"}"#)
                == "name would be lost; the known members are role, content, parts, metadata, key, native")
        #expect(
            said(#"{"role": "user", "content": [{"type": "text", "text": "hi"}]}"#)
                == "the content is not a string; a provider's form of a message is read by a codec of ChatStorageProviders"
        )
    }

    @Test func whatIsEmptyLosesNothing() throws {
        let message: ChatMessage = try decoded(
            """
            {"role": "assistant", "content": "hi", "key": null, "tool_calls": [], "refusal": null, "audio": {}, "name": "",
             "annotations": []}
            """)
        #expect(message == .assistant("hi"))
    }

    @Test func aVersionKeepsAllOfIt() {
        #expect(throws: DecodingError.self) {
            try decoded(
                #"{"created_at": "2026-11-22T07:17:51Z", "last_sequence": 1, "branch": 3}"#, ConversationVersion.self)
        }
    }

    @Test(arguments: [-1, 6, .min, .max] as [Int64])
    func aConversationIsNotClearedBeyondItsMessages(_ sequence: Int64) {
        #expect(throws: DecodingError.self) {
            try decoded(
                """
                {"id": "c", "created_at": "2026-11-22T07:17:51Z", "updated_at": "2026-11-22T07:17:51Z",
                 "last_sequence": 5, "cleared_through": \(sequence)}
                """, Conversation.self)
        }
    }

    @Test func whatIsOnlyReadMayHaveMore() throws {
        let conversation: Conversation = try decoded(
            """
            {"id": "c", "title": null, "created_at": "2026-11-22T08:17:51.123456+01:00", "labels": ["pinned"],
             "updated_at": "9999-12-31T23:59:59.999999Z", "last_sequence": 3}
            """)
        #expect(conversation.title == nil && conversation.createdAt == Self.time)
    }

    @Test(arguments: ["", "a b", "a+b", "a=", "é", "a\\u0000", String(repeating: "a", count: 1_025)])
    func textsThatAreNoCursorsAreRefused(_ text: String) throws {
        #expect(throws: DecodingError.self) { try decoded("[\"\(text)\"]", [ConversationCursor].self) }
        #expect(throws: EncodingError.self) { try JSONEncoder().encode([ConversationCursor(text)]) }
    }

    @Test(arguments: [.min, -62_135_596_800_000_001, 253_402_300_800_000_000, .max] as [Int64])
    func timesThatNoTextHasAreRefused(_ microseconds: Int64) {
        #expect(throws: EncodingError.self) {
            try JSONEncoder().encode([Timestamp(microsecondsSinceEpoch: microseconds)])
        }
    }

    private func decoded<Value: Decodable>(_ json: String, _ type: Value.Type) throws -> Value {
        try decoded(json)
    }
}

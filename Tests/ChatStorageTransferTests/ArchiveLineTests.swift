import ChatStorageCore
import ChatStorageInMemory
import ChatStorageTransfer
import Foundation
import TestSupport
import Testing

@Suite("Archive lines")
struct ArchiveLineTests {
    private static let parts = #"[{"kind": "tool_call", "name": "f", "call_id": "1", "input": "1e2"}]"#

    @Test("the library's own line is read with everything")
    func everything() async throws {
        let entries = try await TestFile.read(
            #"""
            {"conversation_id": "c", "title": "t", "created_at": "2026-01-01T00:00:00Z",
             "updated_at": "2026-01-03T00:00:00Z", "last_id": 9, "message_count": 3, "read_through": 4,
             "cleared_through": 1, "labels": ["b", "a", "a"], "metadata": {"x": 1e2}, "preview": {"id": 7},
             "messages": [
              {"id": 3, "conversation_id": "c", "role": "user", "content": "hi", "created_at": "2026-01-02T00:00:00Z",
               "key": "k", "metadata": {"rating": 1}},
              {"sequence": 7, "role": "assistant", "content": "", "parts": \#(Self.parts),
               "native": {"format": "f", "json": " {\"a\": 1.0}"}},
              {"role": "assistant", "parts": []}]}
            """#.replacing("\n", with: ""))
        let conversation = try #require(entries[0].conversation)
        #expect(conversation.leftOut == [])
        #expect(conversation.labels == ["a", "b"] && conversation.metadata == ["x": 100])
        #expect((conversation.lastSequence, conversation.readThrough) == (9, 4))
        let snapshot = conversation.snapshot(importTime: Timestamp(microsecondsSinceEpoch: 0))
        #expect(snapshot.createdAt == Timestamp("2026-01-01T00:00:00Z"))
        #expect(snapshot.updatedAt == Timestamp("2026-01-03T00:00:00Z"))
        #expect(snapshot.messages.map(\.sequence) == [3, 7, 8])
        var (first, second) = (ChatMessage.user("hi", key: "k"), ChatMessage.assistant([]))
        first.metadata = ["rating": 1]
        second.parts = [.toolCall("f", callID: "1", input: "1e2")]
        second.native = NativeJSON(format: "f", json: try JSONText(#" {"a": 1.0}"#))
        #expect(snapshot.messages.map(\.body) == [first, second, .assistant([])])
    }

    @Test("branches, the head and the states of answers are read")
    func branches() async throws {
        let entries = try await TestFile.read(
            #"""
            {"conversation_id": "c", "last_id": 4, "head": 0, "is_branched": true, "messages": [
              {"id": 1, "role": "user", "content": "a"},
              {"id": 2, "role": "assistant", "content": "b", "state": "streaming"},
              {"id": 3, "role": "assistant", "content": "c", "predecessor": 1, "state": "failed", "revision": 4,
               "revised_at": "2026-01-02T00:00:00Z"},
              {"id": 4, "role": "user", "content": "d", "predecessor": null, "state": "complete", "revision": 2}]}
            """#.replacing("\n", with: ""))
        let conversation = try #require(entries[0].conversation, "\(entries[0].content)")
        #expect(conversation.leftOut == [] && conversation.head == 0)
        let snapshot = conversation.snapshot(importTime: try #require(Timestamp("2026-01-01T00:00:00Z")))
        #expect(snapshot.head == 0)
        #expect(snapshot.messages.map(\.predecessor) == [nil, nil, 1, nil])
        #expect(
            snapshot.messages.map(\.writing) == [
                .none, .begun,
                MessageWriting(state: .failed, revision: 4, revisedAt: Timestamp("2026-01-02T00:00:00Z")),
                MessageWriting(state: .complete, revision: 2),
            ])
    }

    @Test("a line that was cut to its last messages is refused")
    func cut() async throws {
        let line =
            #"{"conversation_id": "c", "last_id": 9, "message_count": 9, "messages": [{"role": "user", "content": "hi"}]}"#
        let entries = try await TestFile.read(line)
        #expect(entries[0].conversation == nil)
        let whole = try await TestFile.read(line.replacing(#""message_count": 9"#, with: #""message_count": 1"#))
        #expect(whole[0].conversation != nil)
    }

    @Test("a snapshot as Codable writes it is such a line")
    func codable() async throws {
        let message = ChatMessage.assistant([.reasoning("why"), .text("so")], key: "k")
        var snapshot = ConversationSnapshot("c", title: "t", [.user("hi"), message])
        (snapshot.readThrough, snapshot.lastSequence, snapshot.labels) = (1, 5, ["a"])
        snapshot.metadata = ["x": [1, 2.5]]
        snapshot.head = 1
        snapshot.messages[1].predecessor = 0
        snapshot.messages[1].writing = MessageWriting(state: .stopped, revision: 3, revisedAt: snapshot.updatedAt)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        let entries = try await TestFile.read(bytes: Array(try encoder.encode(snapshot)))
        let conversation = try #require(entries[0].conversation)
        #expect(conversation.leftOut == [])
        #expect(conversation.snapshot(importTime: .now()) == snapshot)
    }

    @Test("in another's line, what means something else is kept as it is, and the rest is read as it always was")
    func others() async throws {
        let entries = try await TestFile.read(
            #"""
            {"id": "a", "created_at": 1700000000, "updated_at": "yesterday", "read_through": 5, "labels": [{"id": 1}],
             "metadata": "x", "last_id": "m9", "message_count": 2, "head": 1, "messages": [
              {"id": 101, "role": "user", "content": "hi", "parts": [{"type": "text", "text": "hi"}], "metadata": [1],
               "native": true, "key": "k", "conversation_id": "z", "state": "done", "revision": "a",
               "revised_at": 1700000000, "predecessor": "m0"},
              {"id": 102, "role": "user", "content": "hi", "parts": [], "key": "k", "metadata": {"a": 1, "a": 2}},
              {"id": 3, "role": "user", "content": "hi", "parts": [{"kind": "text", "text": "other"}], "key": 7}]}
            """#.replacing("\n", with: ""))
        let conversation = try #require(entries[0].conversation, "\(entries[0].content)")
        // A key that two messages have is none, and an object with a name twice is no metadata.
        #expect(conversation.leftOut == ["messages[].key", "messages[].metadata"])
        #expect(
            conversation.metadata == [
                "created_at": 1_700_000_000, "updated_at": "yesterday", "read_through": 5, "labels": [["id": 1]],
                "metadata": "x", "last_id": "m9", "message_count": 2, "head": 1,
            ])
        #expect(
            conversation.messages.map(\.body.metadata) == [
                [
                    "id": 101, "parts": [["type": "text", "text": "hi"]], "metadata": [1], "native": true,
                    "conversation_id": "z", "state": "done", "revision": "a", "revised_at": 1_700_000_000,
                    "predecessor": "m0",
                ], ["id": 102], ["parts": [["kind": "text", "text": "other"]], "key": 7],
            ])
        let plain = try await TestFile.read(
            #"{"id": "a", "messages": [\#(Array(repeating: #"{"role": "user", "content": "hi"}"#, count: 3).joined(separator: ", "))]}"#
        )
        let time = Timestamp(microsecondsSinceEpoch: 0)
        var withoutMetadata = conversation.snapshot(importTime: time)
        withoutMetadata.metadata = [:]
        for index in withoutMetadata.messages.indices { withoutMetadata.messages[index].body.metadata = [:] }
        #expect(withoutMetadata == plain[0].conversation?.snapshot(importTime: time))
        // Times that contradict the messages' too.
        let times = try await TestFile.read(
            #"""
            {"created_at": "2026-01-02T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z", "messages": [
             {"role": "user", "content": "hi", "created_at": "2026-01-01T12:00:00Z"}]}
            """#.replacing("\n", with: ""))
        #expect(times[0].conversation?.leftOut == [])
        #expect(
            times[0].conversation?.metadata == [
                "created_at": "2026-01-02T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
            ])
    }

    @Test("another's line can have what the library's has, but for the numbers: its messages are numbered by place")
    func written() async throws {
        let entries = try await TestFile.read(
            #"""
            {"created_at": "2026-01-01T00:00:00Z", "labels": ["a"], "metadata": {"x": 1}, "read_through": 0,
             "messages": [{"id": 1, "role": "user", "content": "hi", "metadata": {"r": 1}, "key": "k"},
              {"role": "assistant", "parts": \#(Self.parts), "native": {"format": "f", "json": "1"}}]}
            """#.replacing("\n", with: ""))
        let conversation = try #require(entries[0].conversation, "\(entries[0].content)")
        #expect(conversation.leftOut == [])
        let snapshot = conversation.snapshot(importTime: .now())
        #expect(snapshot.messages.map(\.sequence) == [1, 2] && snapshot.readThrough == 0)
        #expect(snapshot.labels == ["a"] && snapshot.metadata == ["x": 1])
        #expect(snapshot.createdAt == Timestamp("2026-01-01T00:00:00Z") && snapshot.updatedAt == snapshot.createdAt)
        #expect(snapshot.messages[0].body.metadata == ["r": 1] && snapshot.messages[0].key == "k")
        #expect(snapshot.messages[1].body.parts == [.toolCall("f", callID: "1", input: "1e2")])
        #expect(snapshot.messages[1].body.native?.format == "f")
    }

    @Test(
        "what is wrong in the library's line is named, without its texts",
        arguments: [
            (#""labels": "secret""#, "labels is a string, not an array"),
            (#""labels": ["a", 1]"#, "labels[1] is a number, not a string"),
            (#""labels": [""]"#, "labels[0] has 0 Unicode scalars; it takes 1 to 100, without U+0000"),
            (#""metadata": ["secret"]"#, "metadata is an array, not an object"),
            (#""metadata": {"a": 1, "a": "secret"}"#, "metadata: the JSON has a name twice in an object"),
            (#""read_through": "secret""#, "read_through is a string, not an integer"),
            (#""created_at": 1700000000"#, "created_at is a number, not a string"),
            (#""updated_at": "2026-02-30T00:00:00Z""#, "updated_at is not an RFC 3339 time"),
            (#""head": "secret""#, "head is a string, not an integer"),
            (
                #""messages": [{"role": "user", "content": "secret", "predecessor": true}]"#,
                "messages[0].predecessor is a Boolean, not an integer"
            ),
            (
                #""messages": [{"role": "user", "content": "secret", "state": "secret"}]"#,
                "messages[0].state is none of: complete, streaming, stopped, failed"
            ),
            (
                #""messages": [{"role": "user", "content": "secret", "revision": 1.5}]"#,
                "messages[0].revision is a number, not an integer"
            ),
            (
                #""messages": [{"role": "user", "content": "secret", "revised_at": "yesterday"}]"#,
                "messages[0].revised_at is not an RFC 3339 time"
            ),
            (#""last_sequence": 8"#, "last_id and last_sequence differ, but are two names of one number"),
            (
                #""messages": [{"role": "user", "content": "secret", "id": "1"}]"#,
                "messages[0].id is a string, not an integer"
            ),
            (
                #""messages": [{"role": "user", "content": "secret", "key": 1}]"#,
                "messages[0].key is a number, not a string"
            ),
            (
                #""messages": [{"role": "user", "content": "secret", "parts": [{"kind": "text", "text": "x"}]}]"#,
                "messages[0].content is not that of the parts"
            ),
            (
                #""messages": [{"role": "user", "parts": [{"text": "secret"}]}]"#,
                "messages[0].parts[0]: a part has no kind"
            ),
            (
                #""messages": [{"role": "user", "parts": [{"kind": "text"}, {"kind": "text", "id": 1}]}]"#,
                "messages[0].parts[1]: id is a number, not a string"
            ),
            (
                #""messages": [{"role": "user", "content": "", "native": {"format": "f"}}]"#,
                "messages[0].native: native has no format or no json"
            ),
            (
                #""messages": [{"role": "user", "content": "", "native": {"format": "f", "json": "{secret"}}]"#,
                "messages[0].native: the JSON text is not valid JSON, at byte 2"
            ),
        ])
    func wrong(member: String, reason: String) async throws {
        let messages = member.contains("messages") ? "" : #", "messages": []"#
        let entries = try await TestFile.read(#"{"id": "c", "last_id": 9, \#(member)\#(messages)}"#)
        #expect(entries[0].reason == reason)
        #expect(entries[0].id == "c")
    }

    @Test("without a text, parts that look like the library's must be right in any line")
    func partsAlone() async throws {
        let wrong = try await TestFile.read(
            #"{"messages": [{"role": "user", "parts": [{"kind": "text", "txt": "secret"}]}]}"#)
        #expect(wrong[0].reason == "messages[0].parts[0]: a part has a member that would be lost")
        let others = try await TestFile.read(#"{"messages": [{"role": "user", "parts": [{"type": "text"}]}]}"#)
        #expect(others[0].reason == "messages[0].content is missing")
    }

    @Test("parts, and not metadata or labels, decide whether a conversation is there already")
    func compared() async throws {
        let backend = InMemoryBackend()
        try await backend.prepare()
        func outcome(_ message: String, _ more: String = "") async throws -> String {
            let entries = try await TestFile.read(#"{"id": "c"\#(more), "messages": [\#(message)]}"#)
            let stream = AsyncStream { continuation in
                for entry in entries { continuation.yield(entry) }
                continuation.finish()
            }
            let summary = try await Importer(storage: backend).run(stream)
            return "\(summary.imported) \(summary.unchanged) \(summary.different)"
        }
        let message = #"{"role": "user", "parts": \#(Self.parts)}"#
        #expect(try await outcome(message) == "1 0 0")
        #expect(try await outcome(message.replacing("1e2", with: "100")) == "0 0 1")
        #expect(try await outcome(message.replacing("{\"role", with: "{\"metadata\": {\"a\": 1}, \"role")) == "0 1 0")
        #expect(try await outcome(message, #", "labels": ["x"], "last_id": 9"#) == "0 1 0")
        #expect(
            try await outcome(message.replacing("{\"role", with: "{\"id\": 2, \"role"), #", "last_id": 9"#) == "0 0 1")
        #expect(try await outcome(#"{"role": "user", "content": ""}"#) == "0 0 1")
    }

    @Test("predecessors and states on all branches also decide whether a conversation is there; the head does not")
    func comparedBranches() async throws {
        let backend = InMemoryBackend()
        try await backend.prepare()
        func outcome(_ third: String, head: Int = 2) async throws -> String {
            let message = #""role": "user", "content": "x""#
            let entries = try await TestFile.read(
                #"{"id": "c", "last_id": 3, "head": \#(head), "messages": [{\#(message)}, {\#(message)}, "#
                    + "{\(message)\(third)}]}")
            let stream = AsyncStream { continuation in
                for entry in entries { continuation.yield(entry) }
                continuation.finish()
            }
            let summary = try await Importer(storage: backend).run(stream)
            return "\(summary.imported) \(summary.unchanged) \(summary.different) \(summary.invalid)"
        }
        #expect(try await outcome(#", "predecessor": 7"#) == "0 0 0 1")
        #expect(try await outcome("", head: 4) == "0 0 0 1")
        #expect(try await outcome(#", "predecessor": 1, "state": "stopped""#) == "1 0 0 0")
        #expect(try await outcome(#", "predecessor": 1, "state": "stopped", "revision": 5"#) == "0 1 0 0")
        #expect(try await outcome(#", "predecessor": 1, "state": "stopped""#, head: 3) == "0 1 0 0")
        #expect(try await outcome(#", "predecessor": 0, "state": "stopped""#) == "0 0 1 0")
        #expect(try await outcome(#", "state": "stopped""#) == "0 0 1 0")
        #expect(try await outcome(#", "predecessor": 1"#) == "0 0 1 0")
    }

    @Test("a derived id depends on the parts too, and stays the same for plain texts")
    func derivedIDs() async throws {
        let lines = [
            #"{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}"#,
            #"{"messages": [{"role": "user", "content": "", "parts": \#(Self.parts)}]}"#,
            #"{"messages": [{"role": "user", "parts": \#(Self.parts.replacing("1e2", with: "100"))}]}"#,
            #"{"messages": [{"role": "user", "content": ""}]}"#,
        ]
        let ids = try await TestFile.read(lines.joined(separator: "\n")).map { try #require($0.conversation).id }
        #expect(ids[0] == "import-2929f201b086b108d869cf0db6d36f18dcd1bb8f-1")
        #expect(Set(ids).count == 4)
    }

    @Test("roles are those of the store")
    func roles() async throws {
        let line = #"{"messages": [{"role": "tool", "content": "a"}, {"role": "developer", "content": "b"}]}"#
        let wide = try await TestFile.read(line, roles: .withTools)
        #expect(wide.map { $0.conversation?.messages.map(\.role) } == [[.tool, .developer]])
        #expect(
            try await TestFile.read(line).map(\.reason) == [
                #"messages[0].role is "tool", not one of: assistant, system, user"#
            ])
    }

    @Test("what is imported counts as read")
    func isRead() async throws {
        let conversation = ArchivedConversation(
            id: "c", messages: [.init(role: .user, content: "a"), .init(role: .user, content: "b")])
        #expect(conversation.snapshot(importTime: .now()).readThrough == 2)
        #expect(ArchivedConversation(id: "c", messages: []).snapshot(importTime: .now()).readThrough == 0)
    }
}

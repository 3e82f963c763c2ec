import ChatStorageCore
import ChatStorageInMemory
import Synchronization
import TestSupport
import Testing

@testable import chatstorage

@Suite("exec: what conversations and messages have beside texts")
struct ExecSidebarTests {
    @Test("requests and their answers, on every store", arguments: try TestBackends.selected())
    func exchange(store: TestBackends) async throws {
        try await store.withBackend { backend in
            let session = try await ExecRun(backend: backend)
            try await session.expect(Self.exchange)
        }
    }

    /// A conversation as it is answered, all times written as T.
    private static func conversation(
        _ title: String = "null", last: Int, read: Int, _ labels: String = "", _ metadata: String = "",
        preview: String = ""
    ) -> String {
        #"{"conversation_id": "c", "title": \#(title), "created_at": "T", "updated_at": "T", "last_id": \#(last), "#
            + #""message_count": \#(last), "read_through": \#(read), "cleared_through": 0, "labels": [\#(labels)], "#
            + #""metadata": {\#(metadata)}\#(preview)}"#
    }

    private static let exchange: [(request: String, answer: String)] = {
        let parts =
            #""parts": [{"kind": "text", "text": "a b"}, {"kind": "tool_call", "call_id": "1", "input": "{\"x\" : 1e2}"}]"#
        let native = #""native": {"format": "f", "json": "{ \"y\": 1.0}"}"#
        let first =
            #"{"id": 1, "conversation_id": "c", "role": "assistant", "content": "a b", "created_at": "T", \#(parts), "#
        func second(_ metadata: String = "", key: String = #", "key": "k2""#) -> String {
            #"{"id": 2, "conversation_id": "c", "role": "user", "content": "hi", "created_at": "T"\#(metadata)\#(key)}"#
        }
        let update = #"{"op": "update_conversation", "conversation_id": "c", "#
        let revise = #"{"op": "revise_message", "conversation_id": "c", "id": 2, "#
        let get = #"{"op": "get_messages", "conversation_id": "c", "#
        let preview = #", "preview": {"id": 2, "role": "user", "created_at": "T", "text": "h"}"#
        return [
            (
                #"{"op": "save_message", "conversation_id": "c", "role": "assistant", "key": "k1", "mark_read": true, "#
                    + #""metadata": {"b": [1.5, null], "a": 1e2}, \#(native), \#(parts), "new_conversation": "#
                    + #"{"title": "t", "labels": ["b", "a", "b"], "metadata": {"n": -1}}}"#,
                first + #""metadata": {"a": 100.0, "b": [1.5, null]}, \#(native), "key": "k1"}"#
            ),
            (
                #"{"op": "save_messages", "conversation_id": "c", "messages": [{"role": "user", "content": "hi", "#
                    + #""key": "k2"}], "new_conversation": {"title": "not this"}}"#, "[\(second())]"
            ),
            (
                #"{"op": "get_conversation", "conversation_id": "c"}"#,
                conversation(#""t""#, last: 2, read: 1, #""a", "b""#, #""n": -1"#)
            ),
            (
                #"{"op": "get_history", "conversation_id": "c", "limit": 2}"#,
                #"[{"role": "assistant", "content": "a b", \#(parts), \#(native)}, {"role": "user", "content": "hi"}]"#
            ),
            (get + #""ids": [9, 2, 2]}"#, "[\(second())]"), (get + #""keys": ["k2", "nix"]}"#, "[\(second())]"),
            (get + #""ids": []}"#, "[]"),
            (revise + #""set_metadata": {"r": 1, "s": "x"}}"#, second(#", "metadata": {"r": 1, "s": "x"}"#)),
            (revise + #""set_metadata": {"r": 2}, "remove_metadata": ["s", "t"]}"#, second(#", "metadata": {"r": 2}"#)),
            (
                revise + #""metadata": {"z": {}}, "set_metadata": {"y": []}}"#,
                second(#", "metadata": {"y": [], "z": {}}"#)
            ),
            (revise + #""metadata": {}}"#, second()),
            (
                update
                    + #""add_labels": ["é"], "set_metadata": {"m": 1}, "remove_metadata": ["n"], "read_through": 99}"#,
                conversation(#""t""#, last: 2, read: 2, #""a", "b", "é""#, #""m": 1"#)
            ),
            (update + #""read_through": 1}"#, conversation(#""t""#, last: 2, read: 2, #""a", "b", "é""#, #""m": 1"#)),
            (
                update + #""remove_labels": ["a", "nix"], "unread_from": 2, "title_if_none": "u"}"#,
                conversation(#""t""#, last: 2, read: 1, #""b", "é""#, #""m": 1"#)
            ),
            (update + #""remove_title": true}"#, conversation(last: 2, read: 1, #""b", "é""#, #""m": 1"#)),
            (
                update + #""title_if_none": "u", "metadata": {"q": null}}"#,
                conversation(#""u""#, last: 2, read: 1, #""b", "é""#, #""q": null"#)
            ),
            (#"{"op": "update_conversation", "conversation_id": "nix", "title": "x"}"#, "null"),
            (
                #"{"op": "list_conversations", "with": ["b"], "without": ["a"], "preview": 1}"#,
                "[" + conversation(#""u""#, last: 2, read: 1, #""b", "é""#, #""q": null"#, preview: preview) + "]"
            ),
            (#"{"op": "list_conversations", "with": ["b", "a"]}"#, "[]"),
            (#"{"op": "page_conversations", "without": ["b"]}"#, #"{"items": [], "next": null}"#),
            (
                #"{"op": "delete_conversation", "conversation_id": "c", "updated_before": "2026-01-01T00:00:00Z"}"#,
                "false"
            ),
            (#"{"op": "delete_conversation", "conversation_id": "c", "without": ["x", "b"]}"#, "false"),
            (
                #"{"op": "delete_conversation", "conversation_id": "c", "updated_before": "9999-01-01T00:00:00Z", "#
                    + #""without": ["x"]}"#, "true"
            ),
            (
                #"{"op": "create_conversation", "conversation_id": "c", "labels": ["a"], "metadata": {"n": 1}}"#,
                conversation(last: 0, read: 0, #""a""#, #""n": 1"#)
            ),
            (
                #"{"op": "get_or_create_conversation", "conversation_id": "c", "labels": ["b"], "metadata": {"o": 1}}"#,
                conversation(last: 0, read: 0, #""a""#, #""n": 1"#)
            ),
        ]
    }()

    @Test("a title moves the conversation to the top, unless it keeps its place; nothing else does")
    func order() async throws {
        // Each call comes a second after the one before.
        let seconds = Mutex<Int64>(0)
        let backend = InMemoryBackend {
            Timestamp(
                microsecondsSinceEpoch: seconds.withLock {
                    $0 += 1
                    return $0 * 1_000_000
                })
        }
        let session = try await ExecRun(backend: backend)
        for id in ["a", "b", "c"] {
            _ = try await session.answer(#"{"op": "create_conversation", "conversation_id": "\#(id)"}"#)
        }
        func order(after change: String) async throws -> String {
            _ = try await session.answer(#"{"op": "update_conversation", "conversation_id": "a", \#(change)}"#)
            let list = try await session.answer(#"{"op": "list_conversations"}"#)
            return list.matches(of: /"conversation_id": "(\w+)"/).map { String($0.output.1) }.joined()
        }
        #expect(try await order(after: #""add_labels": ["x"], "set_metadata": {"m": 1}, "unread_from": 1"#) == "cba")
        #expect(try await order(after: #""title": "t", "keeping_place": true"#) == "cba")
        #expect(try await order(after: #""title_if_none": "u""#) == "cba", "it has a title")
        #expect(try await order(after: #""title": "u""#) == "acb")
    }

    @Test("two requests that set different members both count; metadata has a limit that the error names")
    func metadata() async throws {
        let session = try await ExecRun()
        _ = try await session.answer(#"{"op": "create_conversation", "conversation_id": "c"}"#)
        func set(_ name: String, _ length: Int) async throws -> String {
            try await session.answer(
                #"{"op": "update_conversation", "conversation_id": "c", "set_metadata": {"\#(name)": "#
                    + #""\#(String(repeating: "s", count: length))"}}"#)
        }
        #expect(try await set("a", 3).contains(#""metadata": {"a": "sss"}"#))
        #expect(try await set("b", 4).contains(#""metadata": {"a": "sss", "b": "ssss"}"#))
        #expect(
            try await set("c", 65_507).hasPrefix(#"{"ok": "#), "{\"a\":\"sss\",\"b\":\"ssss\",\"c\":\"\"} and the text")
        let large = try await set("d", 1)
        #expect(large.hasPrefix(#"{"error": {"code": "metadata_too_large", "message": "#) && large.contains("65536"))
        let whole = try await set("e", 70_000)
        #expect(whole.contains(#""code": "invalid_argument""#) && whole.contains("65536") && !whole.contains("sss"))
    }

    @Test("what is wrong within a message is named by its place")
    func places() async throws {
        let session = try await ExecRun()
        func message(_ members: String) async throws -> String {
            let answer = try await session.answer(
                #"{"op": "save_messages", "conversation_id": "c", "messages": [{"role": "user", \#(members)}]}"#)
            return String(answer.firstMatch(of: /"message": "(.+)", "retryable"/)?.output.1 ?? "")
        }
        #expect(
            try await message(#""parts": [{"kind": "text"}, {"kind": 1}]"#)
                == "messages[0].parts[1]: kind is a number, not a string")
        #expect(try await message(#""parts": ["secret"]"#) == "messages[0].parts[0]: a part is a string, not an object")
        #expect(try await message(#""parts": "secret""#) == "messages[0].parts is a string, not an array")
        #expect(
            try await message(#""content": "", "metadata": {"a": 1, "a": 2}"#)
                == "messages[0].metadata: the JSON has a name twice in an object")
        #expect(try await message(#""content": "", "native": {"format": "f"}"#) == "messages[0].native.json is missing")
        let long = String(repeating: "k", count: 65)
        #expect(
            try await message(#""parts": [{"kind": "\#(long)"}]"#).hasPrefix(
                "messages[0].parts[0].kind has 65 Unicode scalars"))
        #expect(try await message(#""native": {"format": "f", "json": "1"}"#) == "messages[0].content is missing")
    }
}

import ChatStorageCore
import TestSupport
import Testing

@testable import chatstorage

@Suite("exec: requests and their answers")
struct ExecTests {
    @Test("every operation answers as it is documented, on every store", arguments: try TestBackends.selected())
    func operations(store: TestBackends) async throws {
        try await store.withBackend { backend in
            let session = try await ExecRun(backend: backend)
            try await session.expect(Self.exchange)
        }
        let asked = Self.exchange.compactMap { $0.request.firstMatch(of: /"op": "(\w+)"/).map { String($0.output.1) } }
        #expect(Set(asked) == Set(chatstorage.Operation.names))
    }

    /// Requests and the values of their answers, all times written as T.
    private static let exchange: [(request: String, answer: String)] = {
        let time = "T"
        let unused =
            #""message_count": 0, "read_through": 0, "cleared_through": 0, "labels": [], "metadata": {}"#
        func conversation(_ id: String, _ title: String) -> String {
            #"{"conversation_id": "\#(id)", "title": \#(title), "created_at": "\#(time)", "updated_at": "\#(time)", "#
                + #""last_id": 0, \#(unused)}"#
        }
        func message(_ number: Int, _ role: String, _ content: String, in id: String = "c") -> String {
            #"{"id": \#(number), "conversation_id": "\#(id)", "role": "\#(role)", "content": "\#(content)", "#
                + #""created_at": "\#(time)"}"#
        }
        let rated = String(message(4, "user", "on").dropLast()) + #", "metadata": {"a": 1}}"#
        return [
            (#"{"op": "get_conversation", "conversation_id": "c"}"#, "null"),
            (#"{"op": "create_conversation", "conversation_id": "c"}"#, conversation("c", "null")),
            (#"{"op": "create_conversation", "conversation_id": "d", "title": "é"}"#, conversation("d", #""é""#)),
            (#"{"op": "create_conversation", "conversation_id": "e", "title": null}"#, conversation("e", "null")),
            (#"{"op": "get_conversation", "conversation_id": "d"}"#, conversation("d", #""é""#)),
            (
                #"{"op": "get_or_create_conversation", "conversation_id": "d", "title": "x"}"#,
                conversation("d", #""é""#)
            ),
            (#"{"op": "get_or_create_conversation", "conversation_id": "f"}"#, conversation("f", "null")),
            (#"{"op": "update_conversation_title", "conversation_id": "d"}"#, conversation("d", "null")),
            (
                #"{"op": "update_conversation_title", "conversation_id": "c", "title": ""}"#,
                conversation("c", #""""#)
            ),
            (#"{"op": "update_conversation_title", "conversation_id": "nix", "title": null}"#, "null"),
            (#"{"op": "delete_conversation", "conversation_id": "e"}"#, "true"),
            (#"{"op": "delete_conversation", "conversation_id": "e"}"#, "false"),
            (
                #"{"op": "list_conversations"}"#,
                "[\(conversation("c", #""""#)), \(conversation("d", "null")), \(conversation("f", "null"))]"
            ),
            (#"{"op": "list_conversations", "limit": 1}"#, "[\(conversation("c", #""""#))]"),
            (#"{"op": "list_conversations", "limit": 0}"#, "[]"),
            (
                #"{"op": "page_conversations"}"#,
                "{\"items\": [\(conversation("c", #""""#)), \(conversation("d", "null")), "
                    + "\(conversation("f", "null"))], \"next\": null}"
            ),
            (
                #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": "a\tb"}"#,
                message(1, "user", #"a\tb"#)
            ),
            (
                #"{"op": "save_messages", "conversation_id": "c", "messages": [{"role": "assistant", "content": ""},"#
                    + #" {"content": "😀", "role": "system"}]}"#,
                "[\(message(2, "assistant", "")), \(message(3, "system", "😀"))]"
            ),
            (#"{"op": "save_messages", "conversation_id": "nix", "messages": []}"#, "[]"),
            (#"{"op": "get_conversation", "conversation_id": "nix"}"#, "null"),
            (
                #"{"op": "save_message", "conversation_id": "new", "role": "user", "content": "a", "#
                    + #""auto_create_conversation": true}"#, message(1, "user", "a", in: "new")
            ),
            (
                #"{"op": "get_history", "conversation_id": "c", "limit": 2}"#,
                #"[{"role": "assistant", "content": ""}, {"role": "system", "content": "😀"}]"#
            ),
            (#"{"op": "get_history", "conversation_id": "nix"}"#, "[]"),
            (
                #"{"op": "get_messages", "conversation_id": "c", "limit": 9223372036854775807}"#,
                "[\(message(1, "user", #"a\tb"#)), \(message(2, "assistant", "")), \(message(3, "system", "😀"))]"
            ),
            (
                #"{"op": "page_messages", "conversation_id": "c", "limit": 1}"#,
                "[\(message(3, "system", "😀"))]"
            ),
            (
                #"{"op": "page_messages", "conversation_id": "c", "limit": 1, "before": 3}"#,
                "[\(message(2, "assistant", ""))]"
            ),
            (
                #"{"op": "page_messages", "conversation_id": "c", "limit": 1, "after": 1}"#,
                "[\(message(2, "assistant", ""))]"
            ),
            (#"{"op": "clear_messages", "conversation_id": "c"}"#, "3"),
            (#"{"op": "clear_messages", "conversation_id": "nix"}"#, "0"),
            (
                #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": "on"}"#,
                message(4, "user", "on")
            ),
            (#"{"op": "get_forks", "conversation_id": "c"}"#, "[]"),
            (
                #"{"op": "revise_message", "conversation_id": "c", "id": 4, "set_metadata": {"a": 1}}"#,
                rated
            ),
            (#"{"op": "remove_messages", "conversation_id": "c", "ids": [4]}"#, "1"),
            (#"{"op": "update_conversation", "conversation_id": "d", "title": "t"}"#, conversation("d", #""t""#)),
            (
                #"{"op": "restore_conversation", "conversation_id": "r", "created_at": "2018-05-02T19:38:15Z", "#
                    + #""updated_at": "2018-05-02T19:38:15Z", "messages": []}"#, conversation("r", "null")
            ),
        ]
    }()

    @Test("a restored conversation comes back with its own times and numbers, and counts on from its last one")
    func restore() async throws {
        let session = try await ExecRun()
        let restored =
            #"{"conversation_id": "r", "title": "t", "created_at": "2018-05-02T19:38:15.000000Z", "#
            + #""updated_at": "2018-05-02T19:38:20.500000Z", "last_id": 7, "message_count": 1, "read_through": 0, "#
            + #""cleared_through": 0, "labels": [], "metadata": {}}"#
        let messages = #"[{"id": 3, "role": "user", "content": "a", "created_at": "2018-05-02T21:38:15+02:00"}]"#
        let request =
            #"{"op": "restore_conversation", "conversation_id": "r", "title": "t", "#
            + #""created_at": "2018-05-02T19:38:15Z", "updated_at": "2018-05-02T19:38:20.5Z", "messages": \#(messages)"#
        #expect(try await session.answer(request + #", "last_sequence": 7}"#) == #"{"ok": \#(restored)}"#)
        #expect(
            try await session.answer(#"{"op": "get_messages", "conversation_id": "r"}"#)
                == #"{"ok": [{"id": 3, "conversation_id": "r", "role": "user", "content": "a", "#
                + #""created_at": "2018-05-02T19:38:15.000000Z"}]}"#)
        let next = try await session.answer(
            #"{"op": "save_message", "conversation_id": "r", "role": "user", "content": ""}"#)
        #expect(next.hasPrefix(#"{"ok": {"id": 8, "#))
        #expect(try await session.code(request + "}") == "conversation_exists")
        let other = request.replacing("\"r\"", with: "\"s\"")
        #expect(try await session.code(other + #", "last_sequence": 2}"#) == "invalid_argument")
        #expect(try await session.answer(other + "}").hasPrefix(#"{"ok": "#))
        let second = try await session.answer(
            #"{"op": "save_message", "conversation_id": "s", "role": "user", "content": ""}"#)
        #expect(second.hasPrefix(#"{"ok": {"id": 4, "#))
    }

    @Test("a message with a key is saved once, on every store", arguments: try TestBackends.selected())
    func keys(store: TestBackends) async throws {
        try await store.withBackend { backend in
            let session = try await ExecRun(backend: backend)
            let save = #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": "a", "key": "k"}"#
            let saved = try await session.answer(save)
            #expect(saved.hasSuffix(#", "key": "k"}}"#))
            #expect(try await session.answer(save) == saved)
            #expect(try await session.code(save.replacing(#""a""#, with: #""b""#)) == "idempotency_mismatch")
            let batch =
                #"{"op": "save_messages", "conversation_id": "c", "messages": [{"role": "user", "content": "b", "#
                + #""key": "l"}, {"role": "assistant", "content": "c", "key": "m"}]}"#
            let both = try await session.answer(batch)
            #expect(both.hasPrefix(#"{"ok": [{"id": 2, "#) && both.contains(#""key": "l"}, {"id": 3, "#))
            #expect(try await session.answer(batch) == both)
            #expect(try await session.code(batch.replacing(#", "key": "m""#, with: "")) == "invalid_argument")
            let read = try await session.answer(#"{"op": "get_messages", "conversation_id": "c"}"#)
            #expect(read == #"{"ok": [\#(saved.dropFirst(7).dropLast()), \#(both.dropFirst(8))"#)
            #expect(
                try await session.answer(#"{"op": "get_history", "conversation_id": "c", "limit": 1}"#)
                    == #"{"ok": [{"role": "assistant", "content": "c"}]}"#)
            #expect(
                try await session.answer(
                    #"{"op": "restore_conversation", "conversation_id": "r", "created_at": "2018-05-02T19:38:15Z", "#
                        + #""updated_at": "2018-05-02T19:38:15Z", "messages": [{"id": 4, "role": "user", "#
                        + #""content": "a", "created_at": "2018-05-02T19:38:15Z", "key": "k"}]}"#
                ).contains(#""last_id": 4"#))
            #expect(
                try await session.answer(save.replacing(#""c""#, with: #""r""#)).hasPrefix(#"{"ok": {"id": 4, "#))
        }
    }

    @Test("what is saved if a conversation is unchanged, on every store", arguments: try TestBackends.selected())
    func unchanged(store: TestBackends) async throws {
        try await store.withBackend { backend in
            let session = try await ExecRun(backend: backend)
            let answer = try await session.answer(#"{"op": "create_conversation", "conversation_id": "c"}"#)
            let created = try #require(answer.firstMatch(of: /"created_at": "([^"]+)"/)).output.1
            func save(_ id: String, last: Int, cleared: Int? = nil, more: String = "") -> String {
                let cleared = cleared.map { #", "cleared_through": \#($0)"# } ?? ""
                return #"{"op": "save_message", "conversation_id": "\#(id)", "role": "user", "content": "a", "#
                    + #""if_unchanged": {"created_at": "\#(created)", "last_id": \#(last)\#(cleared)}\#(more)}"#
            }
            #expect(try await session.answer(save("c", last: 0)).hasPrefix(#"{"ok": {"id": 1, "#))
            #expect(try await session.code(save("c", last: 0)) == "conflict")
            let no = #", "auto_create_conversation": false"#
            #expect(try await session.answer(save("c", last: 1, more: no)).hasPrefix(#"{"ok": {"id": 2, "#))
            #expect(try await session.code(save("nix", last: 0)) == "conversation_not_found")
            let yes = #", "auto_create_conversation": true"#
            #expect(try await session.code(save("c", last: 2, more: yes)) == "invalid_request")
            _ = try await session.answer(#"{"op": "clear_messages", "conversation_id": "c"}"#)
            let read = try await session.answer(#"{"op": "get_conversation", "conversation_id": "c"}"#)
            #expect(read.contains(#", "last_id": 2, "message_count": 0, "read_through": 2, "cleared_through": 2, "#))
            #expect(try await session.code(save("c", last: 2)) == "conflict")
            #expect(try await session.answer(save("c", last: 2, cleared: 2)).hasPrefix(#"{"ok": {"id": 3, "#))
        }
    }

    @Test("walking the pages of conversations gives each once")
    func pages() async throws {
        let session = try await ExecRun()
        for number in 1...5 {
            _ = try await session.answer(#"{"op": "create_conversation", "conversation_id": "c\#(number)"}"#)
        }
        var ids: [String] = []
        var cursor: String? = ""
        while let text = cursor {
            let argument = text.isEmpty ? "" : #", "cursor": "\#(text)""#
            let answer = try await session.answer(#"{"op": "page_conversations", "limit": 2\#(argument)}"#)
            ids += answer.matches(of: /"conversation_id": "(\w+)"/).map { String($0.output.1) }
            cursor = answer.firstMatch(of: /"next": "([^"]+)"/).map { String($0.output.1) }
        }
        #expect(ids == ["c1", "c2", "c3", "c4", "c5"])
        #expect(try await session.code(#"{"op": "page_conversations", "cursor": "x"}"#) == "invalid_cursor")
    }

    @Test("a tenant in a request overrides the flag, for that request alone")
    func tenants() async throws {
        let session = try await ExecRun(tenant: "flag")
        _ = try await session.answer(#"{"op": "create_conversation", "conversation_id": "c"}"#)
        let get = #""op": "get_conversation", "conversation_id": "c""#
        #expect(try await session.code("{\(get), \"tenant\": \"\"}") == "invalid_argument")
        let found = #"{"ok": {"conversation_id": "c""#
        #expect(try await session.answer("{\(get), \"tenant\": null}").hasPrefix(found))
        #expect(try await session.answer("{\(get), \"tenant\": \"other\"}") == #"{"ok": null}"#)
        #expect(try await session.answer("{\(get), \"tenant\": \"flag\"}").hasPrefix(found))
        #expect(try await session.answer("{\(get)}").hasPrefix(found))
        let long = String(repeating: "t", count: 101)
        #expect(try await session.code("{\(get), \"tenant\": \"\(long)\"}") == "invalid_argument")
    }
}

import ChatStorageCore
import ChatStorageInMemory
import TestSupport
import Testing

@testable import chatstorage

/// Requests that are answered with an error.
extension ExecTests {
    @Test(
        "what the library refuses has its code in snake case",
        arguments: [
            (#"{"op": "create_conversation", "conversation_id": "c"}"#, "conversation_exists"),
            (#"{"op": "create_conversation", "conversation_id": ""}"#, "invalid_argument"),
            (#"{"op": "create_conversation", "conversation_id": "x\u0000"}"#, "invalid_argument"),
            (#"{"op": "update_conversation_title", "conversation_id": "c", "title": "\u0000"}"#, "invalid_argument"),
            (
                #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": "a\u0000"}"#,
                "invalid_argument"
            ),
            (#"{"op": "save_message", "conversation_id": "c", "role": "tool", "content": "a"}"#, "invalid_role"),
            (#"{"op": "save_message", "conversation_id": "c", "role": "User", "content": "a"}"#, "invalid_role"),
            (
                #"{"op": "save_message", "conversation_id": "nix", "role": "user", "content": "a", "#
                    + #""auto_create_conversation": false}"#, "conversation_not_found"
            ),
            (
                #"{"op": "save_messages", "conversation_id": "nix", "messages": [{"role": "user", "content": "a"}], "#
                    + #""auto_create_conversation": false}"#, "conversation_not_found"
            ),
            (
                #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": "a", "key": ""}"#,
                "invalid_argument"
            ),
            (
                #"{"op": "save_messages", "conversation_id": "c", "messages": [{"role": "user", "content": "a", "#
                    + #""key": "k"}, {"role": "user", "content": "a", "key": "k"}]}"#, "invalid_argument"
            ),
            (#"{"op": "get_history", "conversation_id": "c", "limit": -1}"#, "invalid_argument"),
            (
                #"{"op": "save_message", "conversation_id": "c", "role": "user", "parts": [{"text": "a"}]}"#,
                "invalid_argument"
            ),
            (
                #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": "", "#
                    + #""native": {"format": "f", "json": "{"}}"#, "invalid_argument"
            ),
            (
                #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": "", "#
                    + #""metadata": {"a": 1, "a": 1}}"#, "invalid_argument"
            ),
            (#"{"op": "revise_message", "conversation_id": "c", "id": 1}"#, "message_not_found"),
            (#"{"op": "create_conversation", "conversation_id": "d", "labels": [""]}"#, "invalid_argument"),
            (
                #"{"op": "update_conversation", "conversation_id": "c", "add_labels": "#
                    + "[\((1...33).map { "\"\($0)\"" }.joined(separator: ", "))]}", "too_many_labels"
            ),
            (#"{"op": "list_conversations", "preview": 0}"#, "invalid_argument"),
            (#"{"op": "get_messages", "conversation_id": "c", "limit": -9223372036854775808}"#, "invalid_argument"),
            (#"{"op": "list_conversations", "limit": -1}"#, "invalid_argument"),
            (#"{"op": "page_conversations", "cursor": ""}"#, "invalid_cursor"),
        ])
    func libraryErrors(request: String, code: String) async throws {
        let session = try await ExecRun()
        _ = try await session.answer(#"{"op": "create_conversation", "conversation_id": "c"}"#)
        #expect(try await session.code(request) == code)
        #expect(try await session.answer(#"{"op": "get_messages", "conversation_id": "c"}"#) == #"{"ok": []}"#)
    }

    @Test(
        "a line that is no request is an invalid_request",
        arguments: [
            "x", "[]", "null", "\"op\"", "1", "{}", "{", "{}x", #"{"op": null}"#, #"{"op": 1}"#, #"{"op": "nope"}"#,
            #"{"op": ""}"#, #"{"op": "Get_conversation", "conversation_id": "c"}"#,
            #"{"op": "get_conversation"}"#, #"{"op": "get_conversation", "conversation_id": null}"#,
            #"{"op": "get_conversation", "conversation_id": 1}"#,
            #"{"op": "get_conversation", "conversation_id": ["c"]}"#,
            #"{"op": "get_conversation", "conversation_id": "c", "title": null}"#,
            #"{"op": "get_conversation", "conversation_id": "c", "limit": 1}"#,
            #"{"op": "get_conversation", "conversation_id": "c", "Tenant": "x"}"#,
            #"{"op": "get_conversation", "conversation_id": "c", "tenant": 1}"#,
            #"{"op": "get_conversation", "conversation_id": "c", "conversation_id": "c"}"#,
            #"{"op": "get_conversation", "op": "get_conversation", "conversation_id": "c"}"#,
            #"{"op": "get_conversation", "conversation_id": "\ud800"}"#,
            #"{"op": "get_conversation", "conversation_id": "\udfff"}"#,
            #"{"op": "create_conversation", "conversation_id": "c", "title": 1}"#,
            #"{"op": "create_conversation", "conversation_id": "c", "title": false}"#,
            #"{"op": "list_conversations", "limit": "1"}"#, #"{"op": "list_conversations", "limit": 1.0}"#,
            #"{"op": "list_conversations", "limit": 20.0}"#, #"{"op": "list_conversations", "limit": 1e2}"#,
            #"{"op": "list_conversations", "limit": 9223372036854775808}"#,
            #"{"op": "list_conversations", "limit": -9223372036854775809}"#,
            #"{"op": "list_conversations", "limit": true}"#,
            #"{"op": "list_conversations", "limit": 01}"#, #"{"op": "list_conversations", "limit": [1]}"#,
            #"{"op": "list_conversations", "cursor": "x"}"#, #"{"op": "list_conversations", "cursor": null}"#,
            #"{"op": "save_message", "conversation_id": "c", "role": "user"}"#,
            #"{"op": "save_message", "conversation_id": "c", "content": "a"}"#,
            #"{"op": "save_message", "conversation_id": "c", "role": null, "content": "a"}"#,
            #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": null}"#,
            #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": 5}"#,
            #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": "", "created_at": "x"}"#,
            #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": "", "#
                + #""auto_create_conversation": 1}"#,
            #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": "", "#
                + #""auto_create_conversation": "true"}"#,
            #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": "", "key": 1}"#,
            #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": "", "if_unchanged": {}}"#,
            #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": "", "#
                + #""if_unchanged": {"created_at": "2026-11-22T07:17:51Z"}}"#,
            #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": "", "#
                + #""if_unchanged": {"created_at": "yesterday", "last_id": 1}}"#,
            #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": "", "#
                + #""if_unchanged": {"created_at": "2026-11-22T07:17:51Z", "last_id": "1"}}"#,
            #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": "", "#
                + #""if_unchanged": {"created_at": "2026-11-22T07:17:51Z", "last_id": 1, "id": 1}}"#,
            #"{"op": "save_messages", "conversation_id": "c"}"#,
            #"{"op": "save_messages", "conversation_id": "c", "messages": null}"#,
            #"{"op": "save_messages", "conversation_id": "c", "messages": {}}"#,
            #"{"op": "save_messages", "conversation_id": "c", "messages": ["a"]}"#,
            #"{"op": "save_messages", "conversation_id": "c", "messages": [{"role": "user"}]}"#,
            #"{"op": "save_messages", "conversation_id": "c", "messages": [{"role": "user", "content": "", "id": 1}]}"#,
            #"{"op": "page_messages", "conversation_id": "c", "before": 1, "after": 1}"#,
            #"{"op": "page_messages", "conversation_id": "c", "after": "1"}"#,
            #"{"op": "get_messages", "conversation_id": "c", "before": 1}"#,
            #"{"op": "get_messages", "conversation_id": "c", "ids": [1], "keys": ["k"]}"#,
            #"{"op": "get_messages", "conversation_id": "c", "ids": [1], "limit": 1}"#,
            #"{"op": "get_messages", "conversation_id": "c", "ids": ["1"]}"#,
            #"{"op": "get_messages", "conversation_id": "c", "keys": [1]}"#,
            #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": "b", "#
                + #""parts": [{"kind": "text", "text": "a"}]}"#,
            #"{"op": "save_message", "conversation_id": "c", "role": "user", "parts": null}"#,
            #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": "", "metadata": []}"#,
            #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": "", "native": {}}"#,
            #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": "", "#
                + #""new_conversation": {}, "auto_create_conversation": false}"#,
            #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": "", "#
                + #""new_conversation": {}, "if_unchanged": {"created_at": "2026-11-22T07:17:51Z", "last_id": 1}}"#,
            #"{"op": "create_conversation", "conversation_id": "c", "labels": "a"}"#,
            #"{"op": "create_conversation", "conversation_id": "c", "labels": [1]}"#,
            #"{"op": "create_conversation", "conversation_id": "c", "labels": [null]}"#,
            #"{"op": "update_conversation", "conversation_id": "c", "title": "a", "title_if_none": "a"}"#,
            #"{"op": "update_conversation", "conversation_id": "c", "title": "a", "remove_title": true}"#,
            #"{"op": "update_conversation", "conversation_id": "c", "read_through": 1, "unread_from": 1}"#,
            #"{"op": "update_conversation", "conversation_id": "c", "add_labels": ["a"], "remove_labels": ["a"]}"#,
            #"{"op": "update_conversation", "conversation_id": "c", "set_metadata": {"a": 1}, "#
                + #""remove_metadata": ["a"]}"#,
            #"{"op": "delete_conversation", "conversation_id": "c", "updated_before": "yesterday"}"#,
            #"{"op": "restore_conversation", "conversation_id": "c", "created_at": "2026-11-22T07:17:51Z", "#
                + #""messages": []}"#,
            #"{"op": "restore_conversation", "conversation_id": "c", "created_at": "yesterday", "#
                + #""updated_at": "2026-11-22T07:17:51Z", "messages": []}"#,
            #"{"op": "restore_conversation", "conversation_id": "c", "created_at": 0, "updated_at": 0, "#
                + #""messages": []}"#,
        ])
    func invalidRequests(request: String) async throws {
        let session = try await ExecRun()
        #expect(try await session.code(request) == "invalid_request")
        #expect(try await session.answer(#"{"op": "list_conversations"}"#) == #"{"ok": []}"#)
    }

    @Test(
        "null is the same as leaving out a member of a message that has a default",
        arguments: [
            #""op": "save_message", "conversation_id": "c", "role": "user", "content": "x""#,
            #""op": "save_messages", "conversation_id": "c", "messages": [{"role": "user", "content": "x"}]"#,
        ])
    func null(request: String) async throws {
        let without = try await ExecRun().answer("{\(request)}")
        #expect(without.hasPrefix(#"{"ok": "#))
        let members = #""role": "user", "content": "x""#
        let nulls = members + #", "key": null, "parts": null, "metadata": null, "native": null"#
        #expect(try await ExecRun().answer("{\(request.replacing(members, with: nulls))}") == without)
    }

    @Test("the message says that a time has no zone")
    func zones() async throws {
        let request =
            #"{"op": "restore_conversation", "conversation_id": "c", "created_at": "2026-11-22T07:17:51", "#
            + #""updated_at": "2026-11-22T07:17:51Z", "messages": []}"#
        #expect(
            try await ExecRun().answer(request).contains(
                "created_at is a time without a zone; it needs Z, or an offset such as +01:00, at its end"))
    }

    @Test("an argument of the wrong type is named with what it is and what it should be")
    func wrongTypes() async throws {
        let session = try await ExecRun()
        for (request, sentence) in [
            (#"{"op": 5}"#, "op is a number, not a string"),
            (#"{"op": "list_conversations", "limit": 1.5}"#, "limit is another number, not an integer of 64 bits"),
            (#"{"op": "list_conversations", "limit": "1"}"#, "limit is a string, not an integer of 64 bits"),
        ] {
            #expect(
                try await session.answer(request)
                    == #"{"error": {"code": "invalid_request", "message": "\#(sentence)", "retryable": false}}"#)
        }
    }

    @Test("an unknown operation is answered with the list of operations")
    func operationNames() async throws {
        let session = try await ExecRun()
        let answer = try await session.answer(#"{"op": "secret"}"#)
        let match = try #require(answer.firstMatch(of: /op names no operation; it is one of ([a-z_, ]+)"/))
        let names = match.output.1.split(separator: ", ")
        #expect(names.map(String.init) == chatstorage.Operation.names)
        for name in names {
            let refusal = try await session.answer(#"{"op": "\#(name)", "nothing": 1}"#)
            #expect(!refusal.contains("names no operation"), "\(name)")
        }
    }

    @Test("what is wrong with the message of save_message goes by its own name, of save_messages by its place")
    func fieldNames() async throws {
        let session = try await ExecRun()
        func message(_ members: String) async throws -> (one: String, many: String) {
            let arguments = #""conversation_id": "c", "#
            return (
                try await session.answer(#"{"op": "save_message", \#(arguments)\#(members)}"#),
                try await session.answer(#"{"op": "save_messages", \#(arguments)"messages": [{\#(members)}]}"#)
            )
        }
        for (members, field) in [
            (#""role": "tool", "content": """#, "role"), (#""role": "user", "content": "\u0000""#, "content"),
            (#""role": "user", "content": "", "key": """#, "key"),
        ] {
            let (one, many) = try await message(members)
            #expect(one.contains(#""message": "\#(field) "#), "\(one)")
            #expect(many.contains(#""message": "messages[0].\#(field) "#), "\(many)")
        }
    }

    @Test("an error's message quotes no text of the request")
    func errorsQuoteNothing() async throws {
        let session = try await ExecRun()
        for request in [
            #"{"op": "save_message", "conversation_id": "c", "role": "secret", "content": "secret"}"#,
            #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": "secret\u0000"}"#,
            #"{"op": "save_message", "conversation_id": "c", "role": "user", "content": "secret"#,
            #"{"op": "secret"}"#, #"{"op": "create_conversation", "conversation_id": "c", "title": ["secret"]}"#,
        ] {
            let answer = try await session.answer(request)
            #expect(answer.hasPrefix(#"{"error": "#) && !answer.contains("secret"))
        }
    }

    @Test(
        "an error says whether the same request may succeed later, and what became of a write",
        arguments: [
            (ChatStorageError(.conversationNotFound, "m"), #""conversation_not_found", "m", "retryable": false"#),
            (ChatStorageError(.unavailable, "m"), #""unavailable", "m", "retryable": true"#),
            (
                ChatStorageError(.readOnly, "m", writeOutcome: .notApplied),
                #""read_only", "m", "retryable": true, "outcome": "not_applied""#
            ),
            (
                ChatStorageError(.unavailable, "m", writeOutcome: .unknown),
                #""unavailable", "m; whether it was written is unknown", "retryable": true, "outcome": "unknown""#
            ),
        ])
    func retryable(error: ChatStorageError, members: String) async throws {
        let session = try await ExecRun(backend: OddErrors(error: error).backend)
        let answer = try await session.answer(#"{"op": "delete_conversation", "conversation_id": "c"}"#)
        let expected = members.replacing(#"", "m"#, with: #"", "message": "m"#)
        #expect(answer == #"{"error": {"code": \#(expected)}}"#)
    }

    @Test("a store that fails in any way answers every request")
    func failingStore() async throws {
        let backend = InMemoryBackend()
        let closed = try await ExecRun(backend: backend)
        try await backend.close()
        #expect(try await closed.code(#"{"op": "list_conversations"}"#) == "closed")
        let odd = try await ExecRun(backend: OddErrors().backend)
        #expect(try await odd.code(#"{"op": "list_conversations"}"#) == "internal_error")
        #expect(try await !odd.answer(#"{"op": "list_conversations"}"#).contains("secret"))
    }
}

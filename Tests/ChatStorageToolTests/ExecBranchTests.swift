import ChatStorageCore
import ChatStorageJSON
import Testing

@testable import chatstorage

@Suite("exec: branches, removal and answers under way")
struct ExecBranchTests {
    private static let time = "2026-11-22T07:17:51.123456Z"

    /// A request about the conversation c.
    private func op(_ name: String, _ arguments: String = "") -> String {
        #"{"op": "\#(name)", "conversation_id": "c"\#(arguments.isEmpty ? "" : ", ")\#(arguments)}"#
    }

    /// A question, its answer, and the question asked in another way with an answer of its own.
    private func branched() async throws -> ExecRun {
        let session = try await ExecRun()
        for (role, text, place) in [
            ("user", "q", ""), ("assistant", "a", ""), ("user", "q2", #", "instead_of": 1"#), ("assistant", "a2", ""),
        ] {
            let saved = try await session.answer(
                op("save_message", #""role": "\#(role)", "content": "\#(text)"\#(place)"#))
            #expect(saved.hasPrefix(#"{"ok": "#), "\(saved)")
        }
        return session
    }

    /// The ids in an answer.
    private func ids(_ answer: String) -> [Int] { answer.matches(of: #/"id": (\d+)/#).compactMap { Int($0.output.1) } }

    @Test("a message is saved after any other, or in place of one, and becomes the head unless it should not")
    func places() async throws {
        let session = try await branched()
        #expect(try await ids(session.answer(op("get_messages"))) == [3, 4])
        #expect(try await ids(session.answer(op("get_messages", #""all_branches": true"#))) == [1, 2, 3, 4])
        #expect(try await ids(session.answer(op("get_messages", #""through": 2"#))) == [1, 2])
        try await session.expect([
            (
                op("save_message", #""role": "assistant", "content": "b", "after": 1, "moves_head": false"#),
                #"{"id": 5, "conversation_id": "c", "role": "assistant", "content": "b", "created_at": "T", "#
                    + #""predecessor": 1}"#
            ),
            (
                op("save_messages", #""messages": [{"role": "user", "content": "n"}], "after": 0"#),
                #"[{"id": 6, "conversation_id": "c", "role": "user", "content": "n", "created_at": "T", "#
                    + #""predecessor": 0}]"#
            ),
        ])
        #expect(
            try await session.answer(op("get_history"))
                == #"{"ok": [{"role": "user", "content": "n"}], "through": 6}"#)
        #expect(
            try await session.answer(op("get_history", #""before": 5"#))
                == #"{"ok": [{"role": "user", "content": "q"}], "through": 6}"#)
        #expect(
            try await session.code(op("save_message", #""role": "user", "content": "x", "after": 9"#))
                == "message_not_found")
        let both = op("save_message", #""role": "user", "content": "x", "after": 1, "instead_of": 1"#)
        #expect(try await session.answer(both).contains("after and instead_of are both given"))
    }

    @Test("a walk stays on its path when the head moves, and says where the path ends")
    func walks() async throws {
        let session = try await branched()
        let page = try await session.answer(op("page_messages", #""limit": 1, "after": 0"#))
        #expect(ids(page) == [3] && page.hasSuffix(#"], "through": 4}"#))
        _ = try await session.answer(op("update_conversation", #""head": 2"#))
        let next = try await session.answer(op("page_messages", #""limit": 1, "after": 3, "through": 4"#))
        #expect(ids(next) == [4])
        #expect(try await session.code(op("page_messages", #""after": 3"#)) == "conflict")
        #expect(try await session.code(op("page_messages", #""through": 9"#)) == "message_not_found")
        let both = op("page_messages", #""through": 4, "all_branches": true"#)
        #expect(try await session.answer(both).contains("through and all_branches are both given"))
        let looked = op("get_messages", #""ids": [1, 4], "through": 4"#)
        #expect(try await session.answer(looked).contains("through and ids are both given"))
        #expect(try await ids(session.answer(op("get_messages", #""ids": [1, 4]"#))) == [1, 4])
    }

    @Test("a conversation that has not branched looks as it always did")
    func plain() async throws {
        let session = try await ExecRun()
        let message =
            #"{"id": 1, "conversation_id": "c", "role": "user", "content": "hi", "created_at": "T"}"#
        try await session.expect([
            (op("save_message", #""role": "user", "content": "hi", "after": 0"#), message),
            (op("page_messages"), "[\(message)]"), (op("get_forks"), "[]"),
            (
                op("get_conversation"),
                #"{"conversation_id": "c", "title": null, "created_at": "T", "updated_at": "T", "last_id": 1, "#
                    + #""message_count": 1, "read_through": 0, "cleared_through": 0, "labels": [], "metadata": {}}"#
            ),
        ])
    }

    @Test("the head is chosen, shown, and a part of the version")
    func heads() async throws {
        let session = try await branched()
        let before = try await session.answer(op("get_conversation"))
        #expect(before.hasSuffix(#""metadata": {}, "is_branched": true}}"#))
        let chosen = try await session.answer(op("update_conversation", #""head": 1"#))
        #expect(chosen.hasSuffix(#""metadata": {}, "head": 1, "is_branched": true}}"#))
        func save(_ version: String) -> String {
            op(
                "save_message",
                #""role": "user", "content": "x", "if_unchanged": {"created_at": "\#(Self.time)", "last_id": 4\#(version)}"#
            )
        }
        #expect(try await session.code(save("")) == "conflict")
        #expect(try await session.code(save(#", "head": 2"#)) == "conflict")
        let saved = try await session.answer(save(#", "head": 1"#))
        #expect(saved.contains(#""id": 5"#) && saved.contains(#""predecessor": 1"#), "\(saved)")
        #expect(
            try await session.answer(op("get_forks"))
                == #"{"ok": [{"after": 0, "successors": [{"id": 1, "newest_end": 5}, {"id": 3, "newest_end": 4}]}, "#
                + #"{"after": 1, "successors": [{"id": 2, "newest_end": 2}, {"id": 5, "newest_end": 5}]}]}"#)
        #expect(try await session.answer(op("update_conversation", #""show_branch": 3"#)).contains(#""head": 4"#))
        #expect(try await session.code(op("update_conversation", #""show_branch": 9"#)) == "message_not_found")
        let both = op("update_conversation", #""head": 1, "show_branch": 3"#)
        #expect(try await session.answer(both).contains("head and show_branch are both given"))
    }

    @Test("messages are removed by their ids, or with all that descend from one")
    func removal() async throws {
        let session = try await branched()
        try await session.expect([
            (op("remove_messages", #""ids": [2, 9]"#), "1"), (op("remove_messages", #""ids": [2]"#), "0"),
            (op("remove_messages", #""from": 3"#), "2"), (op("remove_messages", #""from": 3"#), "0"),
        ])
        // The head was removed, and what it followed is the beginning.
        #expect(try await session.answer(op("get_messages")).hasPrefix(#"{"ok": []"#))
        #expect(try await session.answer(op("get_conversation")).hasSuffix(#""head": 0, "is_branched": true}}"#))
        _ = try await session.answer(op("update_conversation", #""show_branch": 1"#))
        #expect(try await ids(session.answer(op("get_messages"))) == [1])
        #expect(try await session.answer(op("get_conversation")).hasSuffix(#""metadata": {}}}"#))
        #expect(
            try await session.answer(op("remove_messages", #""ids": [1], "from": 1"#))
                .contains("ids and from are both given"))
        #expect(try await session.answer(op("remove_messages")).contains("ids is missing"))
    }

    @Test("an answer is written piece by piece, ended once, and left out of histories until it is")
    func answers() async throws {
        let session = try await ExecRun()
        _ = try await session.answer(op("save_message", #""role": "user", "content": "q""#))
        let begun = try await session.answer(
            op("save_message", #""role": "assistant", "content": "", "streaming": true"#))
        #expect(begun.hasSuffix(#""created_at": "\#(Self.time)", "state": "streaming", "revision": 1}}"#))
        func revise(_ revision: Int, _ more: String, id: Int = 2, createdAt: String = Self.time) -> String {
            op(
                "revise_message",
                #""id": \#(id), "answer": {"created_at": "\#(createdAt)", "revision": \#(revision)\#(more)}"#)
        }
        let written = try await session.answer(revise(1, #", "content": "Hel""#))
        #expect(
            written.contains(#""content": "Hel""#)
                && written.hasSuffix(
                    #""state": "streaming", "revision": 2, "revised_at": "\#(Self.time)"}}"#),
            "\(written)")
        // Sent again, and by one who does not know of it.
        #expect(try await session.answer(revise(1, #", "content": "Hel""#)) == written)
        #expect(try await session.code(revise(1, #", "content": "other""#)) == "conflict")
        #expect(try await session.code(revise(2, "", createdAt: "2026-11-22T07:17:52Z")) == "message_not_found")
        #expect(try await session.code(revise(2, "", id: 3)) == "message_not_found")
        #expect(try await session.answer(op("get_history")) == #"{"ok": [{"role": "user", "content": "q"}]}"#)
        #expect(try await ids(session.answer(op("get_messages"))) == [1, 2])
        #expect(try await ids(session.answer(op("get_messages", #""states": ["streaming"]"#))) == [2])
        #expect(try await ids(session.answer(op("page_messages", #""states": ["complete", "failed"]"#))) == [1])
        let unknown = try await session.answer(op("get_messages", #""states": ["complete", "done"]"#))
        #expect(
            unknown.contains("states[1] is no state of a message; it is one of complete, streaming, stopped, failed"))
        let native = try await session.answer(revise(2, #", "native": {"format": "f", "json": "1"}"#))
        #expect(native.contains("answer.native is given without what the answer says: content or parts"))
        let parts = #"[{"kind": "reasoning", "text": "why"}, {"kind": "text", "text": "Hello"}]"#
        let ended = try await session.answer(
            revise(
                2, #", "parts": \#(parts), "native": {"format": "f", "json": "1"}, "state": "stopped""#
            )
            .replacing(#""answer""#, with: #""set_metadata": {"model": "m"}, "answer""#))
        #expect(ended.contains(#""content": "Hello""#) && ended.contains(#""metadata": {"model": "m"}"#), "\(ended)")
        #expect(ended.contains(#""native": {"format": "f", "json": "1"}"#) && ended.contains(#""state": "stopped""#))
        #expect(try await session.code(revise(3, #", "content": "more""#)) == "conflict")
        #expect(try await session.answer(op("get_history")).contains("Hello"))
        // Metadata can change in any state, and is no revision.
        let rated = try await session.answer(op("revise_message", #""id": 2, "set_metadata": {"rating": 1}"#))
        #expect(rated.contains(#""revision": 3"#) && rated.contains(#""rating": 1"#), "\(rated)")
        let listed = try await session.answer(#"{"op": "list_conversations", "preview": 5}"#)
        #expect(listed.contains(#""text": "Hello", "state": "stopped"}"#), "\(listed)")
    }

    @Test("a conversation is restored with its branches, its head and its answers")
    func restored() async throws {
        let session = try await ExecRun()
        let message = #""role": "user", "content": "x", "created_at": "\#(Self.time)""#
        let messages = [
            #"{"id": 2, \#(message)}"#,
            #"{"id": 3, \#(message), "predecessor": 0, "state": "failed", "revision": 7, "revised_at": "\#(Self.time)"}"#,
            #"{"id": 5, \#(message), "predecessor": 3, "state": "streaming"}"#,
        ]
        let restored = try await session.answer(
            op(
                "restore_conversation",
                #""created_at": "\#(Self.time)", "updated_at": "\#(Self.time)", "head": 3, "messages": "#
                    + "[\(messages.joined(separator: ", "))]"))
        #expect(restored.contains(#""head": 3, "is_branched": true"#), "\(restored)")
        let stored = try await session.answer(op("page_messages", #""all_branches": true"#))
        #expect(
            stored.contains(
                #""predecessor": 0, "state": "failed", "revision": 7, "revised_at": "\#(Self.time)"}, {"id": 5"#),
            "\(stored)")
        // A message that follows the one before it has no predecessor in its JSON.
        #expect(
            stored.hasSuffix(#""created_at": "\#(Self.time)", "state": "streaming", "revision": 1}]}"#), "\(stored)")
        let wrong = try await session.answer(
            op(
                "restore_conversation",
                #""created_at": "\#(Self.time)", "updated_at": "\#(Self.time)", "messages": "#
                    + #"[{"id": 1, \#(message), "state": "done"}]"#))
        #expect(wrong.contains("messages[0].state is no state of a message"), "\(wrong)")
    }
}

import ChatStorageCore
import ChatStorageInMemory
import ChatStorageJSON
import Synchronization
import Testing

@testable import chatstorage

/// Requests that are nonsense: each line has one answer, which is a value or an error of a known code.
@Suite("Fuzzing: exec") struct ExecFuzzTests {
    /// After this many inputs a store is new, so that lists in answers stay short.
    private static let inputsPerStore = 500

    @Test("requests") func requests() async throws {
        var mutator = Mutator(samples: Self.samples, tokens: Self.tokens, seed: try SoakCount.seed)
        var figures = Figures("mutated exec requests")
        let inputs = try SoakCount.inputs.value
        while figures.faults < inputs {
            let backend = InMemoryBackend()
            try await backend.prepare()
            let session = ExecSession(backend: backend, tenant: nil)
            for _ in 0..<min(Self.inputsPerStore, inputs - figures.faults) {
                let input = mutator.next()
                figures.faults += 1
                figures.acknowledged += try await successes(of: input, in: session)
            }
        }
        #expect(figures.acknowledged > figures.faults / 50, "hardly any input is nearly right")
        figures.report()
    }

    /// How many of an input's lines were answered with a value.
    private func successes(of input: [UInt8], in session: ExecSession) async throws -> Int {
        let shown = String(decoding: input, as: UTF8.self)
        let output = Mutex<[[UInt8]]>([])
        let chunks = Mutex([input][...])
        try await session.run(
            read: { chunks.withLock { $0.popFirst() ?? [] } },
            write: { answer in output.withLock { $0.append(answer) } })
        let answers = output.withLock { $0 }
        // A byte order mark before the first line is no part of it, so a mark alone is a blank line.
        let mark = Array("\u{feff}".utf8)
        let text = input.starts(with: mark) ? input.dropFirst(mark.count) : input[...]
        let lines = text.split(separator: UInt8(ascii: "\n")).filter { line in
            !line.allSatisfy { $0 == 0x20 || (0x09...0x0d).contains($0) }
        }
        #expect(answers.count == lines.count, "\(shown)")
        var successes = 0
        for answer in answers {
            #expect(answer.last == UInt8(ascii: "\n") && !answer.dropLast().contains(UInt8(ascii: "\n")), "\(shown)")
            let members = Array(try #require(JSONSlice(validating: answer[...]).members, "\(shown)"))
            try #require(members.count == 1, "\(shown)")
            if members[0].key == "ok" {
                successes += 1
            } else {
                let code = members[0].value.members?.first { $0.key == "code" }?.value.string
                #expect(Self.codes.contains(code ?? ""), "\(shown): \(String(decoding: answer, as: UTF8.self))")
            }
        }
        return successes
    }

    /// The codes of what a caller can do wrong; a store in memory has no others.
    private static let codes: Set = [
        "invalid_request", "invalid_argument", "invalid_role", "invalid_cursor", "conversation_exists",
        "conversation_not_found", "message_not_found", "conflict", "idempotency_mismatch", "too_many_labels",
        "metadata_too_large",
    ]

    private static let samples = [
        #"{"op": "save_message", "conversation_id": "a", "role": "user", "content": "hi \u00e9"}"#,
        #"{"op": "save_message", "conversation_id": "a", "role": "user", "content": "once", "key": "k"}"#,
        #"{"op": "save_messages", "conversation_id": "a", "messages": [{"role": "user", "content": "x"}]}"#,
        #"{"op": "create_conversation", "conversation_id": "b", "title": "Tea", "tenant": "t"}"#,
        #"{"op": "get_or_create_conversation", "conversation_id": "a"}"#,
        #"{"op": "update_conversation_title", "conversation_id": "a", "title": null}"#,
        #"{"op": "get_history", "conversation_id": "a", "limit": 3}"#,
        #"{"op": "list_conversations", "limit": 2}"#,
        #"{"op": "page_conversations", "limit": 1, "cursor": null}"#,
        #"{"op": "page_messages", "conversation_id": "a", "limit": 2, "before": 9}"#,
        #"{"op": "restore_conversation", "conversation_id": "r", "created_at": "2024-01-01T00:00:00Z", "updated_at": "#
            + #""2024-01-02T00:00:00Z", "last_sequence": 7, "messages": [{"id": 3, "role": "user", "content": "x", "#
            + #""created_at": "2024-01-01T12:00:00.5+02:00"}]}"#,
        #"{"op": "delete_conversation", "conversation_id": "a"}"#,
        #"{"op": "save_message", "conversation_id": "a", "role": "assistant", "parts": [{"kind": "text", "text": "a"}, "#
            + #"{"kind": "tool_call", "name": "f", "call_id": "1", "input": "1e2", "file": {"size": 1}, "extra": "#
            + #"[{"name": "n", "json": "[]"}], "native": {"format": "f", "json": "1.0"}}], "metadata": {"a": [1, null]}}"#,
        #"{"op": "update_conversation", "conversation_id": "a", "title": "t", "keeping_place": true, "add_labels": ["x"], "#
            + #""set_metadata": {"n": 1.5}, "remove_metadata": ["m"], "read_through": 1}"#,
        #"{"op": "revise_message", "conversation_id": "a", "id": 1, "set_metadata": {"rating": 1}}"#,
        #"{"op": "get_messages", "conversation_id": "a", "ids": [1, 2]}"#,
        #"{"op": "list_conversations", "with": ["x"], "without": ["y"], "preview": 5}"#,
        "{\"op\": \"clear_messages\", \"conversation_id\": \"a\"}\n{\"op\": \"list_conversations\"}",
    ]

    private static let tokens = [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0000", "\\ud83d", "\\u0301", "null", "true", "0", "1.0", "[[[[",
        #""op""#, #""limit""#, #""cursor""#, #""tenant""#, #""title""#, #""role""#, #""before""#, #""after""#,
        #""key""#, #""if_unchanged""#, #""last_id""#, #""save_message""#, #""get_history""#, #""page_conversations""#,
        #""page_messages""#, #""tool""#, #""parts""#, #""metadata""#, #""labels""#, #""kind""#, #""native""#,
    ]
}

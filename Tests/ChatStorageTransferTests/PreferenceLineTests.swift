import ChatStorageCore
import ChatStorageInMemory
import ChatStorageTransfer
import Foundation
import TestSupport
import Testing

@Suite("Lines with two answers")
struct PreferenceLineTests {
    private func user(_ text: String) -> String { #"{"role": "user", "content": "\#(text)"}"# }
    private func answer(_ text: String) -> String { #"{"role": "assistant", "content": "\#(text)"}"# }

    /// Checks that a line is a question with two answers, the first of which is the current path.
    private func check(_ line: String, system: Bool = false, _ comment: Comment? = nil) async throws {
        let conversation = try await TestFile.conversation(line)
        let before = Int64(system ? 2 : 1)
        #expect(
            conversation.messages.map(\.content) == (system ? ["s"] : []) + ["q", "good", "bad"], comment)
        #expect(conversation.messages.map(\.predecessor) == (system ? [nil] : []) + [nil, nil, before], comment)
        #expect(conversation.head == before + 1, comment)
        #expect(conversation.leftOut == [], comment)
        let backend = InMemoryBackend()
        try await backend.prepare()
        let snapshot = conversation.snapshot(importTime: .now())
        try await backend.restoreConversation(snapshot)
        let history = try await backend.history(of: conversation.id, limit: 10)
        #expect(history.map(\.content) == (system ? ["s"] : []) + ["q", "good"], comment)
    }

    @Test("OpenAI's, with the tools of the input")
    func openAI() async throws {
        let line =
            #"{"input": {"messages": [\#(user("q"))], "tools": [{"a": 1}], "parallel_tool_calls": true}, "#
            + #""preferred_output": [\#(answer("good"))], "non_preferred_output": [\#(answer("bad"))]}"#
        try await check(line)
        let conversation = try await TestFile.conversation(line)
        #expect(conversation.metadata == ["tools": [["a": 1]], "parallel_tool_calls": true])
    }

    @Test("ShareGPT's turns, whole conversations, prompts, and texts alone after a prompt")
    func others() async throws {
        try await check(
            #"{"conversations": [{"from": "human", "value": "q"}], "chosen": {"from": "gpt", "value": "good"}, "#
                + #""rejected": {"from": "gpt", "value": "bad"}}"#)
        let whole = #": [\#(user("q")), \#(answer("good"))], "#
        let other = #": [\#(user("q")), \#(answer("bad"))]}"#
        try await check(#"{"chosen"\#(whole)"rejected"\#(other)"#)
        try await check(#"{"chosen_messages"\#(whole)"rejected_messages"\#(other)"#)
        try await check(#"{"messages": [\#(user("q"))], "chosen"\#(whole)"rejected"\#(other)"#)
        try await check(
            #"{"prompt": [\#(user("q"))], "chosen": [\#(answer("good"))], "rejected": [\#(answer("bad"))]}"#)
        try await check(#"{"prompt": "q", "chosen": [\#(answer("good"))], "rejected": [\#(answer("bad"))]}"#)
        try await check(#"{"prompt": "q", "chosen": "good", "rejected": "bad"}"#)
        try await check(#"{"system": "s", "prompt": "q", "chosen": "good", "rejected": "bad"}"#, system: true)
        // The question is in both answers already.
        let prompt = try await TestFile.conversation(#"{"prompt": "q", "chosen"\#(whole)"rejected"\#(other)"#)
        #expect(prompt.messages.count == 3 && prompt.metadata == ["prompt": "q"])
    }

    @Test("what is not clear is no answer")
    func unclear() async throws {
        let ratings = try await TestFile.conversation(#"{"messages": [\#(user("q"))], "chosen": 1, "rejected": 2}"#)
        #expect(ratings.messages.count == 1 && ratings.metadata == ["chosen": 1, "rejected": 2])
        for line in [
            #"{"chosen": "secret", "rejected": "secret"}"#, #"{"prompt": "secret", "chosen": "secret"}"#,
            #"{"preferred_output": [{"a": 1}], "non_preferred_output": [{"a": 1}]}"#,
        ] {
            #expect(try await TestFile.read(line)[0].reason == "has neither messages nor conversations")
        }
        let same = try await TestFile.conversation(#"{"prompt": "q", "chosen": "a", "rejected": "a"}"#)
        #expect(same.messages.map(\.content) == ["q", "a"] && same.head == nil)
    }

    @Test(
        "LLaMA-Factory's sample comes in whole", .enabled(if: SampleFiles.areThere, "there are no sample files"))
    func sample() async throws {
        let bytes = Array(try SampleFiles.data("datasets_api/hiyouga+LLaMA-Factory__v1_dpo_demo.jsonl"))
        let conversations = try await TestFile.read(bytes: bytes).map { try #require($0.conversation) }
        #expect(conversations.count == 6)
        for conversation in conversations {
            #expect(conversation.messages.map(\.role) == [.system, .user, .assistant, .assistant])
            #expect(conversation.messages.map(\.predecessor) == [nil, nil, nil, 2] && conversation.head == 3)
            #expect(conversation.messages.allSatisfy { !$0.content.isEmpty && $0.body.metadata["loss_weight"] != nil })
            #expect(conversation.leftOut == [])
        }
    }
}

import ChatStorageCore
import Testing
import TestSupport

@testable import ChatStorageTransfer

@Suite("Claude exports")
struct ClaudeFormTests {
    /// Names whose values become roles, kinds, labels or the tree itself.
    static let structure: Set<String> = ["sender", "role", "type", "is_starred", "files_v2"]

    @Test("an older export has each text once", .enabled(if: SampleFiles.areThere))
    func older() throws {
        let sample = try FormSample("claude/edwardbrazier+chat-export-structurer__example_anthropic.json", .claude)
        let chat = try #require(sample.archived.first)
        #expect(chat.title == "SQL Query Help")
        #expect(chat.messages.map(\.role) == [.user, .assistant, .user, .assistant])
        #expect(chat.messages[0].content == "How do I join two tables in SQL?")
        #expect(chat.messages.allSatisfy { $0.body.metadata["text"] == nil && $0.body.parts.count == 1 })
    }

    @Test("calls and results in one message are messages that follow one another", .enabled(if: SampleFiles.areThere))
    func tools() throws {
        let chats = try FormSample("claude/seanrobertwright+420AI__sample-claude-export.json", .claude).archived
        #expect(chats.count == 4)
        let messages = chats.flatMap(\.messages)
        let results = messages.filter { $0.role == .tool }.flatMap(\.body.parts)
        let calls = messages.flatMap(\.body.toolCalls)
        #expect(calls.count == 30 && results.count == 30)
        #expect(calls.allSatisfy { $0.callID != nil } && Set(calls.map(\.callID)).count == 30)
        #expect(calls.map(\.callID) == results.map(\.callID))
        #expect(results.allSatisfy { $0.isError == false && $0.output == "redacted" })
        let thoughts = messages.flatMap(\.body.parts).filter { $0.kind == .reasoning }
        #expect(thoughts.count == 30)
    }

    @Test("what is missing or wrong in a message does not hide it", .enabled(if: SampleFiles.areThere))
    func errors() throws {
        let sample = try FormSample("claude/osteele+claude-chat-viewer__conversation-with-errors.json", .claude)
        let chat = try #require(sample.archived.first)
        #expect(chat.messages.count == 10)
        #expect(chat.messages[2].content == "This message has null content array - should trigger error handling")
        #expect(chat.messages[3].content == "This message has null text in content item")
        #expect(chat.messages[5].content == "This should be an array but it's a string")
        #expect(chat.messages[6].body.parts.map(\.kind) == [.data, .text])
        #expect(chat.messages[8].body.toolCalls.map(\.name) == ["create_artifact"])
        #expect(chat.messages[1].body.metadata["text"] == "This message has code blocks and inline code.")
        #expect(chat.head == 5)
    }

    @Test("an attachment has its name, type and size; a call without an id has one", .enabled(if: SampleFiles.areThere))
    func attachments() throws {
        let sample = try FormSample("claude/modelcaddy+panchat__claude_conversations.json", .claude)
        let chat = try #require(sample.archived.first)
        let file = try #require(chat.messages[0].body.parts.last?.file)
        #expect(file == MessageFile(mediaType: "text/markdown", name: "spec.md", size: 2048, id: "a-1"))
        #expect(chat.messages[1].body.parts.map(\.kind) == [.text, .toolCall, .data])
        #expect(chat.messages[1].body.toolCalls[0].callID == "m-2-1")
        #expect(chat.metadata["project"] != nil)
    }

    @Test("a design chat has its calls, results and failures", .enabled(if: SampleFiles.areThere))
    func design() throws {
        let sample = try FormSample("claude/modelcaddy+panchat__claude_design_chat.json", .claudeDesign)
        let chat = try #require(sample.archived.first)
        #expect(chat.messages.map(\.role) == [.user, .assistant, .tool, .assistant])
        #expect(chat.messages[0].body.parts.compactMap(\.file?.name) == ["Design System", "screenshot.png"])
        #expect(chat.messages[2].body.parts[0].output == "Canvas.dc.html")
        #expect(chat.messages[1].createdAt == Timestamp("2026-08-14T06:37:10Z"))
        let lost = NothingLost.lost(from: sample.values, in: sample.conversations, structure: Self.structure)
        #expect(lost == [])
    }

    @Test("parents make branches, the leaf is the head, and a file has its text")
    func branches() throws {
        let sample = try FormSample(
            text: #"""
                {"uuid": "c", "name": "", "current_leaf_message_uuid": "3", "is_starred": true, "chat_messages": [
                  {"uuid": "1", "parent_message_uuid": "00000000-0000-4000-8000-000000000000", "sender": "human",
                    "text": "a", "created_at": "2026-01-01T00:00:00Z",
                    "attachments": [{"file_name": "n.txt", "file_type": "txt", "extracted_content": "whole text"}]},
                  {"uuid": "2", "parent_message_uuid": "1", "sender": "assistant", "text": "b",
                    "created_at": "2026-01-01T00:00:03Z"},
                  {"uuid": "3", "parent_message_uuid": "1", "sender": "assistant", "text": "c",
                    "created_at": "2026-01-01T00:00:02Z"}]}
                """#, .claude)
        let chat = try #require(sample.archived.first)
        #expect(chat.title == nil && chat.labels == ["starred"])
        #expect(chat.messages.map(\.content) == ["a", "c", "b"])
        #expect(chat.messages.map(\.predecessor) == [nil, nil, 1])
        #expect(chat.path.map(\.content) == ["a", "c"])
        #expect(chat.messages[0].body.parts[1].text == "whole text")
        #expect(chat.messages[0].body.parts[1].file?.name == "n.txt")
    }

    @Test("a message without a sender is named")
    func noSender() {
        let error = #expect(throws: InvalidConversation.self) {
            try FormSample(text: #"{"uuid": "c", "chat_messages": [{"text": "a"}]}"#, .claude)
        }
        #expect(error?.reason == "chat_messages[0].sender is missing")
    }

    @Test("nothing of the samples is lost", .enabled(if: SampleFiles.areThere), arguments: paths)
    func nothingLost(path: String) throws {
        let sample = try FormSample(path, .claude)
        #expect(!sample.read.isEmpty && !sample.conversations.isEmpty)
        let lost = NothingLost.lost(from: sample.read, in: sample.conversations, structure: Self.structure)
        #expect(lost == [])
    }

    @Test("what is imported comes back", .enabled(if: SampleFiles.areThere), arguments: paths)
    func roundTrip(path: String) async throws {
        try await ImportedSample.check(path)
    }

    static let paths = SampleFiles.paths(in: "claude").filter { path in
        !["projects", "design"].contains { path.contains($0) }
    }
}

import ChatStorageCore
import Testing
import TestSupport

@testable import ChatStorageTransfer

@Suite("DeepSeek's chats")
struct DeepSeekFormTests {
    private static let export = "other_apps/synthetic__deepseek-conversations-dev.json"
    private static let history = "other_apps/ceyaima+deepseek-exporter__deepseek-raw.json"
    private static let tree = "other_apps/ceyaima+deepseek-exporter__deepseek-tree.json"

    @Test("an export's fragments are messages on branches", .enabled(if: SampleFiles.areThere))
    func fragments() throws {
        let chat = try #require(FormSample(Self.export, .deepSeek).archived.first)
        #expect(chat.title == "Branched chat")
        #expect(chat.messages.map(\.role) == [.user, .assistant, .assistant, .user, .assistant])
        #expect(chat.messages.map(\.content) == ["1+1?", "2", "Two.", "2+2?", "4 [citation:1]"])
        #expect(chat.messages.map(\.predecessor) == [nil, nil, 1, 0, nil])
        #expect(chat.messages[0].createdAt == Timestamp("2026-06-01T02:00:00Z"))
        #expect(chat.messages[0].body.parts[1].file == MessageFile(name: "a.pdf", id: "file-1"))
        #expect(chat.messages[1].body.parts.map(\.kind) == [.reasoning, .text])
        #expect(chat.messages[4].body.parts.map(\.kind) == [.data, .source, .text])
        #expect(chat.messages[4].body.parts[1].file?.url == "https://example.com")
        #expect(chat.messages.map { $0.body.metadata[.model] }.last == "deepseek-reasoner")
        #expect(chat.path.map(\.content) == ["2+2?", "4 [citation:1]"])
    }

    @Test("a history with several beginnings shows the one of its current message", .enabled(if: SampleFiles.areThere))
    func beginnings() throws {
        let chat = try #require(FormSample(Self.history, .deepSeekHistory).archived.first)
        #expect(chat.title == "test_chat")
        #expect(chat.messages.count == 11)
        #expect(chat.messages.map(\.predecessor) == [nil, nil, 1, 0, nil, 4, nil, nil, 7, 0, nil])
        #expect(chat.path.map(\.body) == chat.messages[9...10].map(\.body))
        #expect(chat.messages[0].createdAt == Timestamp("2025-11-22T15:41:54.569Z"))
        #expect(chat.messages[4].body.parts.map(\.kind) == [.reasoning, .text])
        #expect(chat.messages[4].body.metadata["accumulated_token_usage"] == 1973)
    }

    @Test("the current message need not be the last")
    func currentMessage() throws {
        let sample = try FormSample(
            text: #"""
                {"code": 0, "data": {"biz_data": {"chat_session": {"id": "c", "current_message_id": 2, "pinned": true},
                  "chat_messages": [
                    {"message_id": 1, "parent_id": null, "role": "USER", "fragments": [
                      {"type": "REQUEST", "content": "Q"}]},
                    {"message_id": 2, "parent_id": 1, "role": "ASSISTANT", "fragments": [
                      {"type": "RESPONSE", "content": "A"}]},
                    {"message_id": 3, "parent_id": 1, "role": "ASSISTANT", "fragments": [
                      {"type": "RESPONSE", "content": "B"}]}]}}}
                """#, .deepSeekHistory)
        let chat = try #require(sample.archived.first)
        #expect(chat.path.map(\.content) == ["Q", "A"])
        #expect(chat.messages.map(\.content) == ["Q", "A", "B"])
        #expect(chat.labels == ["pinned"])
    }

    @Test("a tree of children has the same branches", .enabled(if: SampleFiles.areThere))
    func children() throws {
        let chat = try #require(FormSample(Self.tree, .deepSeekTree).archived.first)
        #expect(chat.messages.map(\.predecessor) == [nil, nil, 1, 0, nil, 4, nil, nil, 7, 0, nil])
        #expect(chat.messages[4].body.parts.map(\.kind) == [.reasoning, .text])
    }

    @Test("nothing of the samples is lost", .enabled(if: SampleFiles.areThere))
    func nothingLost() throws {
        for (path, form) in [
            (Self.export, ChatForm.deepSeek), (Self.history, .deepSeekHistory), (Self.tree, .deepSeekTree),
        ] {
            let sample = try FormSample(path, form)
            let lost = NothingLost.lost(
                from: sample.values, in: sample.conversations, structure: ["role", "type"])
            #expect(lost.isEmpty, "\(path)")
        }
    }
}

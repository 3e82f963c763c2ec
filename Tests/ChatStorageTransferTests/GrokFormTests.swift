import ChatStorageCore
import Testing
import TestSupport

@testable import ChatStorageTransfer

@Suite("Grok exports")
struct GrokFormTests {
    private static let old = "other_apps/edwardbrazier+chat-export-structurer__example_grok.json"
    private static let new = "other_apps/yetanotherchris+openwebui-importer__grok_example.json"

    @Test("an export without parents is one path, its times MongoDB's", .enabled(if: SampleFiles.areThere))
    func withoutParents() throws {
        let chat = try #require(FormSample(Self.old, .grok).archived.first)
        #expect(chat.id == "abc123-def456-ghi789")
        #expect(chat.title == "Machine Learning Basics")
        #expect(chat.messages.map(\.role) == [.user, .assistant, .user, .assistant])
        #expect(chat.messages[0].createdAt == Timestamp("2025-01-20T14:00:00Z"))
        #expect(chat.createdAt == Timestamp("2025-01-20T14:00:00Z"))
        #expect(chat.messages[1].body.metadata[.model] == "grok-3")
        #expect(chat.path.count == 4)
        #expect(chat.labels.isEmpty)
    }

    @Test("an answer has the model that its question asked", .enabled(if: SampleFiles.areThere))
    func models() throws {
        let sample = try FormSample(Self.new, .grok)
        let chat = try #require(sample.archived.first)
        #expect(chat.title == "Photosynthesis Simplified: Process and Importance")
        #expect(chat.messages.count == 10)
        #expect(chat.messages.map(\.role) == (0..<10).map { $0 % 2 == 0 ? .user : .assistant })
        #expect(chat.messages[1].body.metadata[.model] == "grok-3")
        #expect(chat.messages[0].createdAt == Timestamp("2025-06-21T19:28:21.194663Z"))
    }

    @Test("nothing of the samples is lost", .enabled(if: SampleFiles.areThere), arguments: [old, new])
    func nothingLost(path: String) throws {
        let sample = try FormSample(path, .grok)
        let lost = NothingLost.lost(from: sample.values, in: sample.conversations, structure: ["sender"])
        #expect(lost.isEmpty)
    }

    @Test("parents are branches, the leaf is the head, and thoughts, files and sources are parts")
    func branches() throws {
        let sample = try FormSample(
            text: #"""
                {"conversations": [{"conversation": {"id": "c", "title": "t", "starred": true,
                    "leaf_response_id": "2"}, "responses": [
                  {"response": {"_id": "1", "sender": "human", "message": "Q", "file_attachments": ["f-1"]}},
                  {"response": {"_id": "2", "parent_response_id": "1", "sender": "ASSISTANT", "message": "A",
                    "thinking_trace": "Hm.", "web_search_results": [{"url": "https://a.example", "title": "T"}],
                    "steps": [{"tool": "web"}]}},
                  {"response": {"_id": "3", "parent_response_id": "1", "sender": "assistant", "message": "B"}}]}]}
                """#, .grok)
        let chat = try #require(sample.archived.first)
        #expect(chat.messages.map(\.predecessor) == [nil, nil, 1])
        #expect(chat.head == 2)
        #expect(chat.labels == ["starred"])
        #expect(chat.messages[0].body.parts[1].file == MessageFile(id: "f-1"))
        #expect(chat.messages[1].body.parts.map(\.kind) == [.reasoning, .data, .text, .source])
        #expect(chat.messages[1].body.parts[3].file?.url == "https://a.example")
    }

    @Test("a speaker that is not known is an error that quotes no text")
    func unknownSpeaker() {
        let error = #expect(throws: InvalidConversation.self) {
            try FormSample(
                text: #"{"conversations": [{"conversation": {}, "responses": [{"response": {"sender": "x"}}]}]}"#, .grok
            )
        }
        #expect(error?.reason == "responses[].response.sender is \"x\", not one of: assistant, human")
    }
}

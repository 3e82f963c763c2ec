import ChatStorageCore
import Testing
import TestSupport

@testable import ChatStorageTransfer

@Suite("LibreChat exports")
struct LibreChatFormTests {
    private static let folder = "other_apps/lotblocks+DumeeApp__"

    @Test("a linear export is a chat of two messages", .enabled(if: SampleFiles.areThere))
    func linear() throws {
        let chat = try #require(FormSample("\(Self.folder)librechat-linear.json", .libreChat).archived.first)
        #expect(chat.id == "4c9e1402-f746-479d-8a18-2dfab1bf750f")
        #expect(chat.title == "Adventure Across Time and Space")
        #expect(chat.messages.map(\.role) == [.user, .assistant])
        #expect(chat.messages[0].content == "tell me a long story")
        #expect(chat.messages.map(\.createdAt) == Array(repeating: Timestamp("2024-05-29T00:33:03.661Z"), count: 2))
        #expect(chat.messages.map { $0.body.metadata[.model] } == [nil, "gpt-4o"])
        #expect(chat.messages.map(\.predecessor) == [nil, nil])
        #expect(chat.head == nil)
    }

    @Test("a list with parents has the branches that the chat had", .enabled(if: SampleFiles.areThere))
    func branches() throws {
        let chat = try #require(
            FormSample("\(Self.folder)librechat-opts-nonr-branches.json", .libreChat).archived.first)
        #expect(chat.messages.map(\.role) == [.user, .assistant, .assistant, .user, .assistant])
        #expect(chat.messages.map(\.predecessor) == [nil, nil, 1, 0, nil])
        #expect(chat.path.map(\.content).first == "tell me a long long story")
        #expect(chat.path.count == 2)
        #expect(chat.metadata["options"] != nil)
        #expect(chat.messages[2].body.metadata["unfinished"] == true)
    }

    @Test("a tree of children is the path that it holds", .enabled(if: SampleFiles.areThere))
    func tree() throws {
        let chat = try #require(FormSample("\(Self.folder)librechat-export.json", .libreChat).archived.first)
        #expect(chat.messages.count == 6)
        #expect(chat.path.count == 6)
        #expect(chat.messages[1].body.metadata["sender"] == "GPT-3.5")
    }

    @Test(
        "nothing of the samples is lost", .enabled(if: SampleFiles.areThere),
        arguments: ["librechat-linear", "librechat-export", "librechat-opts-nonr-branches"])
    func nothingLost(name: String) throws {
        let sample = try FormSample("\(Self.folder)\(name).json", .libreChat)
        let lost = NothingLost.lost(
            from: sample.values, in: sample.conversations, structure: ["isCreatedByUser", "parentMessageId"])
        #expect(lost.isEmpty)
    }

    @Test("content parts are reasoning, calls with their results, texts and files")
    func content() throws {
        let sample = try FormSample(
            text: #"""
                {"conversationId": "c", "messages": [
                  {"messageId": "1", "parentMessageId": null, "isCreatedByUser": true, "text": "Look",
                    "files": [{"file_id": "f1", "filename": "a.png", "type": "image/png", "bytes": 7, "width": 2}]},
                  {"messageId": "2", "parentMessageId": "1", "isCreatedByUser": false, "text": "Done.", "model": "m",
                    "content": [
                      {"type": "think", "think": "Hm."},
                      {"type": "tool_call", "tool_call": {"id": "t1", "name": "search", "args": "{\"q\": 1}",
                        "output": "found", "type": "tool_call", "progress": 1}},
                      {"type": "text", "text": "Done."},
                      {"type": "error", "error": "cut"}]}]}
                """#, .libreChat)
        let chat = try #require(sample.archived.first)
        #expect(chat.messages.map(\.role) == [.user, .assistant, .tool, .assistant])
        #expect(chat.messages[0].content == "Look")
        let file = try #require(chat.messages[0].body.parts.last)
        #expect(file.file == MessageFile(mediaType: "image/png", name: "a.png", size: 7, id: "f1"))
        #expect(file.native?.format == "librechat.export")
        #expect(chat.messages[1].body.parts.map(\.kind) == [.reasoning, .toolCall])
        #expect(chat.messages[1].body.parts[1].input == #"{"q": 1}"#)
        #expect(chat.messages[2].body.parts == [.toolResult(callID: "t1", output: "found", name: "search")])
        #expect(chat.messages[3].body.parts.map(\.kind) == [.text, .data])
        #expect(chat.messages[3].content == "Done.")
        #expect(chat.messages.map { $0.body.metadata[.model] } == [nil, "m", nil, "m"])
        let lost = NothingLost.lost(
            from: sample.values, in: sample.conversations, structure: ["isCreatedByUser", "type"])
        #expect(lost.isEmpty)
    }

    @Test("what cannot be read says where it is, and quotes no text")
    func invalid() {
        let texts = [
            #"{"conversationId": "c", "messages": [{"text": "secret"}]}"#:
                "has a message with neither isCreatedByUser nor a sender",
            #"{"conversationId": "c", "messages": [{"isCreatedByUser": true, "text": ["secret"]}]}"#:
                "messages[].text is an array, not a string",
            #"{"conversationId": "c", "messages": [{"isCreatedByUser": true, "createdAt": "2024-05-29T00:33:03"}]}"#:
                "messages[].createdAt is a time without a zone; it needs Z, or an offset such as +01:00, at its end",
        ]
        for (text, reason) in texts {
            let error = #expect(throws: InvalidConversation.self) { try FormSample(text: text, .libreChat) }
            #expect(error?.reason == reason)
        }
    }
}

import ChatStorageCore
import Testing
import TestSupport

@testable import ChatStorageTransfer

@Suite("Open WebUI exports")
struct OpenWebUIFormTests {
    private static let exportFile = "other_apps/danny-avila+LibreChat__openwebui-export.json"
    private static let innerFile = "other_apps/yetanotherchris+openwebui-importer__webui-json.json"
    static let structure: Set<String> = ["role", "type", "archived", "pinned", "childrenIds"]

    @Test(
        "reasoning and calls come from the output, and not once more from the content",
        .enabled(if: SampleFiles.areThere))
    func output() throws {
        let chats = try FormSample(Self.exportFile, .openWebUI).archived
        #expect(chats.map(\.title) == ["Chat with reasoning", "Chat with tool call", "Simple linear chat"])
        #expect(chats[0].messages[1].body.parts.map(\.kind) == [.reasoning, .text])
        #expect(chats[0].messages[1].content == "255")
        #expect(chats[0].messages[1].body.metadata[.model] == "deepseek-r1")
        #expect(chats[1].messages.map(\.role) == [.user, .assistant, .tool, .assistant])
        #expect(chats[1].messages[2].body.parts[0].output == "Paris: 18C, rain")
        #expect(chats[1].messages[2].body.parts[0].callID == "call_1")
        #expect(chats[1].messages[1].body.toolCalls[0].input == #"{"city":"Paris"}"#)
        #expect(
            chats[2].messages.map(\.createdAt) == [
                Timestamp("2023-11-14T22:46:40Z"), Timestamp("2023-11-14T22:46:45Z"),
            ])
    }

    @Test("a chat without its row is read", .enabled(if: SampleFiles.areThere))
    func inner() throws {
        let chat = try #require(FormSample(Self.innerFile, .openWebUIChat).archived.first)
        #expect(chat.id.rawValue.hasPrefix("import-"))
        #expect(chat.messages.map(\.role) == [.user, .assistant])
        #expect(chat.messages[1].body.metadata[.usage] != nil)
        #expect(chat.leftOut.isEmpty)
    }

    @Test("details in a content become reasoning, calls and results; tags become labels")
    func details() throws {
        let sample = try FormSample(
            text: #"""
                {"id": "c", "title": "T", "archived": true, "pinned": true, "meta": {"tags": ["work"]}, "chat": {
                  "history": {"currentId": "b", "messages": {
                    "a": {"id": "a", "parentId": null, "role": "user", "content": "hi", "timestamp": 1,
                      "files": [{"type": "file", "id": "f", "name": "a.pdf", "url": "/f", "size": 3}]},
                    "b": {"id": "b", "parentId": "a", "role": "assistant", "timestamp": 2, "content":
                      "<details type=\"reasoning\" done=\"true\"><summary>Thought</summary>\n&gt; One\n&gt; two\n</details>\n<details type=\"tool_calls\" id=\"t\" name=\"f\" arguments=\"{&quot;q&quot;: 1}\" result=\"&quot;r&quot;\"><summary>Done</summary></details>\nThe answer."},
                    "c": {"id": "c", "parentId": "a", "role": "assistant", "content": "Other.", "timestamp": 3}}}}}
                """#, .openWebUI)
        let chat = try #require(sample.archived.first)
        #expect(chat.labels == ["archived", "pinned", "tag:work"])
        #expect(chat.path.map(\.role) == [.user, .assistant, .tool, .assistant])
        #expect(chat.messages[1].body.parts.map(\.text) == ["One\ntwo", nil])
        #expect(chat.messages[1].body.parts[1].input == #"{"q": 1}"#)
        #expect(chat.messages[2].body.parts[0].output == "\"r\"")
        #expect(chat.messages[3].content == "The answer.")
        #expect(chat.messages[0].body.parts[1].file?.name == "a.pdf")
        #expect(chat.messages.count == 5)
    }

    @Test("nothing of the samples is lost", .enabled(if: SampleFiles.areThere))
    func nothingLost() throws {
        for (path, form) in [(Self.exportFile, ChatForm.openWebUI), (Self.innerFile, .openWebUIChat)] {
            let sample = try FormSample(path, form)
            #expect(!sample.read.isEmpty && !sample.conversations.isEmpty, "\(path)")
            #expect(NothingLost.lost(from: sample.read, in: sample.conversations, structure: Self.structure) == [])
        }
    }

    @Test("what is imported comes back", .enabled(if: SampleFiles.areThere), arguments: [exportFile, innerFile])
    func roundTrip(path: String) async throws {
        try await ImportedSample.check(path)
    }
}

import ChatStorageCore
import ChatStorageInMemory
import ChatStorageSQLite
import Foundation
import Testing
import TestSupport

@testable import ChatStorageTransfer

@Suite("ChatGPT exports")
struct ChatGPTFormTests {
    /// Names whose values become roles, kinds, labels or the tree itself.
    static let structure: Set<String> = ["role", "content_type", "is_archived", "is_starred", "children"]

    @Test(
        "a tree has the branches that the chat had, and shows the one that was shown",
        .enabled(if: SampleFiles.areThere),
        arguments: ["chatgpt-tree", "chatgpt-tree.derived-empty-children"])
    func tree(name: String) throws {
        let chat = try #require(FormSample("chatgpt/lotblocks+DumeeApp__\(name).json", .chatGPT).archived.first)
        #expect(chat.id == "d5dc5307-6807-41a0-8b04-4acee626eeb7")
        #expect(chat.title == "Assist user with summary")
        #expect(chat.createdAt == Timestamp("2024-05-01T17:37:11.148505Z"))
        #expect(chat.messages.count == 12)
        #expect(chat.messages[0].role == .system && chat.messages[0].content.isEmpty)
        #expect(chat.messages[0].body.metadata["is_visually_hidden_from_conversation"] == true)
        #expect(chat.messages[0].body.metadata["weight"] == 0)
        #expect(chat.messages.count { $0.predecessor != nil } == 2)
        #expect(chat.path.last?.role == .assistant)
        let models = chat.messages.filter { $0.role == .assistant }.map { $0.body.metadata[.model] }
        #expect(Set(models) == ["text-davinci-002-render-sha"])
    }

    @Test("a browser's turns are calls and results of tools", .enabled(if: SampleFiles.areThere))
    func browser() throws {
        let chats = try FormSample("chatgpt/lotblocks+DumeeApp__chatgpt-export.json", .chatGPT).archived
        #expect(chats.map(\.title).first == "Conversation 1. Web Search")
        let messages = chats.flatMap(\.messages)
        let calls = messages.flatMap(\.body.toolCalls)
        #expect(calls.map(\.name) == Array(repeating: "browser", count: 4))
        #expect(calls.first?.input?.hasPrefix("search(") == true)
        #expect(calls.allSatisfy { $0.callID != nil })
        let results = messages.filter { $0.role == .tool }
        #expect(results.count == 5)
        for result in results {
            #expect(result.body.parts[0].kind == .toolResult)
            #expect(calls.map(\.callID).contains(result.body.parts[0].callID))
        }
        let parts: [MessagePart] = messages.flatMap(\.body.parts)
        #expect(parts.count { $0.kind == .source } == 7)
    }

    @Test("thoughts, calls, files and answers of 2026 become parts", .enabled(if: SampleFiles.areThere))
    func native() throws {
        let sample = try FormSample("chatgpt/Sinity+polylogue__native-conversation-v1.json", .chatGPT)
        let chat = try #require(sample.archived.first)
        #expect(
            chat.path.map { $0.body.parts.map(\.kind) } == [
                [.text, .text], [.text, .file, .file], [.reasoning], [.toolCall], [.toolResult], [.reasoning],
                [.text, .file],
            ])
        #expect(chat.messages.count == 8)
        let files = chat.messages.flatMap(\.body.parts).compactMap(\.file)
        #expect(files.map(\.name) == [nil, "input.txt", nil])
        #expect(files[1].mediaType == "text/plain" && files[1].size == 42)
        #expect(files[0].url == "file-service://fixture-input-image")
        let call = chat.path[3].body.parts[0]
        #expect(call.name == "browser.search" && call.input == #"{"query":"fixture evidence"}"#)
        #expect(chat.path[4].body.parts[0].callID == (try #require(call.callID)))
        #expect(chat.path[2].createdAt == Timestamp("2026-07-16T01:15:44.946Z"))
        #expect(chat.path[2].body.metadata[.model] == "gpt-5-6-pro")
    }

    @Test(
        "an entry without a mapping is invalid, and others go on; models are each message's own",
        .enabled(if: SampleFiles.areThere))
    func modern() async throws {
        let path = SampleFiles.folder.appendingPathComponent(
            "chatgpt/danny-avila+LibreChat__chatgpt-modern-export.json")
        let entries = try await ChatFile(path: path.path, roles: RoleSet.withTools.roles).reduce(into: []) {
            $0.append($1)
        }
        #expect(entries.map { $0.conversation?.title } == ["Deploying the staging cluster", nil, "Weeknight pasta"])
        #expect(entries[1].reason == "has no mapping")
        #expect(entries[1].id == "6b0f0d9c-0000-4000-8000-000000000002")
        let models = entries[0].conversation?.messages.map { $0.body.metadata[.model] }
        #expect(models == [nil, nil, "gpt-5-thinking", nil, "o4-mini"])
    }

    @Test("voices and videos are files and what was said", .enabled(if: SampleFiles.areThere))
    func voices() throws {
        let chat = try #require(
            FormSample("chatgpt/modelcaddy+panchat__zip-v2__conversations-000.json", .chatGPT).archived.first)
        #expect(
            chat.messages.map(\.content) == [
                "Here is the diagram and the spreadsheet.", "The diagram shows the token rotation flow.", "",
            ])
        let files = chat.messages.flatMap(\.body.parts).compactMap(\.file)
        #expect(files.map(\.name) == ["diagram.png", "products.csv", nil])
        #expect(files.map(\.size) == [4096, 6_272_133, 641_358])
        #expect(files[2].mediaType == "audio/wav")
    }

    @Test("archived and starred chats have labels; markers of citations and unknown types stay")
    func small() throws {
        let sample = try FormSample(
            text: #"""
                {"title": "T", "conversation_id": "c", "is_archived": true, "is_starred": true, "current_node": "a",
                 "mapping": {
                  "r": {"id": "r", "message": null, "children": ["a", "b"]},
                  "a": {"id": "a", "message": {"author": {"role": "assistant"}, "create_time": 1.25,
                    "content": {"content_type": "text", "parts": ["see \ue200cite\ue201"]}}},
                  "b": {"id": "b", "parent": "r", "message": {"author": {"role": "assistant"}, "create_time": 2,
                    "content": {"content_type": "new_thing", "text": "read\u0000me", "more": [1]}}}}}
                """#, .chatGPT)
        let chat = try #require(sample.archived.first)
        #expect(chat.labels == ["archived", "starred"])
        #expect(chat.messages.map(\.content) == ["see \u{e200}cite\u{e201}", "read\u{fffd}me"])
        #expect(chat.head == 1)
        #expect(chat.messages[0].createdAt == Timestamp(microsecondsSinceEpoch: 1_250_000))
        #expect(chat.messages[1].body.parts[0].native?.format == "chatgpt.export")
        #expect(chat.messages[1].body.parts[0].native?.json.text.contains(#""more": [1]"#) == true)
    }

    @Test("metadata without room is in the message's own JSON")
    func large() throws {
        let text = String(repeating: "x", count: 70_000)
        let sample = try FormSample(
            text: #"""
                {"title": "T", "mapping": {"a": {"id": "a", "message": {"author": {"role": "user"},
                  "content": {"content_type": "text", "parts": ["hi"]}, "metadata": {"large": "\#(text)"}}}}}
                """#, .chatGPT)
        let message = try #require(sample.archived.first?.messages.first)
        #expect(message.body.native?.json.text.contains(text) == true)
        #expect(sample.archived[0].leftOut.isEmpty)
    }

    @Test("nothing of the samples is lost", .enabled(if: SampleFiles.areThere), arguments: paths)
    func nothingLost(path: String) throws {
        let sample = try FormSample(path, .chatGPT, skippingInvalid: true)
        #expect(!sample.read.isEmpty && !sample.conversations.isEmpty)
        #expect(NothingLost.lost(from: sample.read, in: sample.conversations, structure: Self.structure) == [])
    }

    @Test("what is imported comes back", .enabled(if: SampleFiles.areThere), arguments: paths)
    func roundTrip(path: String) async throws {
        try await ImportedSample.check(path)
    }

    static let paths = SampleFiles.paths(in: "chatgpt").filter { path in
        !["asset_file_names", "export_manifest", "invalid_unicode"].contains { path.contains($0) }
    }
}

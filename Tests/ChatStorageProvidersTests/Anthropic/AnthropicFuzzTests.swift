import ChatStorageConformance
import ChatStorageCore
import ChatStorageInMemory
import ChatStorageJSON
import Foundation
import Testing

@testable import ChatStorageProviders

/// What is read of nonsense must be something that a store takes, and go back as it came or be named.
@Suite("Anthropic's codec, with nonsense")
struct AnthropicFuzzTests {
    private static let blocks = [
        #"{"type":"text","text":"a","citations":[{"type":"char_location","cited_text":"b"}]}"#,
        #"{"type":"thinking","thinking":"Hm","signature":"Eq=="}"#, #"{"type":"redacted_thinking","data":"Eq=="}"#,
        #"{"type":"tool_use","id":"toolu_1","name":"n","input":{"a":[1.0]},"caller":{"type":"direct"}}"#,
        #"{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"a"}}"#,
        #"{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","url":"a"}]}"#,
        #"{"type":"web_fetch_tool_result","tool_use_id":"srvtoolu_2","content":{"type":"web_fetch_result","content":"#
            + #"{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"YQ=="},"title":"t"}}}"#,
        #"{"type":"mcp_tool_use","id":"mcptoolu_1","name":"n","server_name":"s","input":{}}"#,
        #"{"type":"mcp_tool_result","tool_use_id":"mcptoolu_1","is_error":false,"content":[{"type":"text","text":"a"}]}"#,
        #"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw=="}}"#,
        #"{"type":"document","source":{"type":"url","url":"https://e.org/a.pdf"},"title":"t","context":"c"}"#,
        #"{"type":"tool_result","tool_use_id":"toolu_1","content":[{"type":"text","text":"a"},{"type":"image","#
            + #""source":{"type":"base64","media_type":"image/png","data":"iVBORw=="}}],"is_error":true}"#,
        #"{"type":"compaction","content":"So far"}"#, #"{"type":"container_upload","file_id":"file_1"}"#,
    ]

    @Test("blocks", arguments: blocks)
    func block(original: String) async throws {
        var random = SplitMix64(seed: UInt64(original.utf8.count))
        var comparedOfItsKind = 0
        for _ in 0..<40 {
            var text = Nonsense.changed(try JSONFields.parse(original.utf8), &random)
            if Bool.random(using: &random) { text = Nonsense.changed(try JSONFields.parse(text.utf8), &random) }
            for role in ["user", "assistant"] {
                let request = Self.request(role, text)
                guard let read = try? AnthropicMessages.messages(from: request) else { continue }
                try await InMemoryBackend.prepared(roles: .withTools).append(read, to: "c")
                let isOfItsKind =
                    try read.map(\.outline)
                    == AnthropicMessages.messages(from: Self.request(role, original)).map(\.outline)
                if try check(read, text), isOfItsKind { comparedOfItsKind += 1 }
                // The bytes of files go out and in without a change.
                var taken: [Data] = []
                let without = try AnthropicMessages.messages(from: request) { file in
                    taken.append(file.data)
                    return "app:\(taken.count - 1)"
                }
                try await InMemoryBackend.prepared(roles: .withTools).append(without, to: "c")
                _ = try check(without, text) { file in
                    file.url.flatMap { Int($0.dropFirst("app:".count)) }.map { taken[$0] }
                }
                _ = try OpenAIChat.body(for: read)
                _ = try OpenAIResponses.body(for: without)
            }
        }
        #expect(comparedOfItsKind > 0)
    }

    private static func request(_ role: String, _ block: String) -> Data {
        Data(#"[{"role":"\#(role)","content":[\#(block)]}]"#.utf8)
    }

    /// Expects that a block goes out as it was, or that something says why not.
    ///
    /// - Returns: Whether it went out.
    private func check(_ read: [ChatMessage], _ block: String, resolving: FileResolution? = nil) throws -> Bool {
        var wentOut = false
        // Thinking must not be the last block.
        for (chat, place) in Nonsense.chats(with: read, ending: [.assistant("end")]) {
            let body = try AnthropicMessages.body(for: chat, resolving: resolving)
            let messages = try JSONFields(JSONFields.parse(body.data), at: "").requiredElements("messages")
            guard body.omissions.isEmpty else { continue }
            let sent = try messages.flatMap { try JSONFields($0, at: "").requiredElements("content").map(\.text) }
            #expect(
                sent.count == chat.count - read.count + 1 && NativeRule.isSame(sent[place], block),
                "\(block), message \(place) of \(chat.count)")
            wentOut = true
        }
        return wentOut
    }

    @Test("events", arguments: AnthropicStreams.streams)
    func events(stream: AnthropicStreams.Stream) async throws {
        var random = SplitMix64(seed: UInt64(stream.text.utf8.count))
        for _ in 0..<60 {
            var accumulator = AnthropicMessages.Accumulator()
            for event in stream.events {
                let isChanged = Int.random(in: 0..<5, using: &random) == 0
                let text = isChanged ? Nonsense.changed(try JSONFields.parse(event.utf8), &random) : event
                try? accumulator.add(text)
            }
            guard RoleSet.withTools.contains(accumulator.message.role) else { continue }
            try await InMemoryBackend.prepared(roles: .withTools).append([accumulator.message], to: "c")
            _ = try AnthropicMessages.body(for: [.user("Hi"), accumulator.message, .user("Well?")])
        }
    }
}

import ChatStorageCore
import ChatStorageProviders
import Foundation

/// Conversations as apps have them, to be sent to OpenAI's APIs.
enum OpenAIConversations {
    /// An answer of Anthropic's, with thinking, its own search, and a call.
    static let anthropicAnswer = #"""
        {"id":"msg_01","type":"message","role":"assistant","model":"claude-opus-5","content":[
        {"type":"thinking","thinking":"Which city?","signature":"EroCCmUI"},
        {"type":"redacted_thinking","data":"EmwKAhgB"},
        {"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"Kyoto"}},
        {"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[]},
        {"type":"text","text":"Let me look."},
        {"type":"tool_use","id":"toolu_1","name":"weather",
        "input":{"city":"Kyoto","k":123456789012345678901234567890}}],
        "stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":2}}
        """#

    /// A chat begun with Anthropic: the tool's result has a picture, and the turn after the answer was stopped.
    static func begunWithAnthropic() throws -> [ChatMessage] {
        let answer = try AnthropicMessages.message(from: json(anthropicAnswer))
        let map = MessagePart(
            .file, callID: "toolu_1", file: MessageFile(mediaType: "image/png", url: "https://x.org/map.png"))
        return [
            .system("Be brief."), .user("Kyoto in May?"), answer,
            .tool([.toolResult(callID: "toolu_1", output: "18C, rain"), map]),
            .assistant("18C with rain."), .user("And June?"),
            .assistant([.reasoning("Again."), .toolCall("weather", callID: "toolu_2", input: "{}")]),
            .user("Never mind."),
        ]
    }

    /// All of them.
    static func all() throws -> [[ChatMessage]] {
        let calls = ChatMessage.assistant([
            .text("Both."), .toolCall("f", callID: "a", input: "{}"), .toolCall("g", callID: "b", input: "not JSON"),
        ])
        let files = [
            MessageFile(mediaType: "image/png", url: "app://1"), MessageFile(url: "https://x.org/a.jpg"),
            MessageFile(mediaType: "application/pdf", name: "a.pdf", url: "app://1"),
            MessageFile(mediaType: "audio/wav", url: "app://1"),
            MessageFile(mediaType: "application/pdf", id: "file-1"),
            MessageFile(mediaType: "application/pdf", url: "https://x.org/a.pdf"),
        ]
        return [
            [.system("S"), .developer("D"), .user("Hi"), .assistant("Hello"), .user("Bye")],
            [
                .user("Go"), calls,
                .tool([.toolResult(callID: "b", output: "2"), .toolResult(callID: "a", output: "1", isError: true)]),
                .assistant("Done"),
            ],
            [
                .user([.text("a"), .text("b")]),
                .assistant([.text("a"), .text("b"), MessagePart(.refusal, text: "No.")]), .user("c"),
            ],
            [.user([.text("?")] + files.map(MessagePart.file))],
            [.user("Go"), calls, .user("Stop"), .assistant(""), .tool([.toolResult(callID: "a", output: "late")])],
            try begunWithAnthropic(),
        ]
    }

    /// The bytes of every file of an app.
    @Sendable static func resolving(_ file: MessageFile) -> Data? { file.url == "app://1" ? Data("abc".utf8) : nil }
}

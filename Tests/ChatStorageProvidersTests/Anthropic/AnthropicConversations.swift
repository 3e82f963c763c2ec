import ChatStorageCore
import ChatStorageProviders
import Foundation

/// Conversations as apps have them, with parts of this API, of others and of none.
enum AnthropicConversations {
    static let plain: [ChatMessage] = [
        .system("Be brief."), .user("A weekend in Kyoto?"), .assistant("Go."), .user("And in March?"),
    ]

    /// Two calls at once, their results in messages of their own, and a word of the user's.
    static let tools: [ChatMessage] = [
        .user("How warm is it in Paris and Rome?"),
        .assistant([
            .text("One moment."), .toolCall("weather", callID: "a", input: #"{"city": "Paris"}"#),
            .toolCall("weather", callID: "b", input: ""),
        ]),
        .tool([.toolResult(callID: "a", output: "18")]), .user("Quick!"),
        .tool([.toolResult(callID: "b", output: "no city", isError: true)]),
    ]

    /// What came from another provider.
    static let foreign: [ChatMessage] = [
        .developer("Be brief."),
        .user([
            .text("What is this?"), .file(MessageFile(mediaType: "image/png", url: "https://example.org/a.png")),
            .file(MessageFile(name: "paper", url: "https://example.org/p.pdf")),
            .file(MessageFile(mediaType: "image/gif", url: "data:image/gif;base64,R0lGODlhAQ==")),
            .file(MessageFile(mediaType: "audio/wav", url: "https://example.org/a.wav")),
        ]),
        .assistant([
            MessagePart(
                .reasoning, id: "rs_1", text: "Hm.",
                native: NativeJSON(format: "openai.responses", json: JSONText(written: #"{"type":"reasoning"}"#))),
            MessagePart(.refusal, text: "I cannot say."),
            .toolCall("look", callID: "functions.look:0", input: "not JSON"),
            MessagePart(.source, name: "s"), MessagePart("odd"),
        ]),
        .tool([
            .toolResult(callID: "functions.look:0", output: "seen"),
            MessagePart(
                .file, callID: "functions.look:0",
                file: MessageFile(mediaType: "image/png", url: "https://example.org/b.png")),
        ]),
    ]

    /// A request as an app wrote it for the API itself.
    static let request = #"""
        {"model":"m","system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}}],"messages":[
        {"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/gif","data":"R0lGODlhAQ=="}},
        {"type":"document","source":{"type":"text","media_type":"text/plain","data":"Hi"},"title":"t","citations":{"enabled":true}},
        {"type":"text","text":"And?"}]},
        {"role":"assistant","content":[{"type":"thinking","thinking":"Hm","signature":"Eq=="},
        {"type":"tool_use","id":"toolu_1","name":"look","input":{"a":1.0}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":[{"type":"text","text":"seen"},
        {"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw=="}}],"is_error":false},
        {"type":"text","text":"Well?","cache_control":{"type":"ephemeral"}}]}],"max_tokens":5}
        """#

    static func all() throws -> [[ChatMessage]] {
        [plain, tools, foreign, try AnthropicMessages.messages(from: Data(request.utf8))]
    }
}

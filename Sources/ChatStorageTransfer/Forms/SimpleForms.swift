import ChatStorageCore
import ChatStorageJSON

extension ChatForm {
    /// Chats in an object, each with `id`, `title` and messages with a `timestamp`, as exporters for Grok's site write.
    static let timedConversations = simple(
        "an object around conversations with timestamps", .element(of: ["conversations"]),
        SimpleChat(format: "conversations", time: "timestamp"))

    /// TypingMind's export.
    static let typingMind = simple(
        "a TypingMind export", .element(of: ["data", "chats"]),
        SimpleChat(format: "typingmind.export", ids: ["chatID", "id"], titles: ["chatTitle", "title"]))

    /// An export of chatbot-ui, version 4.
    static let chatbotUI = simple(
        "a chatbot-ui export", .element(of: ["history"]), SimpleChat(format: "chatbot-ui.export", titles: ["name"]))

    /// A chat of Kimi's, the newest message first.
    static let kimi = simple(
        "a Kimi chat", .conversation,
        SimpleChat(
            format: "kimi.chat", titles: ["name", "title"], created: ["create_time"], updated: ["update_time"],
            time: "create_time", canBeReversed: true, before: KimiBlocks.parts))

    /// A session of the Gemini CLI.
    static let geminiCLI = simple(
        "a Gemini CLI session", .conversation,
        SimpleChat(
            format: GeminiCLIParts.format, ids: ["sessionId"], titles: ["summary"], created: ["startTime"],
            updated: ["lastUpdated"], time: "timestamp", role: "type",
            roles: ["user": .user, "gemini": .assistant, "info": .system, "error": .system, "warning": .system],
            before: GeminiCLIParts.thoughts, after: GeminiCLIParts.calls))

    private static func simple(_ name: String, _ unit: Unit, _ chat: SimpleChat) -> ChatForm {
        ChatForm(name: name, unit: unit) { [try chat.read($0)] }
    }
}

/// The blocks of Kimi's messages.
private enum KimiBlocks {
    @Sendable static func parts(_ message: inout ForeignObject) throws -> [MessagePart] {
        try message.elements("blocks").map { slice in
            var block = try ForeignObject(slice, at: "messages[].blocks[]")
            let type = block.textIfAny("type")
            guard ["TEXT", "THINK"].contains(type), let text = block["text"]?.firstMember("content")?.string else {
                return MessagePart(.data).with(native: slice, format: "kimi.chat")
            }
            let part = type == "TEXT" ? MessagePart.text(text) : .reasoning(text)
            if block["text"]?.memberList.count == 1 { block.take("text") }
            return part.keeping(block, format: "kimi.chat")
        }
    }
}

/// The parts of a Gemini CLI message beside its content.
private enum GeminiCLIParts {
    static let format = "gemini.cli"

    @Sendable static func thoughts(_ message: inout ForeignObject) throws -> [MessagePart] {
        try message.elements("thoughts").map { slice in
            let texts = ["subject", "description"].compactMap { slice.firstMember($0)?.string }.filter { !$0.isEmpty }
            return MessagePart.reasoning(texts.joined(separator: "\n")).with(native: slice, format: format)
        }
    }

    /// Calls, each with its result after it.
    @Sendable static func calls(_ message: inout ForeignObject) throws -> [MessagePart] {
        var calls: [MessagePart] = []
        var results: [MessagePart] = []
        for slice in try message.elements("toolCalls") {
            var call = try ForeignObject(slice, at: "messages[].toolCalls[]")
            let part = MessagePart(
                .toolCall, name: call.name("name"), callID: call.name("id"), status: call.name("status"),
                input: call.take("args")?.text)
            if let result = call["result"], !result.isEmpty {
                call.take("result")
                results.append(
                    MessagePart(
                        .toolResult, name: part.name, callID: part.callID,
                        isError: part.status.map { $0 != "success" }, output: result.string ?? result.text))
            }
            calls.append(part.keeping(call, format: format))
        }
        return calls + results
    }
}

import ChatStorageCore
import ChatStorageJSON

/// The blocks of a message's content in Claude's export, in their order.
struct ClaudeBlocks {
    private static let format = ClaudeConversation.format

    /// The message's id, from which calls without an id get theirs.
    private let id: String
    private var calls = 0
    /// The last call: its result may not name it.
    private var lastCall: String?

    init(id: String) {
        self.id = id
    }

    /// The parts of a block; none for an empty one.
    mutating func parts(_ block: JSONSlice) -> [MessagePart] {
        if let text = block.string { return text.isEmpty ? [] : [.text(text)] }
        guard var object = try? ForeignObject(block, at: "chat_messages[].content[]") else {
            return block.isEmpty ? [] : [MessagePart(.data).with(native: block, format: Self.format)]
        }
        switch object["type"]?.string {
        case "text":
            object.take("type")
            return text(&object)
        case "thinking":
            object.take("type")
            return [thinking(&object)]
        case "tool_use", "server_tool_use", "mcp_tool_use":
            if object["type"]?.string == "tool_use" { object.take("type") }
            return [call(&object)]
        case "tool_result", "mcp_tool_result", "web_search_tool_result":
            if object["type"]?.string == "tool_result" { object.take("type") }
            return [result(&object)]
        case "image", "document", "file":
            let id = object["file_uuid"]?.string ?? object["uuid"]?.string
            let name = object["file_name"]?.string ?? object["title"]?.string
            let file = MessageFile(
                name: name.flatMap { Limits.fileNameScalars.contains($0.unicodeScalars.count) ? $0 : nil },
                id: id?.partName)
            return [MessagePart.file(file).with(native: block, format: Self.format)]
        default:
            let text = object["text"]?.string ?? object["message"]?.string
            let kind: MessagePart.Kind = object["text"]?.string == nil ? .data : .text
            return [MessagePart(kind, text: text).with(native: block, format: Self.format)]
        }
    }

    /// A text, with its sources behind it.
    private func text(_ object: inout ForeignObject) -> [MessagePart] {
        let text = object.textIfAny("text")
        if (text ?? "").isEmpty, object.rest.isEmpty { return [] }
        let sources = (object["citations"]?.elementList ?? []).filter { $0.kind == .object }.map { citation in
            let url = citation.present("url")?.string ?? citation.present("details")?.present("url")?.string
            return MessagePart(
                .source, text: citation.present("title")?.string, file: url.map { MessageFile(url: $0) })
        }
        return [MessagePart(.text, text: text ?? "").holding(object, format: Self.format)] + sources
    }

    private func thinking(_ object: inout ForeignObject) -> MessagePart {
        let thought = object.textIfAny("thinking") ?? object.textIfAny("text")
        let summaries = (object["summaries"]?.elementList ?? []).compactMap { $0.present("summary")?.string }
        let text = thought.flatMap { $0.isEmpty ? nil : $0 } ?? summaries.joined(separator: "\n")
        return MessagePart(.reasoning, text: text).holding(object, format: Self.format)
    }

    private mutating func call(_ object: inout ForeignObject) -> MessagePart {
        calls += 1
        let callID = object.name("id") ?? "\(id)-\(calls)".partName
        lastCall = callID
        let name = object.name("name")
        let input = object.take("input")?.textOrJSON
        return MessagePart(.toolCall, name: name, callID: callID, input: input)
            .holding(object, format: Self.format)
    }

    private mutating func result(_ object: inout ForeignObject) -> MessagePart {
        let callID = object.name("tool_use_id") ?? lastCall
        let name = object.name("name")
        let isError = object["is_error"]?.boolean
        if isError != nil { object.take("is_error") }
        let content = object["content"]
        var output = content?.textOrJSON
        if let blocks = content?.elements.map(Array.init), blocks.allSatisfy({ $0.present("text")?.string != nil }) {
            output = blocks.compactMap { $0.present("text")?.string }.joined(separator: "\n")
            if blocks.isEmpty || blocks.count == 1 && blocks[0].memberList.count == 2 { object.take("content") }
        } else {
            object.take("content")
        }
        return MessagePart(.toolResult, name: name, callID: callID, isError: isError, output: output ?? "")
            .holding(object, format: Self.format)
    }
}

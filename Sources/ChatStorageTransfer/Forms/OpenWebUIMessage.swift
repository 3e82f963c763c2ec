import ChatStorageCore
import ChatStorageJSON

/// A message of Open WebUI.
struct OpenWebUIMessage {
    private static let format = OpenWebUIChat.format

    /// What it says.
    private(set) var entry: ExportedEntry
    /// The id of the message that it follows.
    let parent: String?
    /// When it was said.
    let createdAt: Timestamp?

    /// - Parameter id: The message's key in the history.
    init(_ value: JSONSlice, id: String?) throws {
        var object = try ForeignObject(value, at: "history.messages[]")
        guard let role = try object.text("role") else {
            throw InvalidConversation(reason: "history.messages[].role is missing")
        }
        entry = ExportedEntry(value, format: Self.format, role: Role(rawValue: role))
        if object["id"]?.string == id { object.take("id") }
        parent = try object.id("parentId")
        object.take("childrenIds")
        createdAt = try object.time("timestamp")
        if entry.role == .assistant { entry.model = object.name("model") }
        try readContent(of: &object)
        for name in ["files", "sources", "citations"] where object[name]?.kind == .array {
            entry.parts += (object.take(name)?.elementList ?? []).map(name == "files" ? Self.file : Self.source)
        }
        entry.room.takeRest(of: object, prefix: "message")
    }

    private mutating func readContent(of object: inout ForeignObject) throws {
        let content = object["content"]?.string
        let pieces = content.map { DetailsBlock.pieces(of: $0) } ?? []
        if content != nil, object["lastSentence"]?.string.map({ content?.contains($0) == true }) == true {
            object.take("lastSentence")
        }
        guard let items = object["output"]?.elementList, !items.isEmpty else {
            guard content != nil else { return }
            object.take("content")
            entry.parts = pieces.flatMap(\.parts)
            return
        }
        object.take("output")
        entry.parts = try items.flatMap { try OpenWebUIOutput.parts($0) }
        // The content repeats this for people; if it differs, it stays in the metadata.
        let said = entry.parts.filter { $0.kind == .text }.compactMap(\.text).joined(separator: "\n")
        if content == said { object.take("content") }
    }

    private static func file(_ json: JSONSlice) -> MessagePart {
        let details = json.present("file")
        let name = json.present("name")?.string ?? details?.present("filename")?.string
        let type = details?.present("meta")?.present("content_type")?.string ?? json.present("content_type")?.string
        let size = json.present("size")?.integer ?? details?.present("meta")?.present("size")?.integer
        let file = MessageFile(
            mediaType: type?.partName,
            name: name.flatMap { Limits.fileNameScalars.contains($0.unicodeScalars.count) ? $0 : nil },
            size: size.flatMap { $0 < 0 ? nil : $0 }, url: json.present("url")?.string,
            id: (json.present("id")?.string ?? details?.present("id")?.string)?.partName)
        return MessagePart.file(file).with(native: json, format: format)
    }

    private static func source(_ json: JSONSlice) -> MessagePart {
        let source = json.present("source") ?? json
        let url = source.present("url")?.string
        return MessagePart(.source, text: source.present("name")?.string, file: url.map { MessageFile(url: $0) })
            .with(native: json, format: format)
    }
}

/// The items of `output`, which are like those of OpenAI's Responses API.
enum OpenWebUIOutput {
    private static let format = OpenWebUIChat.format

    static func parts(_ item: JSONSlice) throws -> [MessagePart] {
        var object = try ForeignObject(item, at: "history.messages[].output[]")
        var part: MessagePart
        switch object["type"]?.string {
        case "message":
            let texts = readable(object["content"])
            part = .text(texts.joined(separator: "\n"))
        case "reasoning":
            let texts = [object["content"], object["summary"]].map { readable($0).joined(separator: "\n") }
            part = .reasoning(texts.first { !$0.isEmpty } ?? "")
        case "function_call":
            object.take("type")
            let callID = object.name("call_id")
            if object["id"]?.string == callID { object.take("id") }
            part = MessagePart(.toolCall, name: object.name("name"), callID: callID, status: object.name("status"))
            part.input = object.take("arguments")?.textOrJSON
            return [part.holding(object, format: format)]
        case "function_call_output":
            let output = object["output"]
            let texts = readable(output)
            part = MessagePart(.toolResult, callID: object["call_id"]?.string?.partName)
            part.output = texts.isEmpty ? output?.textOrJSON ?? "" : texts.joined(separator: "\n")
        case "open_webui:code_interpreter":
            part = MessagePart(
                .toolCall, name: "code_interpreter", callID: object["id"]?.string?.partName,
                input: object["code"]?.string, output: object["output"]?.textOrJSON)
        default: part = MessagePart(.data, text: object["text"]?.string)
        }
        part.id = object["id"]?.string?.partName
        part.status = object["status"]?.string?.partName
        return [part.with(native: item, format: format)]
    }

    private static func readable(_ value: JSONSlice?) -> [String] {
        (value?.elementList ?? []).compactMap { $0.string ?? $0.present("text")?.string }
    }
}

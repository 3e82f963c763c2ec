import ChatStorageCore
import ChatStorageJSON

/// A message of Claude's export.
struct ClaudeMessage {
    /// What it says.
    private(set) var entry: ExportedEntry
    /// Its id, and that of the one that it follows.
    let id: String?
    let parent: String?
    /// When it was said.
    let createdAt: Timestamp?

    init(_ value: JSONSlice, index: Int, defaultModel: String?) throws {
        var object = try ForeignObject(value, at: "chat_messages[]")
        guard let sender = try object.text("sender") else {
            throw InvalidConversation(reason: "chat_messages[\(index)].sender is missing")
        }
        entry = ExportedEntry(value, format: ClaudeConversation.format, role: ClaudeConversation.role(sender))
        id = try object.id("uuid")
        parent = try object.id("parent_message_uuid")
        createdAt = try object.time("created_at")
        if let text = object["updated_at"]?.string, let time = Timestamp(text), time == createdAt {
            object.take("updated_at")
        }
        if entry.role == .assistant { entry.model = object.name("model") ?? defaultModel }
        readContent(of: &object)
        readFiles(of: &object)
        entry.room.takeRest(of: object, prefix: "message")
    }

    // MARK: Content

    private mutating func readContent(of object: inout ForeignObject) {
        if let blocks = object["content"]?.elements {
            object.take("content")
            var reader = ClaudeBlocks(id: id ?? "")
            entry.parts = blocks.flatMap { reader.parts($0) }
        } else if let text = object.textIfAny("content"), !text.isEmpty {
            entry.parts = [.text(text)]
        }
        // The text repeats that of the content, with a note in place of each block that is not text.
        let said = entry.parts.filter { $0.kind == .text }.compactMap(\.text).joined().essence
        guard let text = object["text"]?.string else { return }
        if said.isEmpty, !text.essence.isEmpty {
            object.take("text")
            entry.parts.append(.text(text))
        } else if text.withoutNotes.essence == said {
            object.take("text")
        }
    }

    // MARK: Files

    private mutating func readFiles(of object: inout ForeignObject) {
        if object["attachments"]?.kind == .array {
            entry.parts += (object.take("attachments")?.elementList ?? []).map(Self.attachment)
        }
        guard object["files"]?.kind == .array else { return }
        let files = object.take("files")?.elementList ?? []
        entry.parts += files.map(Self.file)
        let texts = Set(files.map(\.text))
        if object["files_v2"]?.elementList.allSatisfy({ texts.contains($0.text) }) == true { object.take("files_v2") }
    }

    /// A document whose text is in the export.
    static func attachment(_ json: JSONSlice) -> MessagePart {
        guard var object = try? ForeignObject(json, at: "attachments[]") else { return data(json) }
        var file = MessageFile(
            name: object.name("file_name", upTo: Limits.fileNameScalars.upperBound)
                ?? object.name("name", upTo: Limits.fileNameScalars.upperBound),
            size: object.size("file_size"))
        file.id = object.name("id")
        if object["file_type"]?.string?.contains("/") == true { file.mediaType = object.name("file_type") }
        let text = object.textIfAny("extracted_content") ?? object.textIfAny("content")
        return MessagePart(.file, text: text?.isEmpty == true ? nil : text, file: file)
            .holding(object, format: ClaudeConversation.format)
    }

    /// A file that is kept elsewhere.
    private static func file(_ json: JSONSlice) -> MessagePart {
        guard var object = try? ForeignObject(json, at: "files[]") else { return data(json) }
        let name = object.name("file_name", upTo: Limits.fileNameScalars.upperBound)
        let id = object.name("file_uuid") ?? object.name("uuid")
        let url = object.textIfAny("preview_url") ?? object.textIfAny("url")
        return MessagePart.file(MessageFile(name: name, url: url, id: id))
            .holding(object, format: ClaudeConversation.format)
    }

    private static func data(_ json: JSONSlice) -> MessagePart {
        MessagePart(.data).with(native: json, format: ClaudeConversation.format)
    }
}

extension String {
    /// The text without white space, to compare two copies.
    fileprivate var essence: String {
        String(UnicodeScalarView(unicodeScalars.filter { !$0.properties.isWhitespace }))
    }

    /// The text without the notes that stand for what an older app does not show.
    fileprivate var withoutNotes: String {
        split(separator: "```", omittingEmptySubsequences: false)
            .filter { !$0.contains("This block is not supported on your current device yet.") }
            .joined(separator: "```")
    }
}

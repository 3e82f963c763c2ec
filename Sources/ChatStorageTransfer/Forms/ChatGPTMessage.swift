import ChatStorageCore
import ChatStorageJSON

/// A message of ChatGPT's export.
struct ChatGPTMessage {
    /// What it says.
    var entry: ExportedEntry
    /// When it was said.
    let createdAt: Timestamp?
    /// The tool that the model calls with this message, or that a result is from; nil for any other message.
    private var tool: String?
    /// The id of a call: that of its node.
    private let callID: String?

    init(_ value: JSONSlice, node: String, defaultModel: String?) throws {
        var object = try ForeignObject(value, at: "mapping[].message")
        guard var author = try object.object("author") else {
            throw InvalidConversation(reason: "mapping[].message.author is missing")
        }
        guard let role = try author.text("role") else {
            throw InvalidConversation(reason: "mapping[].message.author.role is missing")
        }
        entry = ExportedEntry(value, format: ChatGPTConversation.format, role: Role(rawValue: role))
        createdAt = try object.time("create_time")
        callID = node.partName
        switch entry.role {
        case .tool: tool = author.name("name")
        case .assistant:
            tool = object["recipient"]?.string.flatMap {
                ["all", "assistant", "user"].contains($0) ? nil : $0.partName
            }
        default: break
        }
        if object["id"]?.string == node { object.take("id") }
        let content = object.take("content")
        var metadata = object["metadata"]?.kind == .object ? try object.object("metadata") : nil
        let attachments = metadata?["attachments"]?.kind == .array ? metadata?.take("attachments") : nil
        let sources = Self.sources(in: &metadata)
        if !author.rest.isEmpty { entry.room.take("author", author.slice, at: "mapping[].message.author") }
        entry.room.takeRest(of: object, prefix: "message")
        if var rest = metadata {
            let model = rest.name("model_slug") ?? (entry.role == .assistant ? defaultModel?.partName : nil)
            entry.model = model
            entry.room.takeRest(of: rest, prefix: "metadata")
        } else if entry.role == .assistant {
            entry.model = defaultModel?.partName
        }
        if let content { try read(content) }
        attach(attachments?.elementList ?? [])
        entry.parts += sources
        if entry.parts.isEmpty, tool != nil { entry.parts = [said(nil)] }
    }

    // MARK: Content

    private mutating func read(_ content: JSONSlice) throws {
        var object = try ForeignObject(content, at: "mapping[].message.content")
        let type = object["content_type"]?.string ?? "text"
        let reader = ChatGPTContent(type: type)
        switch type {
        case "text", "multimodal_text":
            object.take("content_type")
            take(object.take("parts")?.elementList ?? [])
        case "code", "execution_output":
            let text = object.textIfAny("text")
            object.take("content_type")
            if type == "code" || text != nil || !object.rest.isEmpty {
                entry.parts = [said(text, kind: .text).holding(object, format: ChatGPTConversation.format)]
            }
            return
        case "tether_browsing_display", "tether_quote":
            entry.parts = [said(object["text"]?.string ?? object["result"]?.string).with(native: content)]
            if let source = reader.source(object) { entry.parts.append(source) }
            return
        case "thoughts", "reasoning_recap":
            entry.parts = reader.reasoning(&object)
        case "user_editable_context":
            let texts = ["user_profile", "user_instructions"].compactMap { object[$0]?.string }
            entry.parts = texts.filter { !$0.isEmpty }.map { .text($0) }
            if entry.parts.isEmpty { entry.parts = [.text("")] }
            entry.parts[0] = entry.parts[0].with(native: content)
            return
        default:
            var part = said(reader.text(of: object), kind: reader.text(of: object) == nil ? .data : .text)
            if type == "system_error" { part.isError = true }
            entry.parts = [part.with(native: content)]
            return
        }
        entry.room.takeRest(of: object, prefix: "content")
    }

    /// Takes the elements of `parts`: texts, files and transcriptions.
    private mutating func take(_ elements: [JSONSlice]) {
        let texts = elements.compactMap(\.string)
        if tool != nil, texts.count == elements.count {
            let text = texts.joined(separator: "\n")
            entry.parts = [said(texts.isEmpty ? nil : text)]
            // Otherwise they could not be separated again.
            if texts.count > 1, let part = entry.parts.first, let content = entry.slice.present("content") {
                entry.parts = [part.with(native: content)]
            }
            return
        }
        var parts: [MessagePart] = []
        for element in elements {
            if let text = element.string {
                if !text.isEmpty { parts.append(said(text)) }
            } else if !element.isEmpty {
                parts += ChatGPTContent(type: "multimodal_text").parts(element)
            }
        }
        if entry.role == .tool, !parts.contains(where: { $0.kind == .toolResult }) { parts.insert(said(nil), at: 0) }
        entry.parts += parts
    }

    /// A text as a part: a tool's arguments, its result, or a plain text.
    private func said(_ text: String?, kind: MessagePart.Kind = .text) -> MessagePart {
        if entry.role == .tool { return MessagePart(.toolResult, name: tool, output: text ?? "") }
        guard let tool else { return MessagePart(kind, text: text) }
        return MessagePart(.toolCall, name: tool, callID: callID, input: text ?? "")
    }

    // MARK: Files and sources

    /// Takes the files listed beside the content; a file that the content already has gets its name from the list.
    private mutating func attach(_ attachments: [JSONSlice]) {
        for attachment in attachments {
            guard var object = try? ForeignObject(attachment, at: "mapping[].message.metadata.attachments[]") else {
                entry.parts.append(MessagePart(.data).with(native: attachment))
                continue
            }
            let known = object["id"]?.string
            if let known, let place = entry.parts.firstIndex(where: { $0.file?.id == known }) {
                entry.parts[place] = entry.parts[place].naming(by: object)
                continue
            }
            var file = MessageFile(
                mediaType: object.name("mime_type") ?? object.name("mimeType"),
                name: object.name("name", upTo: Limits.fileNameScalars.upperBound), size: object.size("size"))
            file.id = object.name("id")
            entry.parts.append(MessagePart.file(file).holding(object, format: ChatGPTConversation.format))
        }
    }

    /// Takes the sources of the message.
    private static func sources(in metadata: inout ForeignObject?) -> [MessagePart] {
        var parts: [MessagePart] = []
        for name in ["citations", "content_references"] where metadata?[name]?.kind == .array {
            for source in metadata?.take(name)?.elementList ?? [] where !source.isEmpty {
                let about = source.present("metadata") ?? source.present("items")?.elementList.first ?? source
                let title = about.present("title")?.string ?? about.present("name")?.string
                let url = about.present("url")?.string
                parts.append(
                    MessagePart(.source, text: title, file: url.map { MessageFile(url: $0) }).with(native: source))
            }
        }
        return parts
    }
}

extension MessagePart {
    func with(native slice: JSONSlice) -> MessagePart {
        with(native: slice, format: ChatGPTConversation.format)
    }

    /// A file with its name and type from the list of attachments.
    fileprivate func naming(by attachment: ForeignObject) -> MessagePart {
        var (attachment, part) = (attachment, self)
        attachment.take("id")
        part.file?.name = attachment.name("name", upTo: Limits.fileNameScalars.upperBound) ?? file?.name
        part.file?.mediaType = attachment.name("mime_type") ?? file?.mediaType
        if attachment["size"]?.integer == file?.size { attachment.take("size") }
        part.native = native
        if !attachment.rest.isEmpty { part.extra.append(ExtraMember("attachment", JSONText(attachment.slice))) }
        return part
    }
}

import ChatStorageCore
import ChatStorageJSON

/// The blocks in a message's content in ChatGPT's export.
struct ChatGPTContent {
    let type: String

    /// The parts of an element of `parts` that is not a text.
    func parts(_ element: JSONSlice) -> [MessagePart] {
        guard element.kind == .object else { return [MessagePart(.data).with(native: element)] }
        switch element.present("content_type")?.string {
        case "image_asset_pointer", "audio_asset_pointer", "video_container_asset_pointer":
            return [pointer(element).with(native: element)]
        case "real_time_user_audio_video_asset_pointer":
            let names = ["audio_asset_pointer", "video_container_asset_pointer"]
            let pointers = names.compactMap { element.present($0) }.filter { $0.kind == .object }
            var parts = pointers.map(pointer)
            parts += (element.present("frames_asset_pointers")?.elementList ?? []).map(pointer)
            if parts.isEmpty { parts = [MessagePart(.data)] }
            parts[0] = parts[0].with(native: element)
            return parts
        default:
            let text = element.present("text")?.string
            return [MessagePart(text == nil ? .data : .text, text: text).with(native: element)]
        }
    }

    /// A file that is named by a pointer: `file-service://file-abc`, `sediment://file_0123`.
    private func pointer(_ json: JSONSlice) -> MessagePart {
        let url = json.string ?? json.present("asset_pointer")?.string
        let id = url.flatMap { $0.split(separator: "/", omittingEmptySubsequences: true).last.map(String.init) }
        let format = json.present("format")?.string
        let size = json.present("size_bytes")?.integer.flatMap { $0 < 0 ? nil : $0 }
        return .file(
            MessageFile(
                mediaType: format.flatMap { $0.contains("/") ? $0 : "audio/\($0)" }?.partName, size: size, url: url,
                id: id?.partName))
    }

    /// The model's thoughts, or a summary of them; the rest goes to the message's metadata.
    func reasoning(_ object: inout ForeignObject) -> [MessagePart] {
        var parts: [MessagePart] = []
        for thought in object["thoughts"]?.elementList ?? [] {
            let texts = ["content", "summary"].compactMap { thought.present($0)?.string }
            let text = thought.string ?? texts.first { !$0.isEmpty }
            let part = MessagePart(.reasoning, text: text)
            parts.append(thought.kind == .string ? part : part.with(native: thought))
        }
        if object["thoughts"]?.elements != nil { object.take("thoughts") }
        let texts = object["parts"]?.elementList ?? []
        if texts.allSatisfy({ $0.kind == .string }) {
            object.take("parts")
            parts += texts.compactMap(\.string).filter { !$0.isEmpty }.map { .reasoning($0) }
        }
        if let text = object.textIfAny("content") { parts.append(.reasoning(text)) }
        return parts.isEmpty ? [.reasoning("")] : parts
    }

    /// The page that a browsing tool quotes; nil if it names none.
    func source(_ object: ForeignObject) -> MessagePart? {
        guard let url = object["url"]?.string, !url.isEmpty else { return nil }
        return MessagePart(.source, text: object["title"]?.string, file: MessageFile(url: url))
    }

    /// The readable text of a block of unknown type; nil if there is none.
    func text(of object: ForeignObject) -> String? {
        for name in ["text", "result", "content", "model_set_context", "title"] {
            if let text = object[name]?.string, !text.isEmpty { return text }
        }
        let texts = (object["parts"]?.elementList ?? []).compactMap(\.string).filter { !$0.isEmpty }
        return texts.isEmpty ? nil : texts.joined(separator: "\n")
    }
}

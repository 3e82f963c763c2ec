import ChatStorageCore
import ChatStorageJSON

/// Reads a message of DeepSeek's, which consists of fragments.
enum DeepSeekMessage {
    private static let format = "deepseek.export"

    /// - Parameter role: Who speaks; nil if the message's fragments show it.
    static func turn(_ message: inout ForeignObject, role: Role?) throws -> ForeignTurn {
        var parts: [MessagePart] = []
        var asks = false
        for slice in try message.elements("fragments") {
            var fragment = try ForeignObject(slice, at: message.path(of: "fragments[]"))
            let type = try fragment.text("type") ?? ""
            if type == "REQUEST" { asks = true }
            parts += try Self.parts(&fragment, type: type)
        }
        if let text = message.textIfAny("content"), !text.isEmpty { parts.append(.text(text)) }
        for slice in try message.elements("files") { parts.append(try file(slice, at: message.path(of: "files[]"))) }
        var turn = ForeignTurn(role: role ?? (asks ? .user : .assistant), parts: parts)
        turn.take(model: try message.text("model"), at: message.path(of: "model"))
        message.putRest(into: &turn.room)
        return turn
    }

    private static func parts(_ fragment: inout ForeignObject, type: String) throws -> [MessagePart] {
        switch type {
        case "REQUEST", "RESPONSE", "THINK":
            let text = try fragment.text("content")
            let part = MessagePart(type == "THINK" ? .reasoning : .text, id: fragment.name("id"), text: text)
            return [part.keeping(fragment, format: format)]
        case "SEARCH":
            var parts = try fragment.elements("results").map(source)
            if !fragment.rest.isEmpty || parts.isEmpty {
                let whole = (parts.first ?? MessagePart(.data)).with(native: fragment.slice, format: format)
                parts = [whole] + parts.dropFirst()
            }
            return parts
        default:
            // A tool's request, a hint, or an unknown fragment.
            let text = fragment.textIfAny("content")
            return [MessagePart(.data, text: text).with(native: fragment.slice, format: format)]
        }
    }

    private static func source(_ slice: JSONSlice) -> MessagePart {
        guard var object = try? ForeignObject(slice, at: "results[]") else {
            return MessagePart(.source).with(native: slice, format: format)
        }
        let part = MessagePart(
            .source, text: object.textIfAny("title"), file: MessageFile(url: object.textIfAny("url")))
        return part.keeping(object, format: format)
    }

    private static func file(_ slice: JSONSlice, at path: String) throws -> MessagePart {
        var object = try ForeignObject(slice, at: path)
        let file = MessageFile(
            name: object.name("file_name", upTo: Limits.fileNameScalars.upperBound), size: object.size("file_size"),
            id: object.name("id") ?? object.name("file_id"))
        return MessagePart.file(file).keeping(object, format: format)
    }
}

import ChatStorageCore
import ChatStorageJSON

/// Writes the parts of UI messages from portable members, in the form of version 5.
enum UIPartWriter {
    /// The part for portable members; nil if they do not make one.
    ///
    /// - Parameter place: Makes the id of a source without one.
    static func portable(_ read: UIPart, place: String) -> String? {
        let part = read.part
        switch part.kind {
        case .text, .refusal, .reasoning:
            guard let text = part.text else { return nil }
            return object(part.kind == .reasoning ? "reasoning" : "text") { $0.member("text", text) }
        case .stepStart: return object("step-start") { _ in }
        case .toolCall: return call(read)
        case .file: return part.file.flatMap(file)
        case .source: return source(part, place: place)
        case .data:
            guard let name = part.name, let output = part.output, (try? JSONFields.parse(output.utf8)) != nil else {
                return nil
            }
            return object(UIPartReader.dataPrefix + name) { writer in
                writer.member("id", part.id)
                writer.member("data", literal: output)
            }
        default: return nil
        }
    }

    // MARK: Tools

    private static func call(_ read: UIPart) -> String? {
        guard let name = read.part.name, let callID = read.part.callID else { return nil }
        return object(UIPartReader.toolPrefix + name) { writer in
            writer.member("toolCallId", callID)
            writer.member("state", state(of: read.result))
            writer.member("input", literal: json(read.part.input ?? "{}"))
            write(read.result, to: &writer)
            if read.isRunByProvider { writer.member("providerExecuted", true) }
        }
    }

    private static func state(of result: MessagePart?) -> String {
        guard let result else { return "input-available" }
        return result.isError == true ? "output-error" : "output-available"
    }

    private static func write(_ result: MessagePart?, to writer: inout JSONWriter) {
        guard let result else { return }
        if result.isError == true {
            writer.member("errorText", result.output ?? "")
        } else {
            writer.member("output", literal: json(result.output ?? ""))
        }
    }

    /// The part of a call with a different result than in its native JSON; every other member stays.
    ///
    /// - Parameter native: The part's native JSON, in the form of version 5.
    static func call(_ native: JSONSlice, with result: MessagePart?) -> String {
        let ofResult = ["output", "errorText", "preliminary", "resultProviderMetadata"]
        return JSONWriter.object { json in
            for (name, value) in native.memberList where !ofResult.contains(name) {
                // Only approved calls have results.
                if name == "approval", value.member("approved")?.boolean != true { continue }
                json.member(name, literal: name == "state" ? JSONPatch.string(state(of: result)) : value.text)
            }
            write(result, to: &json)
        }
    }

    /// Objects and arrays as they are; anything else as a string.
    private static func json(_ text: String) -> String {
        guard let slice = try? JSONFields.parse(text.utf8), [.object, .array].contains(slice.kind) else {
            return JSONPatch.string(text)
        }
        return slice.text
    }

    // MARK: Files and sources

    /// A file that a browser can read by its URL; nil for any other.
    static func file(_ file: MessageFile) -> String? {
        guard let url = file.url, ["https://", "http://", "data:"].contains(where: url.hasPrefix) else { return nil }
        return self.file(file, url: url)
    }

    static func file(_ file: MessageFile, url: String) -> String {
        let mediaType = file.mediaType ?? Base64.dataURL(url)?.mediaType ?? file.mediaTypeOfName
        return object("file") { writer in
            writer.member("mediaType", mediaType ?? "application/octet-stream")
            writer.member("filename", file.name)
            writer.member("url", url)
        }
    }

    private static func source(_ part: MessagePart, place: String) -> String? {
        let id = part.id ?? "source-\(place)"
        if let url = part.file?.url {
            return object("source-url") { writer in
                writer.member("sourceId", id)
                writer.member("url", url)
                writer.member("title", part.text)
            }
        }
        guard let title = part.text ?? part.file?.name else { return nil }
        return object("source-document") { writer in
            writer.member("sourceId", id)
            writer.member("mediaType", part.file?.mediaType ?? "application/octet-stream")
            writer.member("title", title)
            writer.member("filename", part.file?.name)
        }
    }

    private static func object(_ type: String, _ body: (inout JSONWriter) -> Void) -> String {
        JSONWriter.object { writer in
            writer.member("type", type)
            body(&writer)
        }
    }
}

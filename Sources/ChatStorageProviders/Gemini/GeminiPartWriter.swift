import ChatStorageCore
import ChatStorageJSON

/// Writes the API's parts from portable members.
enum GeminiPartWriter {
    /// The signature for the first call of a step that no Gemini model signed.
    ///
    /// Google documents it for chats that other models began. The API then does not check the call.
    static let skippedSignature = "skip_thought_signature_validator"

    /// The part for portable members, if it depends on nothing but the message; nil for calls, which the writer signs,
    /// and for members that do not make a part.
    ///
    /// - Parameter id: The id of a result's call, if the API should get one.
    static func whole(_ parts: [MessagePart], id: String?) -> String? {
        guard let part = parts.first else { return nil }
        switch part.kind {
        case .text, .refusal: return part.text.map(text)
        case .file: return part.file.flatMap(file)
        case .toolResult:
            let files = parts.dropFirst().map { $0.file.flatMap(file) }
            let written = files.compactMap(\.self)
            guard written.count == files.count, let name = part.name else { return nil }
            return result(part, id: id, name: name, files: written)
        default: return nil
        }
    }

    static func text(_ text: String) -> String { JSONWriter.object { $0.member("text", text) } }

    // MARK: Calls and results

    /// - Parameter signature: The signature, if the call needs one.
    static func call(_ part: MessagePart, name: String, signature: String?) -> String {
        JSONWriter.object { writer in
            writer.name("functionCall")
            writer.object { writer in
                writer.member("name", name)
                writer.member("args", literal: BlockWriter.input(part.input ?? "").json)
            }
            writer.member("thoughtSignature", signature)
        }
    }

    /// - Parameters:
    ///   - id: The call's id, if the API has given it one.
    ///   - files: The JSON of the files that the tool returned.
    static func result(_ part: MessagePart, id: String?, name: String, files: [String]) -> String {
        JSONWriter.object { writer in
            writer.name("functionResponse")
            writer.object { writer in
                writer.member("id", id)
                writer.member("name", name)
                writer.member("response", literal: response(part))
                if !files.isEmpty {
                    writer.name("parts")
                    writer.array { for file in files { $0.literal(file) } }
                }
            }
        }
    }

    /// A tool's output as the object that the API takes: an object as it is, anything else under the API's names.
    private static func response(_ part: MessagePart) -> String {
        let failed = part.isError == true
        guard let output = part.output else { return failed ? "{\"error\":\"\"}" : "{}" }
        let json = (try? JSONFields.parse(output.utf8)).flatMap { [.object, .array].contains($0.kind) ? $0 : nil }
        if let json, json.kind == .object, !failed { return json.text }
        return JSONWriter.object { writer in
            writer.name(failed ? "error" : "output")
            if let json { writer.literal(json.text) } else { writer.string(output) }
        }
    }

    // MARK: Files

    /// A file whose URL holds its bytes or can be read by the API; nil for any other.
    static func file(_ file: MessageFile) -> String? {
        guard let url = file.url else { return nil }
        if let data = Base64.dataURL(url) { return bytes(base64: data.base64, mediaType: data.mediaType) }
        guard ["https://", "http://", "gs://"].contains(where: url.hasPrefix) else { return nil }
        return JSONWriter.object { writer in
            writer.name("fileData")
            writer.object { writer in
                writer.member("mimeType", file.mediaType ?? file.mediaTypeOfName)
                writer.member("fileUri", url)
            }
        }
    }

    /// Bytes in the request; nil without a media type, which the API needs.
    static func bytes(base64: String, mediaType: String?) -> String? {
        guard let mediaType, !mediaType.isEmpty else { return nil }
        return JSONWriter.object { writer in
            writer.name("inlineData")
            writer.object { writer in
                writer.member("mimeType", mediaType)
                writer.member("data", base64)
            }
        }
    }
}

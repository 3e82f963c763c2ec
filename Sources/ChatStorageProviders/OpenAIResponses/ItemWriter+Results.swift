import ChatStorageCore
import ChatStorageJSON

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension ItemWriter {
    /// Adds a tool's result.
    ///
    /// - Parameters:
    ///   - files: The files that the tool returned.
    ///   - type: The type of the call's item, which determines that of the result.
    /// - Returns: Why the API does not take the result or a part of it; nil if all was added.
    mutating func add(result part: MessagePart, files: [MessagePart], ofCall type: String) throws -> String? {
        let output = part.output ?? ""
        let elements = (try? JSONText(output).slice).flatMap { $0.kind == .array ? output : nil }
        let files = try files.map { try Self.file($0.file ?? MessageFile(), resolving: resolving) }
        switch type {
        case "shell_call":
            let code = part.isError == true ? 1 : 0
            let text = JSONPatch.string(output)
            let outcome = "{\"type\":\"exit\",\"exit_code\":\(code)}"
            let printed = "[{\"stdout\":\(text),\"stderr\":\"\",\"outcome\":\(outcome)}]"
            append(
                Self.item("shell_call_output", part.callID) { json in
                    json.member("output", literal: elements ?? printed)
                })
        case "local_shell_call":
            append(
                Self.item("local_shell_call_output", part.callID) { json in
                    json.member("output", output)
                })
        case "apply_patch_call":
            append(
                Self.item("apply_patch_call_output", part.callID) { json in
                    json.member("status", part.isError == true ? "failed" : "completed")
                    json.member("output", output)
                })
        case "tool_search_call":
            guard let elements else { return "the result is left out: a tool search's result is a JSON array of tools" }
            append(
                Self.item("tool_search_output", part.callID) { json in
                    json.member("tools", literal: elements)
                })
        case "computer_call":
            guard let file = files.compactMap(\.self).first, let url = try JSONText(file).slice.member("image_url")
            else { return "the result is left out: a computer call's result needs a screenshot" }
            append(
                Self.item("computer_call_output", part.callID) { json in
                    json.member("output", literal: "{\"type\":\"computer_screenshot\",\"image_url\":\(url.text)}")
                })
        default:
            let taken = files.compactMap(\.self)
            append(
                Self.result(part.callID, text: part.output, files: taken, isCustom: type == "custom_tool_call"))
            if taken.count < files.count {
                return
                    "a file of the result is left out: `resolving` gave no bytes, and the API takes no URL of it"
            }
        }
        return nil
    }

    /// A function's result.
    static func result(
        _ callID: String?, text: String?, files: [String] = [], isCustom: Bool = false
    ) -> String {
        item(isCustom ? "custom_tool_call_output" : "function_call_output", callID) { json in
            json.name("output")
            if files.isEmpty {
                json.string(text ?? "")
            } else {
                json.array { json in
                    if let text {
                        json.object { json in
                            json.member("type", "input_text")
                            json.member("text", text)
                        }
                    }
                    for file in files { json.literal(file) }
                }
            }
        }
    }

    private static func item(
        _ type: String, _ callID: String?, _ body: (inout JSONWriter) -> Void
    ) -> String {
        JSONWriter.object { json in
            json.member("type", type)
            json.member("call_id", callID)
            body(&json)
        }
    }

    /// The element of `content` for a file; nil if the API does not take the file.
    static func file(_ file: MessageFile, resolving: FileResolution?) throws -> String? {
        let data = file.dataURL(of: try resolving?(file)?.base64EncodedString())
        let isImage = file.isTakenForImage
        var json = JSONWriter()
        if isImage, let url = data ?? file.sendableURL {
            json.object { json in
                json.member("type", "input_image")
                json.member("image_url", url)
                json.member("detail", "auto")
            }
        } else if let data {
            json.object { json in
                json.member("type", "input_file")
                json.member("filename", file.name ?? "file")
                json.member("file_data", data)
            }
        } else if let id = file.openAIFileID {
            json.object { json in
                json.member("type", isImage ? "input_image" : "input_file")
                json.member("file_id", id)
                if isImage { json.member("detail", "auto") }
            }
        } else if let url = file.sendableURL {
            json.object { json in
                json.member("type", "input_file")
                json.member("file_url", url)
            }
        } else {
            return nil
        }
        return json.text
    }
}

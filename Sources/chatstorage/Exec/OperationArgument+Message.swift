import ChatStorageCore
import ChatStorageSupport

// What a message is made of: a text or parts, and what goes with them.

extension OperationArgument where Value == String? {
    static var content: OperationArgument { text("content", or: "parts") }
}

extension OperationArgument where Value == [MessagePart]? {
    static var parts: OperationArgument { parts(whenLeftOut: "none") }

    static func parts(whenLeftOut: String) -> OperationArgument {
        OperationArgument("parts", .parts, whenLeftOut: .words(whenLeftOut)) { try $0.partsIfPresent("parts") }
    }
}

extension OperationArgument where Value == NativeJSON? {
    static var native: OperationArgument {
        object("native", .text("format"), .text("json")) { @Sendable format, json in
            do {
                return NativeJSON(format: format, json: try JSONText(json))
            } catch let error as ChatStorageError {
                throw ChatStorageError(error.code, "native: \(error.message)")
            }
        }
    }
}

extension ChatMessage {
    /// Makes a message of a text or of parts; a text beside parts must be theirs.
    init(
        _ role: Role, _ content: String?, _ parts: [MessagePart]?, metadata: Metadata, native: NativeJSON?, key: String?
    ) throws {
        guard let parts else {
            self.init(role: role, content: content ?? "", key: key)
            if !metadata.isEmpty { self.metadata = metadata }
            if let native { self.native = native }
            return
        }
        self.init(role: role, parts: parts, metadata: metadata, key: key, native: native)
        if let content, !content.hasSameUTF8(as: self.content) {
            throw InvalidRequest("a message's content is not that of its parts")
        }
    }
}

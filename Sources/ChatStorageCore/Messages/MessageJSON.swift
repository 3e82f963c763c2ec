package import ChatStorageJSON
import ChatStorageSupport

/// The JSON of messages' parts: as a database keeps it, and as archives show it.
///
/// A backend on a database has a column for the content, one for what ``stored(_:)`` gives and one for the metadata. In
/// a store, the texts of text parts are only in the content, and this JSON has their lengths in bytes. In an archive,
/// this JSON has the texts themselves. In both, a ``JSONText`` is a string.
public enum MessageJSON {
    // MARK: As a store keeps it

    /// What a store keeps of a message beside its role, content, key and metadata: one compact JSON text.
    ///
    /// - Returns: Nil for a message that is one text without native JSON.
    public static func stored(_ message: ChatMessage) -> String? {
        guard message.partsBesideText != nil || message.native != nil else { return nil }
        var writer = JSONWriter(capacity: 256)
        writer.object { writer in
            if let parts = message.partsBesideText {
                writer.name("parts")
                writer.array { for part in parts { write(part, to: &$0, textIsInContent: true) } }
            }
            if let native = message.native { write(native, to: &writer) }
        }
        return writer.text
    }

    /// Reads a message from what a store keeps.
    ///
    /// - Parameters:
    ///   - role: Its role.
    ///   - content: Its content.
    ///   - parts: What ``stored(_:)`` gave.
    ///   - metadata: The compact JSON of its metadata; nil for none.
    ///   - key: Its key; nil for none.
    /// - Throws: ``ChatStorageError`` with the code `damaged` for what no backend writes.
    public static func message(
        role: Role, content: String, parts: String?, metadata: String?, key: String?
    ) throws -> ChatMessage {
        guard parts != nil || metadata != nil else { return ChatMessage(role: role, content: content, key: key) }
        do {
            let read = try parts.map { try Stored($0, content: content) }
            return ChatMessage(
                role: role, parts: read?.parts ?? [.text(content)], metadata: try Metadata(stored: metadata), key: key,
                native: read?.native)
        } catch {
            throw ChatStorageError(.damaged, "a stored message's parts or metadata are not what a backend writes")
        }
    }

    private struct Stored {
        var parts: [MessagePart]?
        var native: NativeJSON?

        init(_ text: String, content: String) throws {
            guard let members = try JSONSlice(validating: Array(text.utf8)[...]).members else {
                throw MessageJSON.notAMessage
            }
            var rest = Substring(content).utf8
            var isFirst = true
            for (name, value) in members {
                switch name {
                case "parts" where parts == nil:
                    guard let elements = value.elements else { throw MessageJSON.notAMessage }
                    parts = try elements.map { element in
                        try MessagePart(element) { bytes in
                            if !isFirst, rest.popFirst() != UInt8(ascii: "\n") { throw MessageJSON.notAMessage }
                            isFirst = false
                            let text = rest.prefix(bytes)
                            guard text.count == bytes, let text = String(text) else { throw MessageJSON.notAMessage }
                            rest = rest.dropFirst(bytes)
                            return text
                        }
                    }
                case "native" where native == nil: native = try NativeJSON(value, isStored: true)
                default: throw MessageJSON.notAMessage
                }
            }
            guard parts == nil ? native != nil : rest.isEmpty else { throw MessageJSON.notAMessage }
        }
    }

    // MARK: Writing

    /// Writes the members `role`, `parts` or `content`, `metadata`, `native` and `key` of a message, as archives have
    /// them.
    package static func write(_ message: ChatMessage, to writer: inout JSONWriter) {
        writer.member("role", message.role.rawValue)
        if let parts = message.partsBesideText {
            writer.name("parts")
            writer.array { for part in parts { write(part, to: &$0, textIsInContent: false) } }
        } else {
            writer.member("content", message.content)
        }
        if !message.metadata.isEmpty {
            writer.name("metadata")
            message.metadata.object.write(to: &writer)
        }
        if let native = message.native { write(native, to: &writer) }
        writer.member("key", message.key)
    }

    private static func write(_ part: MessagePart, to writer: inout JSONWriter, textIsInContent: Bool) {
        writer.object { writer in
            writer.member("kind", part.kind.rawValue)
            writer.member("id", part.id)
            if textIsInContent, part.kind == .text {
                writer.member("text_bytes", part.text.map { Int64($0.utf8.count) })
            } else {
                writer.member("text", part.text)
            }
            writer.member("name", part.name)
            writer.member("call_id", part.callID)
            writer.member("status", part.status)
            writer.member("is_error", part.isError)
            writer.member("input", part.input)
            writer.member("output", part.output)
            if let file = part.file { write(file, to: &writer) }
            if !part.extra.isEmpty {
                writer.name("extra")
                writer.array { writer in
                    for member in part.extra {
                        writer.object {
                            $0.member("name", member.name)
                            $0.member("json", member.json.text)
                        }
                    }
                }
            }
            if let native = part.native { write(native, to: &writer) }
        }
    }

    private static func write(_ file: MessageFile, to writer: inout JSONWriter) {
        writer.name("file")
        writer.object { writer in
            writer.member("media_type", file.mediaType)
            writer.member("name", file.name)
            writer.member("size", file.size)
            writer.member("sha256", file.sha256)
            writer.member("url", file.url)
            writer.member("id", file.id)
        }
    }

    private static func write(_ native: NativeJSON, to writer: inout JSONWriter) {
        writer.name("native")
        writer.object { writer in
            writer.member("format", native.format)
            writer.member("json", native.json.text)
        }
    }

    // MARK: Reading

    fileprivate static let notAMessage = ChatStorageError(.invalidArgument, "a message's JSON has an unknown form")
}

extension MessagePart {
    /// Reads a part as archives have it.
    ///
    /// - Throws: ``ChatStorageError`` with the code `invalidArgument`, which names the member.
    package init(json: JSONSlice) throws {
        try self.init(json, text: nil)
    }

    /// - Parameter text: Gives the next bytes of the content; nil if the JSON has the texts.
    fileprivate init(_ json: JSONSlice, text contentText: ((Int) throws -> String)?) throws {
        guard let members = json.members else { throw Self.problem("a part", json, "an object") }
        self.init("")
        var names: Set<String> = []
        var native: NativeJSON?
        for (name, value) in members {
            guard names.insert(name).inserted else {
                throw ChatStorageError(.invalidArgument, "a part has two values of a member")
            }
            if value.kind == .null { continue }
            switch name {
            case "kind": kind = Kind(rawValue: try value.text(of: "kind"))
            case "id": id = try value.text(of: "id")
            case "text": text = try value.text(of: "text")
            case "name": self.name = try value.text(of: "name")
            case "call_id": callID = try value.text(of: "call_id")
            case "status": status = try value.text(of: "status")
            case "input": input = try value.text(of: "input")
            case "output": output = try value.text(of: "output")
            case "is_error":
                guard let boolean = value.boolean else { throw Self.problem("is_error", value, "a Boolean") }
                isError = boolean
            case "file": file = try MessageFile(value)
            case "extra":
                guard let elements = value.elements else { throw Self.problem("extra", value, "an array") }
                extra = try elements.map { try ExtraMember($0, isStored: contentText != nil) }
            case "native": native = try NativeJSON(value, isStored: contentText != nil)
            case "text_bytes":
                guard let contentText, let bytes = value.integer, bytes >= 0 else { throw Self.unknownMember }
                text = try contentText(Int(bytes))
            default: throw Self.unknownMember
            }
        }
        guard names.contains("kind") else { throw ChatStorageError(.invalidArgument, "a part has no kind") }
        if contentText != nil, names.contains(kind == .text ? "text" : "text_bytes") { throw Self.unknownMember }
        self.native = native
    }

    private static let unknownMember = ChatStorageError(.invalidArgument, "a part has a member that would be lost")

    fileprivate static func problem(_ name: String, _ value: JSONSlice, _ expected: String) -> ChatStorageError {
        ChatStorageError(.invalidArgument, "\(name) is \(value.kind.rawValue), not \(expected)")
    }
}

extension JSONSlice {
    fileprivate func text(of name: String) throws -> String {
        guard let string else { throw MessagePart.problem(name, self, "a string") }
        return string
    }
}

extension NativeJSON {
    /// Reads `{"format", "json"}`.
    ///
    /// - Parameter isStored: Whether it comes from a store, which took a ``JSONText``; then it is not checked again.
    package init(_ json: JSONSlice, isStored: Bool = false) throws {
        var (format, text): (String?, String?)
        for (name, value) in json.memberList {
            switch name {
            case "format" where format == nil: format = try value.text(of: "native.format")
            case "json" where text == nil: text = try value.text(of: "native.json")
            default: throw ChatStorageError(.invalidArgument, "native has a member that would be lost")
            }
        }
        guard let format, let text else {
            throw ChatStorageError(.invalidArgument, "native has no format or no json")
        }
        self.init(format: format, json: isStored ? JSONText(written: text) : try JSONText(text))
    }
}

extension ExtraMember {
    fileprivate init(_ json: JSONSlice, isStored: Bool) throws {
        var (memberName, text): (String?, String?)
        for (name, value) in json.memberList {
            switch name {
            case "name" where memberName == nil: memberName = try value.text(of: "extra.name")
            case "json" where text == nil: text = try value.text(of: "extra.json")
            default: throw ChatStorageError(.invalidArgument, "extra has a member that would be lost")
            }
        }
        guard let memberName, let text else {
            throw ChatStorageError(.invalidArgument, "an element of extra has no name or no json")
        }
        self.init(memberName, isStored ? JSONText(written: text) : try JSONText(text))
    }
}

extension MessageFile {
    fileprivate init(_ json: JSONSlice) throws {
        guard let members = json.members else { throw MessagePart.problem("file", json, "an object") }
        self.init()
        var names: Set<String> = []
        for (name, value) in members where value.kind != .null {
            guard names.insert(name).inserted else {
                throw ChatStorageError(.invalidArgument, "file has two values of a member")
            }
            switch name {
            case "media_type": mediaType = try value.text(of: "file.media_type")
            case "name": self.name = try value.text(of: "file.name")
            case "sha256": sha256 = try value.text(of: "file.sha256")
            case "url": url = try value.text(of: "file.url")
            case "id": id = try value.text(of: "file.id")
            case "size":
                guard let integer = value.integer else { throw MessagePart.problem("file.size", value, "an integer") }
                size = integer
            default: throw ChatStorageError(.invalidArgument, "file has a member that would be lost")
            }
        }
    }
}

extension Metadata {
    /// Reads what a store keeps.
    fileprivate init(stored text: String?) throws {
        guard let text else {
            self.init()
            return
        }
        self.init(try JSONObject(JSONSlice(validating: Array(text.utf8)[...])))
    }
}

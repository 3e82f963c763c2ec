import ChatStorageSupport

extension Validation {
    static func check(_ label: Label) throws {
        try check(label.rawValue, field: "label", scalars: Limits.labelScalars)
    }

    /// Checks what a new conversation has beside its title.
    static func check(_ labels: Set<Label>, _ metadata: Metadata) throws {
        guard labels.count <= Limits.labels else {
            throw ChatStorageError(
                .invalidArgument, "labels has \(labels.count) elements; a conversation takes at most \(Limits.labels)")
        }
        for label in labels.sorted() { try check(label) }
        try check(metadata, field: "metadata")
    }

    /// Checks what a change sets; how large the result is depends on what is there.
    static func check(_ change: MetadataChange) throws {
        if let replacement = change.replacement { try check(replacement, field: "metadata") }
        try check(change.set, field: "metadata")
        for name in change.removed where name.hasNUL {
            throw ChatStorageError(.invalidArgument, "the name of a metadata member has U+0000 in it")
        }
    }

    /// - Returns: How many bytes of JSON it has.
    @discardableResult
    private static func check(_ metadata: Metadata, field: String) throws -> Int {
        if metadata.isEmpty { return 0 }
        guard metadata.object.depth <= JSONValue.maximumDepth else {
            throw ChatStorageError(
                .invalidArgument, "\(field) is nested deeper than \(JSONValue.maximumDepth) levels")
        }
        guard JSONValue.object(metadata.object).canBeStored else {
            throw ChatStorageError(
                .invalidArgument, "\(field) has U+0000, a number that is not finite, or the same name twice"
            )
        }
        let bytes = metadata.text.utf8.count
        guard bytes <= Limits.metadataBytes else {
            throw ChatStorageError(
                .invalidArgument, "\(field) has \(bytes) bytes of JSON; it takes at most \(Limits.metadataBytes)")
        }
        return bytes
    }

    /// Checks what a message has beside one text.
    ///
    /// - Returns: How many bytes all its texts have.
    static func check(more message: ChatMessage, field: String) throws -> Int {
        let parts = message.partsBesideText ?? []
        guard Limits.parts.contains(parts.count) else {
            throw ChatStorageError(
                .invalidArgument,
                "\(field).parts has \(parts.count) elements; a message takes at most \(Limits.parts.upperBound)")
        }
        for (index, part) in parts.enumerated() { try check(part, field: "\(field).parts[\(index)]") }
        let metadata = try check(message.metadata, field: "\(field).metadata")
        if let native = message.native { try check(native, field: "\(field).native") }
        let bytes = message.bytesBesideMetadata + metadata
        guard Limits.contentBytes.contains(bytes) else {
            throw ChatStorageError(
                .invalidArgument,
                "\(field) has \(bytes) bytes with its parts and metadata; it takes at most "
                    + "\(Limits.contentBytes.upperBound)")
        }
        return bytes
    }

    private static func check(_ part: MessagePart, field: String) throws {
        try check(part.kind.rawValue, field: "\(field).kind", scalars: Limits.kindScalars)
        let names = [
            (part.id, "id"), (part.name, "name"), (part.callID, "call_id"), (part.status, "status"),
            (part.file?.mediaType, "file.media_type"), (part.file?.id, "file.id"), (part.file?.sha256, "file.sha256"),
        ]
        for (text, name) in names {
            if let text { try check(text, field: "\(field).\(name)", scalars: Limits.partNameScalars) }
        }
        if let name = part.file?.name { try check(name, field: "\(field).file.name", scalars: Limits.fileNameScalars) }
        let texts = [(part.text, "text"), (part.input, "input"), (part.output, "output"), (part.file?.url, "file.url")]
        for case (let text?, let name) in texts where text.hasNUL {
            throw ChatStorageError(
                .invalidArgument, "\(field).\(name) has U+0000 in it, which no database keeps")
        }
        if let size = part.file?.size, size < 0 {
            throw ChatStorageError(.invalidArgument, "\(field).file.size is \(size); it must be 0 or more")
        }
        for member in part.extra {
            try check(member.name, field: "the name of a member of \(field).extra", scalars: Limits.partNameScalars)
        }
        if let native = part.native { try check(native, field: "\(field).native") }
    }

    private static func check(_ native: NativeJSON, field: String) throws {
        try check(native.format, field: "\(field).format", scalars: Limits.kindScalars)
    }
}

extension ChatMessage {
    /// How many bytes its texts have: content, parts, metadata and native JSON.
    package var storedBytes: Int {
        bytesBesideMetadata + (metadata.isEmpty ? 0 : metadata.text.utf8.count)
    }

    fileprivate var bytesBesideMetadata: Int {
        guard !isPlain else { return content.utf8.count }
        // The texts of text parts are the content.
        let parts = (partsBesideText ?? []).reduce(0) { bytes, part in
            bytes + part.textBytes - (part.kind == .text ? part.text?.utf8.count ?? 0 : 0)
        }
        return content.utf8.count + parts + (native?.json.text.utf8.count ?? 0)
    }
}

extension MessagePart {
    fileprivate var textBytes: Int {
        let texts = [
            kind.rawValue, id, text, name, callID, status, input, output, file?.mediaType, file?.name, file?.sha256,
            file?.url, file?.id, native?.format, native?.json.text,
        ]
        return texts.reduce(0) { $0 + ($1?.utf8.count ?? 0) }
            + extra.reduce(0) { $0 + $1.name.utf8.count + $1.json.text.utf8.count }
    }
}

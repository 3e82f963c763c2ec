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
    private static func check(_ metadata: Metadata, field: @autoclosure () -> String) throws -> Int {
        if metadata.isEmpty { return 0 }
        guard metadata.object.depth <= JSONValue.maximumDepth else {
            throw ChatStorageError(
                .invalidArgument, "\(field()) is nested deeper than \(JSONValue.maximumDepth) levels")
        }
        guard JSONValue.object(metadata.object).canBeStored else {
            throw ChatStorageError(
                .invalidArgument, "\(field()) has U+0000, a number that is not finite, or the same name twice"
            )
        }
        let bytes = metadata.text.utf8.count
        guard bytes <= Limits.metadataBytes else {
            throw ChatStorageError(
                .invalidArgument, "\(field()) has \(bytes) bytes of JSON; it takes at most \(Limits.metadataBytes)")
        }
        return bytes
    }

    /// Checks what a message has beside one text.
    ///
    /// - Returns: How many bytes all its texts have.
    static func check(more message: ChatMessage, field: @autoclosure () -> String) throws -> Int {
        let parts = message.partsBesideText ?? []
        guard Limits.parts.contains(parts.count) else {
            throw ChatStorageError(
                .invalidArgument,
                "\(field()).parts has \(parts.count) elements; a message takes at most \(Limits.parts.upperBound)")
        }
        for index in parts.indices { try check(parts[index], field: "\(field()).parts[\(index)]") }
        let metadata = try check(message.metadata, field: "\(field()).metadata")
        if let native = message.native { try check(native, field: "\(field()).native") }
        let bytes = message.bytesBesideMetadata + metadata
        guard Limits.contentBytes.contains(bytes) else {
            throw ChatStorageError(
                .invalidArgument,
                "\(field()) has \(bytes) bytes with its parts and metadata; it takes at most "
                    + "\(Limits.contentBytes.upperBound)")
        }
        return bytes
    }

    private static func check(_ part: MessagePart, field: @autoclosure () -> String) throws {
        try check(part.kind.rawValue, field: "\(field()).kind", scalars: Limits.kindScalars)
        func checkName(_ text: String?, _ name: String) throws {
            if let text { try check(text, field: "\(field()).\(name)", scalars: Limits.partNameScalars) }
        }
        func checkText(_ text: String?, _ name: String) throws {
            guard let text, text.hasNUL else { return }
            throw ChatStorageError(
                .invalidArgument, "\(field()).\(name) has U+0000 in it, which no database keeps")
        }
        try checkName(part.id, "id")
        try checkName(part.name, "name")
        try checkName(part.callID, "call_id")
        try checkName(part.status, "status")
        try checkText(part.text, "text")
        try checkText(part.input, "input")
        try checkText(part.output, "output")
        if let file = part.file {
            try checkName(file.mediaType, "file.media_type")
            try checkName(file.id, "file.id")
            try checkName(file.sha256, "file.sha256")
            if let name = file.name { try check(name, field: "\(field()).file.name", scalars: Limits.fileNameScalars) }
            try checkText(file.url, "file.url")
            if let size = file.size, size < 0 {
                throw ChatStorageError(.invalidArgument, "\(field()).file.size is \(size); it must be 0 or more")
            }
        }
        for member in part.extra {
            try check(member.name, field: "the name of a member of \(field()).extra", scalars: Limits.partNameScalars)
        }
        if let native = part.native { try check(native, field: "\(field()).native") }
    }

    private static func check(_ native: NativeJSON, field: @autoclosure () -> String) throws {
        try check(native.format, field: "\(field()).format", scalars: Limits.kindScalars)
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
        var bytes = content.utf8.count + (native?.json.text.utf8.count ?? 0)
        let parts = partsBesideText ?? []
        for index in parts.indices {
            bytes += parts[index].textBytes
            if parts[index].kind == .text { bytes -= parts[index].text?.utf8.count ?? 0 }
        }
        return bytes
    }
}

extension MessagePart {
    fileprivate var textBytes: Int {
        var bytes = kind.rawValue.utf8.count
        func add(_ text: String?) {
            if let text { bytes += text.utf8.count }
        }
        add(id)
        add(text)
        add(name)
        add(callID)
        add(status)
        add(input)
        add(output)
        if let file {
            add(file.mediaType)
            add(file.name)
            add(file.sha256)
            add(file.url)
            add(file.id)
        }
        add(native?.format)
        add(native?.json.text)
        for member in extra { bytes += member.name.utf8.count + member.json.text.utf8.count }
        return bytes
    }
}

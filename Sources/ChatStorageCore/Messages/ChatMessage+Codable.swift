extension ChatMessage: Codable {
    /// The names of the members; a stored message has them beside its own.
    static let members: [MemberName] = ["role", "content", "parts", "metadata", "key", "native"]

    /// Reads `{"role", "content", "key"}`, the key absent or null for none; with `"parts"` in place of the content, and
    /// with `"metadata"` and `"native"`, each if there is one.
    ///
    /// - Throws: `DecodingError`, also for any other member that is not empty, since it would be lost. A provider's
    ///   form of a message, with `tool_calls` or an array as content, is not this one: the codecs of
    ///   `ChatStorageProviders` read it. The error quotes no text.
    public init(from decoder: any Decoder) throws {
        let members = try DecodedMembers(from: decoder)
        try members.refuseOthers(than: Self.members)
        try self.init(members)
    }

    /// Reads the message's members, which can stand among others.
    init(_ members: DecodedMembers) throws {
        let role: Role = try members.value("role")
        let parts: [MessagePart]? = try members.optional("parts")
        let metadata: Metadata? = try members.optional("metadata")
        let native: NativeJSON? = try members.optional("native")
        let key: String? = try members.optional("key")
        if let parts {
            try members.refuseContent(besides: parts)
            self.init(role: role, parts: parts, metadata: metadata ?? [:], key: key, native: native)
        } else {
            self.init(role: role, content: try members.content(), key: key)
            if let metadata { self.metadata = metadata }
            if let native { self.native = native }
        }
    }

    /// Writes `{"role", "content"}`, or `{"role", "parts"}` if it is more than one text, and `"metadata"`, `"key"` and
    /// `"native"` if there are any.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try encode(into: &container)
    }

    /// Writes the message's members among others.
    func encode(into container: inout KeyedEncodingContainer<MemberName>) throws {
        try container.encode(role, forKey: "role")
        if let parts = partsBesideText {
            try container.encode(parts, forKey: "parts")
        } else {
            try container.encode(content, forKey: "content")
        }
        if !metadata.isEmpty { try container.encode(metadata, forKey: "metadata") }
        try container.encodeIfPresent(key, forKey: "key")
        try container.encodeIfPresent(native, forKey: "native")
    }
}

extension MessagePart: Codable {
    private static let members: [MemberName] = [
        "kind", "id", "text", "name", "call_id", "status", "is_error", "input", "output", "file", "extra", "native",
    ]

    /// Reads `{"kind", ...}`: the names of the members in snake_case, each absent or null for none.
    ///
    /// - Throws: `DecodingError`, also for any other member that is not empty, since it would be lost.
    public init(from decoder: any Decoder) throws {
        let members = try DecodedMembers(from: decoder)
        try members.refuseOthers(than: Self.members)
        self.init(
            try members.value("kind"), id: try members.optional("id"), text: try members.optional("text"),
            name: try members.optional("name"), callID: try members.optional("call_id"),
            status: try members.optional("status"), isError: try members.optional("is_error"),
            input: try members.optional("input"), output: try members.optional("output"),
            file: try members.optional("file"), extra: try members.optional("extra") ?? [],
            native: try members.optional("native"))
    }

    /// Writes the members that there are.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try container.encode(kind, forKey: "kind")
        try container.encodeIfPresent(id, forKey: "id")
        try container.encodeIfPresent(text, forKey: "text")
        try container.encodeIfPresent(name, forKey: "name")
        try container.encodeIfPresent(callID, forKey: "call_id")
        try container.encodeIfPresent(status, forKey: "status")
        try container.encodeIfPresent(isError, forKey: "is_error")
        try container.encodeIfPresent(input, forKey: "input")
        try container.encodeIfPresent(output, forKey: "output")
        try container.encodeIfPresent(file, forKey: "file")
        if !extra.isEmpty { try container.encode(extra, forKey: "extra") }
        try container.encodeIfPresent(native, forKey: "native")
    }
}

extension ExtraMember: Codable {
    /// Reads `{"name", "json"}`, the JSON's exact text as a string.
    public init(from decoder: any Decoder) throws {
        let members = try DecodedMembers(from: decoder)
        try members.refuseOthers(than: ["name", "json"])
        self.init(try members.value("name"), try members.value("json"))
    }

    /// Writes `{"name", "json"}`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try container.encode(name, forKey: "name")
        try container.encode(json, forKey: "json")
    }
}

extension NativeJSON: Codable {
    /// Reads `{"format", "json"}`, the JSON's exact text as a string.
    public init(from decoder: any Decoder) throws {
        let members = try DecodedMembers(from: decoder)
        try members.refuseOthers(than: ["format", "json"])
        self.init(format: try members.value("format"), json: try members.value("json"))
    }

    /// Writes `{"format", "json"}`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try container.encode(format, forKey: "format")
        try container.encode(json, forKey: "json")
    }
}

extension MessageFile: Codable {
    private static let members: [MemberName] = ["media_type", "name", "size", "sha256", "url", "id"]

    /// Reads the members, each absent or null for none.
    public init(from decoder: any Decoder) throws {
        let members = try DecodedMembers(from: decoder)
        try members.refuseOthers(than: Self.members)
        self.init(
            mediaType: try members.optional("media_type"), name: try members.optional("name"),
            size: try members.optional("size"), sha256: try members.optional("sha256"),
            url: try members.optional("url"), id: try members.optional("id"))
    }

    /// Writes the members that there are.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: MemberName.self)
        try container.encodeIfPresent(mediaType, forKey: "media_type")
        try container.encodeIfPresent(name, forKey: "name")
        try container.encodeIfPresent(size, forKey: "size")
        try container.encodeIfPresent(sha256, forKey: "sha256")
        try container.encodeIfPresent(url, forKey: "url")
        try container.encodeIfPresent(id, forKey: "id")
    }
}

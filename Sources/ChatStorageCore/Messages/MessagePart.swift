import ChatStorageSupport

/// A part of a message: a text, a tool's call or its result, reasoning, a file.
///
/// Storage keeps parts in order and byte for byte, and judges none: it keeps kinds and members that it does not know.
/// ``native`` is the provider's own JSON of the part, and every other member is what the provider's codec
/// found in it. Setting one of them, except ``extra``, removes ``native``, so that an edited part never sends its old
/// text.
public struct MessagePart: Sendable, Hashable {
    /// What a part is.
    ///
    /// Any name can be a kind, so that unknown kinds are kept too.
    public struct Kind: Sendable, RawRepresentable, ExpressibleByStringLiteral, CustomStringConvertible {
        /// The name: 1 to 64 Unicode scalars without U+0000.
        public let rawValue: String

        /// Makes a kind of any name.
        public init(rawValue: String) { self.rawValue = rawValue }
        /// Makes a kind of a literal.
        public init(stringLiteral name: String) { rawValue = name }
        /// The name.
        public var description: String { rawValue }

        /// What is said.
        public static let text: Kind = "text"
        /// What the model thought, readable or not.
        public static let reasoning: Kind = "reasoning"
        /// Why the model does not answer.
        public static let refusal: Kind = "refusal"
        /// The model's call of a tool.
        public static let toolCall: Kind = "tool_call"
        /// What a tool returned.
        public static let toolResult: Kind = "tool_result"
        /// A file: an image, a sound, a document.
        public static let file: Kind = "file"
        /// The source of something that is said.
        public static let source: Kind = "source"
        /// Anything of the app's own.
        public static let data: Kind = "data"
    }

    /// What the part is.
    public var kind: Kind { didSet { native = nil } }
    /// The provider's id of the part: at most 200 scalars.
    public var id: String? { didSet { native = nil } }
    /// What a person can read of the part.
    public var text: String? { didSet { native = nil } }
    /// The tool's name: at most 200 scalars.
    public var name: String? { didSet { native = nil } }
    /// The id that a call and its results share: at most 200 scalars.
    ///
    /// A part with the same id after a result, such as a file that the tool returned, belongs to the result.
    public var callID: String? { didSet { native = nil } }
    /// The state of a call, in the provider's words: at most 200 scalars.
    public var status: String? { didSet { native = nil } }
    /// Whether a result is a failure; nil if that is not known.
    public var isError: Bool? { didSet { native = nil } }
    /// A call's arguments: most often JSON, sometimes not, since models err; kept exactly.
    public var input: String? { didSet { native = nil } }
    /// A result's value: often JSON; kept exactly.
    public var output: String? { didSet { native = nil } }
    /// What is known of a file.
    public var file: MessageFile? { didSet { native = nil } }
    /// Further members with their exact JSON, in order.
    public var extra: [ExtraMember]
    /// The provider's own JSON of the part; nil if the other members say the same.
    public var native: NativeJSON?

    /// Makes a part.
    ///
    /// - Parameters:
    ///   - kind: What the part is.
    ///   - id: The provider's id of it.
    ///   - text: What a person can read of it.
    ///   - name: The tool's name.
    ///   - callID: The id that a call and its results share.
    ///   - status: The state of a call, in the provider's words.
    ///   - isError: Whether a result is a failure.
    ///   - input: A call's arguments, exactly.
    ///   - output: A result's value, exactly.
    ///   - file: What is known of a file.
    ///   - extra: Further members.
    ///   - native: The provider's own JSON of the part.
    public init(
        _ kind: Kind, id: String? = nil, text: String? = nil, name: String? = nil, callID: String? = nil,
        status: String? = nil, isError: Bool? = nil, input: String? = nil, output: String? = nil,
        file: MessageFile? = nil, extra: [ExtraMember] = [], native: NativeJSON? = nil
    ) {
        self.kind = kind
        self.id = id
        self.text = text
        self.name = name
        self.callID = callID
        self.status = status
        self.isError = isError
        self.input = input
        self.output = output
        self.file = file
        self.extra = extra
        self.native = native
    }

    /// A text.
    public static func text(_ text: String) -> MessagePart {
        MessagePart(.text, text: text)
    }

    /// What the model thought.
    public static func reasoning(_ text: String) -> MessagePart {
        MessagePart(.reasoning, text: text)
    }

    /// A tool's call.
    ///
    /// - Parameters:
    ///   - name: The tool's name.
    ///   - callID: What its results will name.
    ///   - input: The arguments, most often JSON.
    public static func toolCall(_ name: String, callID: String, input: String) -> MessagePart {
        MessagePart(.toolCall, name: name, callID: callID, input: input)
    }

    /// A tool's result.
    ///
    /// - Parameters:
    ///   - callID: The call that it answers.
    ///   - output: The value, often JSON.
    ///   - name: The tool's name.
    ///   - isError: Whether the tool failed.
    public static func toolResult(
        callID: String, output: String, name: String? = nil, isError: Bool? = nil
    ) -> MessagePart {
        MessagePart(.toolResult, name: name, callID: callID, isError: isError, output: output)
    }

    /// A file.
    public static func file(_ file: MessageFile) -> MessagePart {
        MessagePart(.file, file: file)
    }

    /// Whether the part is a text and nothing else.
    var isPlainText: Bool { kind == .text && text != nil && self == .text(text ?? "") }
}

/// A member of a part that has no name of its own in ``MessagePart``.
public struct ExtraMember: Sendable, Hashable {
    /// The member's name: at most 200 scalars.
    public var name: String
    /// Its exact value.
    public var json: JSONText

    /// Makes a member.
    public init(_ name: String, _ json: JSONText) {
        self.name = name
        self.json = json
    }

    /// Whether both have the same bytes.
    public static func == (left: ExtraMember, right: ExtraMember) -> Bool {
        left.name.hasSameUTF8(as: right.name) && left.json == right.json
    }

    /// Hashes the value.
    public func hash(into hasher: inout Hasher) { hasher.combine(json) }
}

/// A provider's own JSON of a part or of a message, byte for byte.
///
/// Providers refuse a conversation when a signature in it changed by a byte, and their caches match prefixes. So an
/// API gets its JSON back as it came.
public struct NativeJSON: Sendable, Hashable {
    /// The API that it belongs to: `anthropic.messages`, `openai.responses`, `openai.chat`; 1 to 64 scalars.
    public var format: String
    /// The JSON.
    public var json: JSONText

    /// Makes a value.
    public init(format: String, json: JSONText) {
        self.format = format
        self.json = json
    }

    /// Whether both have the same bytes.
    public static func == (left: NativeJSON, right: NativeJSON) -> Bool {
        left.format.hasSameUTF8(as: right.format) && left.json == right.json
    }

    /// Hashes the JSON.
    public func hash(into hasher: inout Hasher) { hasher.combine(json) }
}

/// What is known of a file; its bytes are elsewhere.
public struct MessageFile: Sendable, Hashable {
    /// The media type, such as `image/png`: at most 200 scalars.
    public var mediaType: String?
    /// The file's name: at most 1,000 scalars.
    public var name: String?
    /// How many bytes it has, 0 or more.
    public var size: Int64?
    /// The SHA-256 of its bytes, 64 hexadecimal digits.
    public var sha256: String?
    /// Where the bytes are: a string, never normalised.
    public var url: String?
    /// The provider's id of the file: at most 200 scalars.
    public var id: String?

    /// Makes a value.
    public init(
        mediaType: String? = nil, name: String? = nil, size: Int64? = nil, sha256: String? = nil, url: String? = nil,
        id: String? = nil
    ) {
        self.mediaType = mediaType
        self.name = name
        self.size = size
        self.sha256 = sha256
        self.url = url
        self.id = id
    }

    /// Whether both say the same, byte for byte.
    public static func == (left: MessageFile, right: MessageFile) -> Bool {
        left.mediaType.hasSameUTF8(as: right.mediaType) && left.name.hasSameUTF8(as: right.name)
            && left.size == right.size && left.sha256.hasSameUTF8(as: right.sha256)
            && left.url.hasSameUTF8(as: right.url) && left.id.hasSameUTF8(as: right.id)
    }

    /// Hashes the size.
    public func hash(into hasher: inout Hasher) { hasher.combine(size) }
}

extension MessagePart {
    /// Whether both have the same members, byte for byte.
    public static func == (left: MessagePart, right: MessagePart) -> Bool {
        left.kind == right.kind && left.text.hasSameUTF8(as: right.text) && left.id.hasSameUTF8(as: right.id)
            && left.name.hasSameUTF8(as: right.name) && left.callID.hasSameUTF8(as: right.callID)
            && left.status.hasSameUTF8(as: right.status) && left.isError == right.isError
            && left.input.hasSameUTF8(as: right.input) && left.output.hasSameUTF8(as: right.output)
            && left.file == right.file && left.extra == right.extra && left.native == right.native
    }

    /// Hashes what most parts differ in.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        for text in [text, callID, input, output] { (text ?? "").hashUTF8(into: &hasher) }
    }

    /// Reads a Swift value from ``input``, by Foundation's decoder.
    ///
    /// - Throws: `DecodingError`. Models err, so the input can be missing, or be no JSON.
    public func decodeInput<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
        guard let json = try? JSONText(input ?? "") else {
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "the input is not JSON"))
        }
        return try json.decode(as: type)
    }
}

extension MessagePart.Kind: Hashable, Codable {
    /// Whether both names have the same UTF-8 bytes.
    public static func == (left: Self, right: Self) -> Bool { left.rawValue.hasSameUTF8(as: right.rawValue) }
    /// Hashes the name.
    public func hash(into hasher: inout Hasher) { rawValue.hashUTF8(into: &hasher) }
}

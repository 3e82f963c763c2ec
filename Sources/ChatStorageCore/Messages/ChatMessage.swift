import ChatStorageSupport

/// What an append takes and what an app sends on to a model: a role and what is said, a text or parts.
///
/// ```swift
/// let question = ChatMessage.user("A weekend in Kyoto?")
/// let call = ChatMessage.assistant([.text("One moment."), .toolCall("weather", callID: "1", input: "{}")])
/// ```
///
/// A codec of the library `ChatStorageProviders` turns it into an API's JSON and back. Equality compares every member
/// by its UTF-8 bytes, as storage does; ``hasSameContent(as:)`` compares role and parts.
public struct ChatMessage: Sendable {
    /// Who speaks.
    ///
    /// Setting it removes ``native``.
    public var role: Role {
        didSet { if more != nil { native = nil } }
    }
    /// What makes an append of the message repeatable: 1 to 200 Unicode scalars without U+0000, or nil for none.
    ///
    /// It is unique in its conversation. Appending a message whose key is there returns the stored message and writes
    /// nothing, so an app that does not know whether an append happened makes it again. A request's id or a random UUID
    /// is a good key. A key is forgotten when its message is cleared or deleted.
    public var key: String?

    @usableFromInline var text: String
    /// What a message has beside one text; nil for nothing, so that plain messages carry none of it.
    @usableFromInline var more: More?

    /// Parts, metadata and native JSON; never changed once made.
    @usableFromInline final class More: Sendable {
        /// Nil for one part that is a text.
        let parts: [MessagePart]?
        let metadata: Metadata
        let native: NativeJSON?

        private init(_ parts: [MessagePart]?, _ metadata: Metadata, _ native: NativeJSON?) {
            self.parts = parts
            self.metadata = metadata
            self.native = native
        }

        /// Makes them; nil for nothing.
        ///
        /// A failable initializer would allocate the object first.
        static func of(parts: [MessagePart]?, metadata: Metadata, native: NativeJSON?) -> More? {
            parts == nil && metadata.isEmpty && native == nil ? nil : More(parts, metadata, native)
        }
    }

    /// Makes a message of one text.
    ///
    /// - Parameters:
    ///   - role: Who speaks.
    ///   - content: What is said: 0 to 16 MiB of UTF-8 without U+0000.
    ///   - key: What makes its append repeatable, see ``key``; by default nothing.
    @inlinable
    public init(role: Role, content: String, key: String? = nil) {
        // Inlined, since backends make one for each message that they read.
        self.role = role
        text = content
        self.key = key
        more = nil
    }

    /// Makes a message of parts.
    ///
    /// - Parameters:
    ///   - role: Who speaks.
    ///   - parts: At most 1,000 parts; a single text is the same as a message of that text.
    ///   - metadata: What the app keeps beside it; by default nothing.
    ///   - key: What makes its append repeatable; by default nothing.
    ///   - native: The provider's own JSON of the whole message, for formats whose unit is the message.
    public init(
        role: Role, parts: [MessagePart], metadata: Metadata = Metadata(), key: String? = nil, native: NativeJSON? = nil
    ) {
        self.role = role
        self.key = key
        text = Self.content(of: parts)
        more = More.of(parts: Self.kept(parts), metadata: metadata, native: native)
    }

    /// What is said: the texts of the parts of kind ``MessagePart/Kind-swift.struct/text``, joined by line feeds.
    ///
    /// It is what lists and previews show. Setting it makes the message one of that text alone.
    public var content: String {
        @inlinable get { text }
        set {
            text = newValue
            if let more { self.more = More.of(parts: nil, metadata: more.metadata, native: nil) }
        }
    }

    /// The parts; a message made of a text has one part, that text.
    ///
    /// Setting them removes ``native``.
    public var parts: [MessagePart] {
        get { more?.parts ?? [.text(text)] }
        set {
            text = Self.content(of: newValue)
            more = More.of(parts: Self.kept(newValue), metadata: metadata, native: nil)
        }
    }

    /// What the app keeps beside the message; empty for nothing.
    public var metadata: Metadata {
        get { more?.metadata ?? Metadata() }
        set { more = More.of(parts: more?.parts, metadata: newValue, native: more?.native) }
    }

    /// The provider's own JSON of the whole message, for formats whose unit is the message; nil for none.
    public var native: NativeJSON? {
        get { more?.native }
        set { more = More.of(parts: more?.parts, metadata: metadata, native: newValue) }
    }

    /// Whether the message is one text and has neither metadata nor native JSON; it may have a key.
    @inlinable package var isPlain: Bool { more == nil }

    /// The parts that are more than the message's text; nil for one text.
    var partsBesideText: [MessagePart]? { more?.parts }

    /// The tool calls among the parts, including those that the provider ran itself.
    public var toolCalls: [MessagePart] { more?.parts?.filter { $0.kind == .toolCall } ?? [] }

    /// The tool calls that the app has to answer: those without an output and without a result in the same message.
    public var openToolCalls: [MessagePart] {
        let answered = Set(
            (more?.parts ?? []).filter { $0.kind == .toolResult }.compactMap(\.callID).map(UTF8Text.init))
        return toolCalls.filter { call in
            call.output == nil && !(call.callID.map { answered.contains(UTF8Text($0)) } ?? false)
        }
    }

    /// The same message without its key.
    var withoutKey: ChatMessage {
        var message = self
        message.key = nil
        return message
    }

    /// Whether both have the same role and the same parts; metadata, keys and native JSON of the message may differ.
    public func hasSameContent(as other: ChatMessage) -> Bool {
        role == other.role && hasSameParts(as: other)
    }

    private func hasSameParts(as other: ChatMessage) -> Bool {
        text.hasSameUTF8(as: other.text) && more?.parts == other.more?.parts
    }

    /// Whether both say the same, native JSON of the message included.
    func saysTheSame(as other: ChatMessage) -> Bool {
        hasSameParts(as: other) && more?.native == other.more?.native
    }

    /// The message with parts and native JSON of another.
    func saying(_ other: ChatMessage) -> ChatMessage {
        var message = self
        message.text = other.text
        message.more = More.of(parts: other.more?.parts, metadata: metadata, native: other.native)
        return message
    }

    /// The parts to keep; nil for one text.
    private static func kept(_ parts: [MessagePart]) -> [MessagePart]? {
        parts.count == 1 && parts[0].isPlainText ? nil : parts
    }

    private static func content(of parts: [MessagePart]) -> String {
        let texts = parts.lazy.filter { $0.kind == .text }.compactMap(\.text)
        return texts.count == 1 ? texts.first ?? "" : texts.joined(separator: "\n")
    }
}

extension ChatMessage {
    /// A message of the role ``Role/system``.
    public static func system(_ content: String, key: String? = nil) -> ChatMessage {
        ChatMessage(role: .system, content: content, key: key)
    }

    /// A message of the role ``Role/user``.
    public static func user(_ content: String, key: String? = nil) -> ChatMessage {
        ChatMessage(role: .user, content: content, key: key)
    }

    /// A message of the role ``Role/user`` with files or other parts.
    public static func user(_ parts: [MessagePart], key: String? = nil) -> ChatMessage {
        ChatMessage(role: .user, parts: parts, key: key)
    }

    /// A message of the role ``Role/assistant``.
    public static func assistant(_ content: String, key: String? = nil) -> ChatMessage {
        ChatMessage(role: .assistant, content: content, key: key)
    }

    /// A message of the role ``Role/assistant`` with calls, reasoning or other parts.
    public static func assistant(_ parts: [MessagePart], key: String? = nil) -> ChatMessage {
        ChatMessage(role: .assistant, parts: parts, key: key)
    }

    /// A message of the role ``Role/developer``; the store must take it, see ``RoleSet``.
    public static func developer(_ content: String, key: String? = nil) -> ChatMessage {
        ChatMessage(role: .developer, content: content, key: key)
    }

    /// Tools' results, a message of the role ``Role/tool``; the store must take it, see ``RoleSet``.
    public static func tool(_ results: [MessagePart], key: String? = nil) -> ChatMessage {
        ChatMessage(role: .tool, parts: results, key: key)
    }
}

extension ChatMessage: Hashable {
    /// Whether all members have the same bytes; numbers in metadata are compared by value.
    public static func == (left: ChatMessage, right: ChatMessage) -> Bool {
        left.hasSameContent(as: right) && left.key.hasSameUTF8(as: right.key)
            && (left.more === right.more
                || left.more?.native == right.more?.native && left.metadata == right.metadata)
    }

    /// Hashes the role and the content's UTF-8 bytes.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(role)
        content.hashUTF8(into: &hasher)
    }
}

import Synchronization

/// What an answer under way says so far; the closure of
/// ``ChatStorage/append(streaming:to:_:if:key:metadata:checkpoints:isolation:_:)`` sets it.
///
/// Each checkpoint writes the newest ``body``. Any task may set it; nothing waits.
public final class AnswerDraft: Sendable {
    private struct State {
        /// The message as it was last written.
        var stored: Message
        /// The body as it was last written.
        var written: ChatMessage
        /// The body as it was last set; nil before.
        var body: ChatMessage?
        /// Whether the body was set since the writer last took it.
        var isChanged = false
    }

    private let state: Mutex<State>
    private let writer: Alarm

    /// Makes the draft of an answer that begins.
    ///
    /// - Parameters:
    ///   - stored: The message as it is stored; what it says is replaced.
    ///   - writer: Rings when there is something to write.
    init(_ stored: Message, writer: Alarm) {
        state = Mutex(State(stored: stored, written: Self.empty(stored.role).saying(stored.body)))
        self.writer = writer
    }

    private static func empty(_ role: Role) -> ChatMessage { ChatMessage(role: role, content: "") }

    /// What the answer says so far, at first an empty text.
    ///
    /// Setting it never waits and never throws.
    ///
    /// Its role and its key are ignored. A checkpoint writes only the metadata members that changed since the last one,
    /// so what others set meanwhile stays.
    public var body: ChatMessage {
        get { state.withLock { $0.body ?? Self.empty($0.stored.role) } }
        set { change { $0 = newValue } }
    }

    /// Adds text: to the last part if that is a text, otherwise as a new part.
    ///
    /// - Parameter text: The text to add.
    public func append(_ text: String) {
        change { body in
            guard !body.isPlain else { return body.text += text }
            var parts = body.parts
            if let last = parts.indices.last, parts[last].kind == .text {
                parts[last].text = (parts[last].text ?? "") + text
            } else {
                parts.append(.text(text))
            }
            body.parts = parts
        }
    }

    /// The stored message with the body so far, for display.
    public var message: Message {
        let (stored, written, body) = state.withLock { ($0.stored, $0.written, $0.body ?? $0.written) }
        var shown = stored.body.saying(body)
        let change = MetadataChange(from: written.metadata, to: body.metadata)
        // Metadata that is too large is shown as it is stored; the checkpoint fails.
        if !change.isEmpty, let metadata = try? change.applied(to: stored.metadata) { shown.metadata = metadata }
        return Message(
            conversationID: stored.conversationID, sequence: stored.sequence, body: shown, createdAt: stored.createdAt,
            predecessor: stored.predecessor, writing: stored.writing)
    }

    private func change(_ body: (inout ChatMessage) -> Void) {
        let isFirst = state.withLock { state in
            var changed = state.body.take() ?? Self.empty(state.stored.role)
            body(&changed)
            state.body = changed
            defer { state.isChanged = true }
            return !state.isChanged
        }
        if isFirst { writer.ring() }
    }

    // MARK: The writer's side

    /// Whether the body was set since it was last taken.
    var isChanged: Bool { state.withLock { $0.isChanged } }

    /// The message as it was last written.
    var stored: Message { state.withLock { $0.stored } }

    /// The body as it was last written.
    var written: ChatMessage { state.withLock { $0.written } }

    /// Takes the body to write; the stored one if none was set.
    func take() -> ChatMessage {
        state.withLock { state in
            state.isChanged = false
            return state.body ?? state.written
        }
    }

    /// Marks the body as changed again, since it was taken and not written.
    func putBack() { state.withLock { $0.isChanged = true } }

    /// Notes what was written.
    func wrote(_ body: ChatMessage, as stored: Message) {
        state.withLock { state in
            state.written = body
            state.stored = stored
        }
    }
}

extension MetadataChange {
    /// The members that differ.
    init(from old: Metadata, to new: Metadata) {
        self.init()
        guard old != new else { return }
        for (name, _) in old.object.members where new[name] == nil { self = removing(name) }
        for (name, value) in new.object.members where old[name] != value { self = setting(name, to: value) }
    }
}

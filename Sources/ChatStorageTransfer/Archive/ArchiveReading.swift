/// Follows the lines of an archive from its first line to its last, and compares what was read with the digest.
struct ArchiveReading {
    private enum Phase {
        /// No archive, or one without a first line.
        case outside
        case within(ArchiveFrame.Scope)
        case ended
        /// In an archive of another version: its lines are skipped.
        case refused
    }

    private var phase = Phase.outside
    private var digest = ArchiveDigest()
    /// The messages that were read; nil if there are some in lines that are invalid.
    private var messages: Int64? = 0

    /// What a line is.
    enum Found {
        case line
        case frame
        case problem(reason: String)
    }

    /// Whether the lines are of a whole store.
    var isOfWholeStore: Bool {
        if case .within(.store) = phase { true } else { false }
    }

    /// Takes a line of the file.
    mutating func take(_ piece: TextPiece) -> Found {
        if case .refused = phase { return .frame }
        guard piece.element == nil, case .text(let bytes) = piece.content else { return .line }
        guard let frame = ArchiveFrame.read(bytes) else {
            if case .within = phase {
                let line = bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes
                digest.add(ArchiveDigest(line: line, messages: 0))
            }
            if case .ended = phase { return .problem(reason: Self.afterEnd) }
            return .line
        }
        switch frame {
        case .beginning(let scope):
            if case .within = phase { return begin(scope, Self.cutOff) }
            return begin(scope, nil)
        case .end(let scope, let conversations, let messages, let digest):
            defer { phase = .ended }
            guard case .within(let begun) = phase else {
                return .problem(reason: "the last line of an archive has no first line before it")
            }
            let isSame =
                scope == begun && conversations == Int64(self.digest.conversations)
                && messages == self.messages ?? messages && digest == self.digest.description
            return isSame ? .frame : .problem(reason: Self.changed)
        case .unknown(let reason):
            phase = .refused
            return .problem(reason: reason)
        }
    }

    /// Counts the messages of a line's entry.
    mutating func count(_ entry: ChatFile.Entry) {
        guard case .conversation(let conversation) = entry.content else { return messages = nil }
        messages = messages.map { $0 + Int64(conversation.messages.count) }
    }

    private mutating func begin(_ scope: ArchiveFrame.Scope, _ problem: String?) -> Found {
        phase = .within(scope)
        (digest, messages) = (ArchiveDigest(), 0)
        return problem.map { .problem(reason: $0) } ?? .frame
    }

    /// What is wrong at the end of the file; nil for nothing.
    mutating func end() -> String? {
        guard case .within = phase else { return nil }
        phase = .ended
        return Self.cutOff
    }

    private static let changed = "the archive was changed or damaged: its last line does not fit what is before it"
    private static let afterEnd = "the archive was changed: a line stands after its last one"
    private static let cutOff = "the archive is cut off: its last line, with its counts and its digest, is missing"
}

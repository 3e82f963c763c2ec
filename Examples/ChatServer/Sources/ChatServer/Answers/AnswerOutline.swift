import ChatStorageCore

/// An answer as a row of events, each with a number that depends on what is stored alone.
///
/// The beginning of a part takes two numbers, every byte of its text one, its end three. So the number of the last
/// event that a client has seen says where it is in the answer, and any server, also one that was started since, goes
/// on from there. Numbers grow; most are left out, as an event of many bytes has the number of its last one.
struct AnswerOutline {
    /// A piece of an answer, with the index of its part.
    enum Piece {
        case begin(Int, MessagePart)
        case text(Int, MessagePart, String)
        case end(Int, MessagePart)
    }

    /// The number of the first event of the first part; the events before it say that the answer has begun.
    static let start = 2

    /// The parts that there is something of.
    let parts: [MessagePart]
    /// Whether nothing more comes.
    let hasEnded: Bool

    init(_ message: Message) {
        parts = message.parts.filter(\.isShown)
        hasEnded = message.state != .streaming
    }

    /// The number of the last event.
    var end: Int { parts.reduce(Self.start) { $0 + 5 + $1.streamed.utf8.count } }

    /// The number up to which a client has seen everything there is, if it was given the message as it is.
    var seen: Int {
        if hasEnded { return end }
        return parts.isEmpty ? Self.start - 1 : end - 4
    }

    /// The pieces of which a client has not seen everything.
    ///
    /// - Parameter number: The number of the last event that it has seen.
    /// - Returns: The pieces, each with the number of its first event.
    func pieces(after number: Int) -> [(number: Int, piece: Piece)] {
        var pieces: [(number: Int, piece: Piece)] = []
        var start = Self.start
        for (index, part) in parts.enumerated() {
            let text = part.streamed.utf8
            if number < start + 1 { pieces.append((start, .begin(index, part))) }
            let seen = min(max(number - start - 1, 0), text.count)
            if seen < text.count {
                pieces.append((start + 1 + text.count, .text(index, part, part.streamed.dropping(bytes: seen))))
            }
            let isOver = hasEnded || index < parts.count - 1
            if isOver, number < start + 4 + text.count { pieces.append((start + 2 + text.count, .end(index, part))) }
            start += 5 + text.count
        }
        return pieces
    }
}

extension MessagePart {
    /// What comes of the part piece by piece: a text, or a call's arguments.
    var streamed: String {
        switch kind {
        case .text, .reasoning, .refusal: text ?? ""
        case .toolCall: input ?? ""
        default: ""
        }
    }

    /// Whether there is something to show; an answer that has just begun is an empty text.
    var isShown: Bool { kind != .text || !streamed.isEmpty }
}

extension String {
    /// The text without its first bytes; a scalar that they would cut stays.
    fileprivate func dropping(bytes: Int) -> String {
        var start = utf8.index(startIndex, offsetBy: bytes)
        while start < endIndex, utf8[start] & 0xC0 == 0x80 { start = utf8.index(before: start) }
        return String(self[start...])
    }
}

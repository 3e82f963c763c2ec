/// Something that a codec left out when it wrote, or could not keep when it read.
///
/// A codec's output and its omissions together account for every member of the input.
public struct Omission: Sendable, Hashable {
    /// The message's place among the given ones, from 0; nil if it is not about a message.
    public var message: Int?
    /// The part's place in its message, from 0; nil if it is about the whole message.
    public var part: Int?
    /// What was left out, and why; it quotes no text of the chat.
    public var reason: String

    /// Makes an omission.
    public init(message: Int? = nil, part: Int? = nil, reason: String) {
        self.message = message
        self.part = part
        self.reason = reason
    }
}

extension [Omission] {
    /// The omissions in the order of the messages and parts.
    var inOrder: [Omission] {
        enumerated().sorted { left, right in
            (left.element.message ?? -1, left.element.part ?? -1, left.offset)
                < (right.element.message ?? -1, right.element.part ?? -1, right.offset)
        }.map(\.element)
    }
}

/// What writes or assembles messages, and notes what it leaves out.
protocol Omitting {
    /// What was left out.
    var omissions: [Omission] { get set }
}

extension Omitting {
    /// Notes what is left out of a message, or of one of its parts.
    mutating func omit(_ message: Int, _ part: Int?, _ reason: String) {
        omissions.append(Omission(message: message, part: part, reason: reason))
    }

    /// Notes once what is left out of a stream's message.
    mutating func omit(_ reason: String) {
        let omission = Omission(message: 0, reason: reason)
        if !omissions.contains(omission) { omissions.append(omission) }
    }
}

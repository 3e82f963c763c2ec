/// What a codec left out of what it wrote, or could not keep of what it read.
///
/// Together with what came out, a codec's omissions account for every member of what went in.
public struct Omission: Sendable, Hashable {
    /// The message's place among those given, from 0; nil for what belongs to no message.
    public var message: Int?
    /// The part's place in its message, from 0; nil for the message itself.
    public var part: Int?
    /// What was left out, and why; without any text of the chat.
    public var reason: String

    /// Makes an omission.
    public init(message: Int? = nil, part: Int? = nil, reason: String) {
        self.message = message
        self.part = part
        self.reason = reason
    }
}

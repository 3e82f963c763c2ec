/// Where in a conversation a page of messages lies.
///
/// Sequences, not offsets: a page stays where it is while others append.
public struct MessagePosition: Sendable, Hashable {
    /// For the first messages after a sequence, that sequence; nil for any other place.
    public let lowerBound: Int64?
    /// For the last messages before a sequence, that sequence; nil for any other place.
    public let upperBound: Int64?

    /// The last messages.
    public static let end = MessagePosition(lowerBound: nil, upperBound: nil)

    /// The last of the messages that a stored message follows, on its own branch.
    ///
    /// If no message has this sequence, they are the last messages of the path with lower sequences.
    public static func before(_ sequence: Int64) -> MessagePosition {
        MessagePosition(lowerBound: nil, upperBound: sequence)
    }

    /// The first of the messages whose sequences are higher than this one, which need not exist.
    ///
    /// In a conversation that has branched, a stored message must be on the path; otherwise the call fails with
    /// ``ChatStorageError/Code-swift.struct/conflict``.
    public static func after(_ sequence: Int64) -> MessagePosition {
        MessagePosition(lowerBound: sequence, upperBound: nil)
    }
}

extension MessagePosition: CustomStringConvertible {
    /// The position as it is written in Swift: `.end`, `.before(5)`, `.after(5)`.
    public var description: String {
        if let lowerBound { return ".after(\(lowerBound))" }
        return upperBound.map { ".before(\($0))" } ?? ".end"
    }
}

/// Where in a conversation an append goes.
public struct AppendPlace: Sendable, Hashable {
    /// For a place after a message, its sequence, 0 for the beginning; nil for any other place.
    public let predecessor: Int64?
    /// For a place beside a message, its sequence; nil for any other place.
    public let replaced: Int64?

    /// After the head: the end of the current path.
    public static let head = AppendPlace(predecessor: nil, replaced: nil)

    /// After a stored message, or after 0 at the beginning.
    ///
    /// After any message but the newest it makes a branch. If the message is not there, the append fails with
    /// ``ChatStorageError/Code-swift.struct/messageNotFound`` and creates nothing. After 0 is always possible.
    public static func after(_ sequence: Int64) -> AppendPlace { AppendPlace(predecessor: sequence, replaced: nil) }

    /// Beside a stored message: after the message that it follows.
    ///
    /// That is how a question is edited and an answer made again. If the message is not there, the append fails with
    /// ``ChatStorageError/Code-swift.struct/messageNotFound``.
    public static func insteadOf(_ sequence: Int64) -> AppendPlace { AppendPlace(predecessor: nil, replaced: sequence) }
}

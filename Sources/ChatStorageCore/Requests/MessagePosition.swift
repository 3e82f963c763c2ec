/// Where in a conversation a page of messages lies.
///
/// Sequences, not offsets: a page stays where it is while others append.
public enum MessagePosition: Sendable, Hashable {
    /// The last messages.
    case end
    /// The last of those whose sequence is lower than this.
    case before(Int64)
    /// The first of those whose sequence is higher than this.
    case after(Int64)
}

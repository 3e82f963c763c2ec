/// What must be true of a conversation for an append to happen.
public enum AppendCondition: Sendable, Hashable {
    /// Nothing: a conversation that does not exist is created, without a title, in the same transaction.
    case createIfMissing
    /// The conversation exists; otherwise the append is ``ChatStorageError/Code-swift.struct/conversationNotFound``.
    ///
    /// With it an answer that arrives after the person deleted the conversation does not bring it back.
    case exists
}

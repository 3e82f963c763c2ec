public import ChatStorageCore

/// What became of one conversation of a file.
public enum ImportOutcome: Sendable, Hashable {
    /// It was stored, with this number of messages.
    case imported(messages: Int)
    /// It was there already, with the same roles and contents, and the same times as far as the file has them.
    case unchanged
    /// A conversation of its id is there with other messages; it was left as it is.
    case different
    /// It cannot be stored, for a reason that quotes no message and no title; nothing of it was written.
    case invalid(reason: String)
    /// It may be fine, but the store's own data kept it from being stored or compared, for a reason that quotes no
    /// text.
    case failed(reason: String)
    /// The file is damaged: it was not read from here on, or is an archive that was cut off or changed; for a reason
    /// that quotes no text.
    case fileDamaged(reason: String)
}

/// A step of an import: one conversation of the file is done.
public struct ImportEvent: Sendable {
    /// The line where the conversation begins, counted from 1.
    public let line: Int
    /// The element's number in an array, counted from 1; nil in JSON Lines.
    public let element: Int?
    /// The byte of the file where it begins, counted from 1.
    public let byte: Int64
    /// The conversation's id; nil where none can be read.
    public let conversationID: ConversationID?
    /// What became of it.
    public let outcome: ImportOutcome
    /// What the import has done so far, this step included.
    public let summary: ImportSummary
}

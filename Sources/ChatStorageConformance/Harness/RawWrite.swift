public import ChatStorageCore

/// A write that a harness makes past the library, in the engine's own language.
///
/// A check says what to write; the harness translates it for its engine.
public enum RawWrite: Sendable {
    /// Inserts a row into the table of messages, with any time, through a connection like the backend's own.
    ///
    /// An empty tenant means the default one, however the store represents it.
    case insertMessage(
        tenant: String, conversationID: ConversationID, sequence: Int64, role: String, content: String)
    /// Inserts such a row as a version with more roles would: without the constraint on roles, if there is one.
    case insertMessageOfMoreRoles(
        tenant: String, conversationID: ConversationID, sequence: Int64, role: String, content: String)
    /// Deletes only a conversation's row, through a connection on which the engine leaves the messages in place.
    ///
    /// For engines that let any program do that, such as SQLite, whose shell does not enforce foreign keys.
    case deleteConversationAlone(tenant: String, conversationID: ConversationID)
    /// Creates tables with the library's names, other columns and a row each, in a store that is not prepared.
    case createForeignTables
    /// Records that a newer version of the library migrated the prepared store.
    ///
    /// `usableByThisVersion` says whether that schema still admits this version.
    case recordNewerSchema(usableByThisVersion: Bool)

    /// What the engine did with a write.
    public enum Outcome: Sendable, Hashable {
        /// It was written.
        case written
        /// A constraint of the database refused it.
        case refusedByConstraint
    }
}

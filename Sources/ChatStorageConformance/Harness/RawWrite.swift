public import ChatStorageCore

/// A write that a harness makes in the engine's own language, past the library.
///
/// A check says what to write; the harness translates it for its engine.
public enum RawWrite: Sendable {
    /// Inserts a row into the table of messages, of any time, by a connection like those that the backend opens.
    ///
    /// An empty tenant means the default one, however the store represents it.
    case insertMessage(
        tenant: String, conversationID: ConversationID, sequence: Int64, role: String, content: String)
    /// Inserts such a row as a version with more roles would: the constraint on roles, if there is one, is not in
    /// force.
    case insertMessageOfMoreRoles(
        tenant: String, conversationID: ConversationID, sequence: Int64, role: String, content: String)
    /// Deletes a conversation's row alone, by a connection on which the engine leaves its messages where they are.
    ///
    /// For engines that let any program do that, such as SQLite, whose shell does not enforce foreign keys.
    case deleteConversationAlone(tenant: String, conversationID: ConversationID)
    /// Creates, in a store that is not prepared, tables named like the library's, with other columns and a row in each.
    case createForeignTables
    /// Records that a newer version of the library migrated the prepared store.
    ///
    /// `usableByThisVersion` says whether that schema still admits this version, or none before its own.
    case recordNewerSchema(usableByThisVersion: Bool)

    /// What the engine made of a write.
    public enum Outcome: Sendable, Hashable {
        /// It was written.
        case written
        /// A constraint of the database refused it.
        case refusedByConstraint
    }
}

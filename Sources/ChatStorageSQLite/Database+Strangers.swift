import ChatStorageCore

/// What other programs do to the file: messages and labels that they left without a conversation, triggers that they
/// made.
extension Database {
    /// Removes messages and labels that were left under the key of a conversation that is new.
    ///
    /// A program that does not enforce foreign keys, such as SQLite's shell by default, deletes conversations but not
    /// their messages (<https://www.sqlite.org/foreignkeys.html#fk_enable>). A conversation of any tenant can get their
    /// key, and must not begin with them.
    func removeOrphans(of key: Int64) throws {
        if try labelTable.hasAny(of: key) { try labelTable.delete(of: key) }
        guard try messageTable.hasAny(of: key) else { return }
        _ = try messageTable.delete(of: key)
        try refuseMessagesLeft(of: key)
    }

    /// Refuses a deletion after which messages are still there.
    func refuseMessagesLeft(of key: Int64) throws {
        if try messageTable.hasAny(of: key) { throw Self.rowIgnored }
    }

    /// Refuses a statement that changed no conversation although it is there.
    func refuseIgnoredRow(tenant: String, _ id: ConversationID) throws {
        if try conversation(tenant: tenant, id) != nil { throw Self.rowIgnored }
    }

    /// A trigger can skip a row's change without an error by RAISE(IGNORE)
    /// (<https://www.sqlite.org/lang_createtrigger.html#the_raise_function>).
    static let rowIgnored = ChatStorageError(
        .schemaMismatch, "a trigger that is not the library's kept a row from being written or deleted")
}

import ChatStorageCore

/// What other programs do to the file: messages that they left without a conversation, triggers that they made.
extension Database {
    /// Removes messages that were left under the id of a conversation that is missing or new.
    ///
    /// A program that does not enforce foreign keys, such as SQLite's shell by default, deletes conversations but not
    /// their messages (<https://www.sqlite.org/foreignkeys.html#fk_enable>). A new conversation must not begin with
    /// such messages.
    func removeOrphans(tenant: String, of id: ConversationID) throws {
        guard try hasMessages(tenant: tenant, under: id) else { return }
        _ = try deleteMessages(tenant: tenant, of: id)
        try refuseMessagesLeft(tenant: tenant, of: id)
    }

    /// Refuses a deletion after which messages are still there.
    func refuseMessagesLeft(tenant: String, of id: ConversationID) throws {
        if try hasMessages(tenant: tenant, under: id) { throw Self.rowIgnored }
    }

    /// Whether messages lie under an id, with a conversation or without.
    private func hasMessages(tenant: String, under id: ConversationID) throws -> Bool {
        try run(.anyMessage) { statement in
            try statement.bind(tenant, at: 1)
            try statement.bind(id.rawValue, at: 2)
            return try statement.step()
        }
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

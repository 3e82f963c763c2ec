/// A program's way to keep chats in SQLite tables, and how to read them.
///
/// A new form is a value of this type in a file of its own, and a line in ``all``.
struct SQLiteForm: Sendable {
    /// What a file of the form is, to be put after "is": `a store of LangChain's messages`.
    let name: String
    /// The tables by which it is known, with columns that they have.
    let tables: [String: Set<String>]
    /// Begins a reading of a database that has these tables; nil for a form that is known and not read.
    let begin: (@Sendable (ForeignDatabase) throws -> any SQLiteFormReader)?

    private static let all: [SQLiteForm] = [
        .chatMessages, .agentSessions, .llmLogs, .exportStudio,
        SQLiteForm(name: "a log of llm's threads", tables: ["threads": ["tip_message_hash"]], begin: nil),
        SQLiteForm(name: "a store of LangChain's messages", tables: ["message_store": ["message"]], begin: nil),
        SQLiteForm(name: "an Open WebUI database", tables: ["chat": ["chat", "user_id"]], begin: nil),
    ]

    /// The first form whose tables a database has.
    static func recognize(_ tables: [String: Set<String>]) -> SQLiteForm? {
        all.first { form in
            form.tables.allSatisfy { table, columns in tables[table].map(columns.isSubset) ?? false }
        }
    }

    /// Whether a database is a store of the library's own.
    static func isStore(_ tables: [String: Set<String>]) -> Bool { tables["chat_storage_schema"] != nil }
}

/// The conversations of a database, one at a time; one thread at a time uses it.
protocol SQLiteFormReader: AnyObject {
    /// How many conversations there are.
    var count: Int { get }
    /// The next conversation, nil after the last.
    ///
    /// It throws ``InvalidConversation`` for a conversation after which others can come.
    func next() throws -> ForeignConversation?
}

/// How a program keeps chats in SQLite tables, and how to read them.
///
/// A new form is a value of this type in a file of its own, and a line in ``all``.
struct SQLiteForm: Sendable {
    /// The words for a file of the form, after "is": `a store of LangChain's messages`.
    let name: String
    /// The tables that identify it, each with some of its columns.
    let tables: [String: Set<String>]
    /// Begins a reading of a database that has these tables; nil if it has no chats in them.
    let begin: @Sendable (ForeignDatabase) throws -> (any SQLiteFormReader)?

    private static let all: [SQLiteForm] = [
        .chatMessages, .agentSessions, .langChainMessages, .llmThreads, .llmLogs, .openWebUI, .exportStudio,
    ]

    /// The forms whose tables a database has; a program can keep the tables of its older versions.
    static func recognize(_ tables: [String: Set<String>]) -> [SQLiteForm] {
        all.filter { form in
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
    /// It throws ``InvalidConversation`` for an invalid conversation; others can come after it.
    func next() throws -> ForeignConversation?
}

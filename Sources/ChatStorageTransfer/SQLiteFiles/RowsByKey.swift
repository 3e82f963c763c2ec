import ChatStorageCore

/// The rows of conversations one after another, each with the rows of its messages.
///
/// Few programs have an index from a conversation to its messages, so a temporary table takes that role. SQLite keeps
/// it in a temporary file of its own.
final class RowsByKey: SQLiteFormReader {
    /// Makes a conversation from its row and its messages' rows.
    typealias Read = (SQLiteRow, () throws -> SQLiteRow?) throws -> ForeignConversation

    let count: Int
    private let database: ForeignDatabase
    private let conversations: ForeignRows
    private let messages: StaticString
    private let paths: (conversation: String, message: String)
    private let key: String
    private let read: Read

    /// Begins a reading.
    ///
    /// - Parameters:
    ///   - index: Makes the temporary table.
    ///   - count: Counts the conversations, as `n`.
    ///   - conversations: Their rows.
    ///   - key: The column by which messages name them.
    ///   - messages: The rows of the messages of one; ?1 is its key.
    ///   - paths: The names of rows in errors.
    init(
        _ database: ForeignDatabase, index: StaticString, count: StaticString, conversations: StaticString,
        key: String, messages: StaticString, paths: (conversation: String, message: String), read: @escaping Read
    ) throws {
        try database.execute(index)
        self.database = database
        let counted = try database.rows(count).next()
        self.count = if case .integer(let number)? = counted?["n"] { Int(clamping: number) } else { 0 }
        self.conversations = try database.rows(conversations)
        self.key = key
        self.messages = messages
        self.paths = paths
        self.read = read
    }

    func next() throws -> ForeignConversation? {
        guard let values = try conversations.next() else { return nil }
        let row = SQLiteRow(values, at: paths.conversation)
        let rows = try database.rows(messages, [row.value(key)])
        let path = paths.message
        do {
            return try read(row) { try rows.next().map { SQLiteRow($0, at: path) } }
        } catch var problem as InvalidConversation {
            if case .text(let id) = row.value(key) { problem.id = problem.id ?? ConversationID(id) }
            throw problem
        }
    }
}

/// The statements of the operations, for the tables of one schema.
///
/// Columns are always named: after a migration by another process `RETURNING *` would change its type.
/// `now()` is the time at which the transaction began, in microseconds.
final class Statements: Sendable {
    let createConversation: PreparedSQL
    let conversation: PreparedSQL
    let getOrCreateConversation: PreparedSQL
    let updateTitle: PreparedSQL
    let deleteConversation: PreparedSQL
    let firstConversations: PreparedSQL
    let nextConversations: PreparedSQL
    let append: PreparedSQL
    let appendBatch: PreparedSQL
    let appendIfExists: PreparedSQL
    let keyedAppend: PreparedSQL
    let keyedAppendIfExists: PreparedSQL
    let appendIfUnchanged: PreparedSQL
    let lastMessages: PreparedSQL
    let messagesBefore: PreparedSQL
    let messagesAfter: PreparedSQL
    let markCleared: PreparedSQL
    let deleteCleared: PreparedSQL
    let restoreConversation: PreparedSQL
    let restoreMessages: PreparedSQL
    /// Whether the engine distributes the tables: a statement for several tenants then spans shards.
    let isDistributed: Bool
    private let conversations: ConversationTable

    /// Makes the statements.
    ///
    /// - Parameter isDistributed: Whether the engine distributes the tables.
    init(_ schema: SchemaName, isDistributed: Bool = false) {
        self.isDistributed = isDistributed
        let names = TableNames(schema, isDistributed: isDistributed)
        conversations = ConversationTable(names)
        createConversation = conversations.create
        conversation = conversations.get
        getOrCreateConversation = conversations.getOrCreate
        updateTitle = conversations.updateTitle
        deleteConversation = conversations.delete
        firstConversations = conversations.firstPage
        nextConversations = conversations.nextPage
        markCleared = conversations.markCleared
        restoreConversation = conversations.restore

        let messages = MessageTable(names)
        lastMessages = messages.lastPage
        messagesBefore = messages.pageBefore
        messagesAfter = messages.pageAfter
        deleteCleared = messages.deleteCleared
        restoreMessages = messages.restore

        let appends = AppendSQL(names)
        append = appends.append
        appendBatch = appends.batch
        appendIfExists = appends.appendIfExists
        keyedAppend = appends.keyedAppend
        keyedAppendIfExists = appends.keyedAppendIfExists
        appendIfUnchanged = appends.appendIfUnchanged
    }

    /// Counts the tenants but one, over the whole store; too rare to be prepared.
    var otherTenants: PreparedSQL { conversations.countOtherTenants }
}

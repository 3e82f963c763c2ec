/// The statements of the operations, for the tables of one schema.
///
/// Columns are always named: after a migration by another process `RETURNING *` would change its type.
/// `now()` is the time at which the transaction began, in microseconds.
final class Statements: Sendable {
    let createConversation: PreparedSQL
    let conversation: PreparedSQL
    let getOrCreateConversation: PreparedSQL
    let createLabelledConversation: PreparedSQL
    let getOrCreateLabelledConversation: PreparedSQL
    let updateTitle: PreparedSQL
    let markRead: PreparedSQL
    let changeConversation: PreparedSQL
    let removeLabels: PreparedSQL
    let deleteConversation: PreparedSQL
    let deleteConversationIf: PreparedSQL
    let firstConversations: PreparedSQL
    let nextConversations: PreparedSQL
    let walkFirst: PreparedSQL
    let walkNext: PreparedSQL
    let walkLabelFirst: PreparedSQL
    let walkLabelNext: PreparedSQL
    let append: MessageStatement
    let appendBatch: MessageStatement
    let appendIfExists: MessageStatement
    let keyedAppend: PreparedSQL
    let keyedAppendIfExists: PreparedSQL
    let generalAppend: PreparedSQL
    let generalAppendIfExists: PreparedSQL
    let labelledAppend: PreparedSQL
    let labelledAppendIfExists: PreparedSQL
    let lastMessages: PreparedSQL
    let messagesBefore: PreparedSQL
    let messagesAfter: PreparedSQL
    let messagesOfSequences: PreparedSQL
    let messagesOfKeys: PreparedSQL
    let reviseMessage: PreparedSQL
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
        createConversation = conversations.create(withLabels: false)
        conversation = conversations.get
        getOrCreateConversation = conversations.getOrCreate(withLabels: false)
        createLabelledConversation = conversations.create(withLabels: true)
        getOrCreateLabelledConversation = conversations.getOrCreate(withLabels: true)
        updateTitle = conversations.updateTitle
        markRead = conversations.markRead
        changeConversation = conversations.change
        removeLabels = LabelTable(names).remove
        deleteConversation = conversations.delete
        deleteConversationIf = conversations.deleteIf
        firstConversations = conversations.firstPage
        nextConversations = conversations.nextPage
        markCleared = conversations.markCleared
        restoreConversation = conversations.restore

        let walks = ConversationWalk(names)
        walkFirst = walks.first
        walkNext = walks.next
        walkLabelFirst = walks.firstOfLabel
        walkLabelNext = walks.nextOfLabel

        let messages = MessageTable(names)
        lastMessages = messages.lastPage
        messagesBefore = messages.pageBefore
        messagesAfter = messages.pageAfter
        messagesOfSequences = messages.ofSequences
        messagesOfKeys = messages.ofKeys
        reviseMessage = messages.revise
        deleteCleared = messages.deleteCleared
        restoreMessages = messages.restore

        let appends = AppendSQL(names)
        append = appends.append
        appendBatch = appends.batch
        appendIfExists = appends.appendIfExists
        keyedAppend = appends.keyedAppend
        keyedAppendIfExists = appends.keyedAppendIfExists
        generalAppend = appends.generalAppend(withLabels: false)
        generalAppendIfExists = appends.generalAppendIfExists(withLabels: false)
        labelledAppend = appends.generalAppend(withLabels: true)
        labelledAppendIfExists = appends.generalAppendIfExists(withLabels: true)
    }

    /// Reads a page of tenants; too rare to be prepared.
    var tenants: PreparedSQL { conversations.tenants }

}

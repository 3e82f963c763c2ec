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
    let changeHead: PreparedSQL
    let lockConversation: PreparedSQL
    let removeLabels: PreparedSQL
    let deleteConversation: PreparedSQL
    let deleteConversationIf: PreparedSQL
    let firstConversations: PreparedSQL
    let nextConversations: PreparedSQL
    let previewsFirst: PreparedSQL
    let previewsNext: PreparedSQL
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
    let createForAppend: PreparedSQL
    let placedAppend: PreparedSQL
    let pagesOfAll: MessagePages
    let pagesOfCurrent: MessagePages
    let pathLast: PreparedSQL
    let pathBefore: PreparedSQL
    let pathAfter: PreparedSQL
    let forks: PreparedSQL
    let messagesOfSequences: PreparedSQL
    let messagesOfKeys: PreparedSQL
    let reviseMessage: PreparedSQL
    let reviseAnswer: PreparedSQL
    let removeMessages: PreparedSQL
    let removeDescendants: PreparedSQL
    let lookForRemoval: PreparedSQL
    let removeBranched: PreparedSQL
    let markCleared: PreparedSQL
    let deleteCleared: PreparedSQL
    let restoreConversation: PreparedSQL
    let restoreMessages: PreparedSQL
    /// Whether the engine distributes the tables: a statement for several tenants then spans shards.
    let isDistributed: Bool
    private let conversations: ConversationTable
    private let messages: MessageTable

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
        changeHead = conversations.changeHead
        removeLabels = LabelTable(names).remove
        deleteConversation = conversations.delete
        deleteConversationIf = conversations.deleteIf
        firstConversations = conversations.firstPage
        nextConversations = conversations.nextPage
        markCleared = conversations.markCleared
        restoreConversation = conversations.restore

        let walks = ConversationWalk(names)
        previewsFirst = walks.firstWithPreviews
        previewsNext = walks.nextWithPreviews
        walkFirst = walks.first
        walkNext = walks.next
        walkLabelFirst = walks.firstOfLabel
        walkLabelNext = walks.nextOfLabel

        messages = MessageTable(names)
        pagesOfAll = messages.pagesOfAll
        pagesOfCurrent = messages.pagesOfCurrent
        messagesOfSequences = messages.ofSequences
        messagesOfKeys = messages.ofKeys
        reviseMessage = messages.revise
        reviseAnswer = messages.reviseAnswer
        deleteCleared = messages.deleteCleared
        restoreMessages = messages.restore

        let (branches, paths) = (BranchSQL(names: names), MessagePath(names))
        lockConversation = branches.lock
        forks = branches.forks
        pathLast = paths.last
        pathBefore = paths.before
        pathAfter = paths.after

        let removals = RemovalSQL(names)
        removeMessages = removals.messages
        removeDescendants = removals.descendants
        lookForRemoval = removals.look
        removeBranched = removals.branched

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
        createForAppend = appends.creation
        placedAppend = appends.placedAppend
    }

    /// Reads a page of tenants; too rare to be prepared.
    var tenants: PreparedSQL { conversations.tenants }
    /// Reads a page of answers under way; too rare to be prepared.
    var unfinishedMessages: PreparedSQL { messages.unfinished }
}

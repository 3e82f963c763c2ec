import ChatStorageCore

/// Checks one conversation and its messages.
struct ConversationCheck {
    private struct Statements: Sendable {
        /// ?1 the conversation's number.
        let labels = SQL(
            """
            SELECT label, l.tenant = c.tenant AND l.conversation_id = c.conversation_id
                AND l.updated_at_us = c.updated_at_us
            FROM conversation_labels AS l INDEXED BY conversation_labels_conversation
                JOIN conversations AS c USING (conversation)
            WHERE l.conversation = ?1
            """)
        /// ?1 the conversation's number.
        let metadata = SQL("SELECT 1 FROM conversation_metadata WHERE conversation = ?1")
    }

    private static let sql = Statements()

    let key: Int64
    /// Its tenant and id, and what is wrong with it.
    let problems: ConversationProblems
    /// From the conversation's creation to its last change.
    let times: ClosedRange<Int64>
    let lastSequence: Int64
    let removedCount: Int64
    let clearedThrough: Int64
    let head: Int64?
    let isBranched: Bool
    let hasMetadataBeside: Bool

    private(set) var messageCount = 0
    private var newest: Int64 = 0
    private var hasJumps = false

    init(
        key: Int64, _ problems: ConversationProblems, times: ClosedRange<Int64>, lastSequence: Int64,
        removedCount: Int64, clearedThrough: Int64, head: Int64?, isBranched: Bool, hasMetadataBeside: Bool
    ) {
        self.key = key
        self.problems = problems
        self.times = times
        self.lastSequence = lastSequence
        self.removedCount = removedCount
        self.clearedThrough = clearedThrough
        self.head = head
        self.isBranched = isBranched
        self.hasMetadataBeside = hasMetadataBeside
    }

    private var tenant: String { problems.tenant }
    private var id: ConversationID { problems.id }

    mutating func run(in database: Database) throws {
        let labels = try checkRow(in: database)
        try checkMessages(in: database)
        checkCounts()
        try checkHead(in: database)
        if let labels { try checkLabels(labels, in: database) }
        let isBeside = try database.run(Self.sql.metadata) { statement in
            try statement.bind(key, at: 1)
            return try statement.step()
        }
        if isBeside, !hasMetadataBeside {
            problems.add(.metadata, "there is metadata beside the row, and the row does not say so")
        }
    }

    /// Reads the conversation as calls do.
    ///
    /// - Returns: Its labels; nil if it cannot be read.
    private func checkRow(in database: Database) throws -> Set<Label>? {
        var labels: Set<Label>?
        try problems.report(.conversation) {
            guard let found = try database.conversation(tenant: tenant, id) else {
                throw ChatStorageError(.damaged, "the conversation is not found by its id")
            }
            if found.createdAt > found.updatedAt {
                throw ChatStorageError(.damaged, "a stored conversation was changed before it was created")
            }
            labels = found.labels
        }
        return labels
    }

    private mutating func checkMessages(in database: Database) throws {
        let (table, problems, id) = (database.messageTable, problems, id)
        guard let tree = try? ConversationTree(of: id, tenant: tenant, in: database) else { return }
        var roles = RoleTable(database)
        var budget = ReadBudget.unlimited
        var time = times.lowerBound
        _ = try table.walk(after: .min, through: .max, in: key) { row in
            messageCount += 1
            let sequence = MessageTable.sequence(in: row)
            defer { newest = sequence }
            try problems.report(.message, sequence) {
                let message = try table.message(in: row, of: id, hasBranches: false, &roles, &budget)
                let created = message.createdAt.microsecondsSinceEpoch
                guard created >= time, created <= times.upperBound else {
                    throw ChatStorageError(
                        .damaged,
                        "a stored message's time is before the previous message's, or after the conversation's update")
                }
                time = created
                guard sequence <= lastSequence, sequence > clearedThrough else {
                    throw ChatStorageError(
                        .damaged, "a stored message's sequence is one that was cleared, or was not used yet")
                }
            }
            try problems.report(.tree, sequence) {
                guard let parent = try MessageTable.predecessor(in: row) else { return }
                hasJumps = true
                guard try parent == 0 || tree.contains(parent) else { throw ConversationTree.missingPredecessor }
                guard parent != newest else {
                    throw ChatStorageError(.damaged, "a stored message names the message before it, where NULL is due")
                }
            }
            return true
        }
    }

    private func checkCounts() {
        let (expected, isOverflow) = lastSequence.subtractingReportingOverflow(removedCount)
        if isOverflow || expected != Int64(messageCount) {
            problems.add(.conversation, "has \(messageCount) messages, and its row says \(isOverflow ? 0 : expected)")
        }
    }

    private func checkHead(in database: Database) throws {
        if let head {
            if head == newest {
                problems.add(.tree, "the head names the newest message, where NULL is due")
            } else if let tree = try? ConversationTree(of: id, tenant: tenant, in: database) {
                try problems.report(.tree) {
                    guard try head == 0 || tree.contains(head) else { throw ConversationTree.missingPredecessor }
                }
            }
        }
        if isBranched != (head != nil || hasJumps) {
            problems.add(
                .tree, isBranched ? "is marked as branched, and is not" : "has branched, and is not marked as branched")
        }
    }

    private func checkLabels(_ labels: Set<Label>, in database: Database) throws {
        var found: Set<Label> = []
        var isRight = true
        try database.run(Self.sql.labels) { statement in
            try statement.bind(key, at: 1)
            while try statement.step() {
                isRight = isRight && statement.int64(1) != 0
                if let label = try? statement.text(0) { found.insert(Label(label)) }
            }
        }
        if !isRight || found != labels { problems.add(.labels, "the labels' rows are not those of the conversation") }
    }
}

import ChatStorageCore

/// The columns of a conversation that show every change of its messages or its head, except changes inside a message.
struct LookedConversation: Sendable {
    let createdAt: Timestamp
    let lastSequence: Int64
    let messageCount: Int64
    let clearedThrough: Int64
    let head: Int64?

    /// Their names, and how they are given to a statement.
    static let columns = BoundColumns<Self>([
        .init("created_at", .timestamptz) { $1.append($0.createdAt) },
        .init("last_sequence", .bigint) { $1.append($0.lastSequence) },
        .init("message_count", .bigint) { $1.append($0.messageCount) },
        .init("cleared_through", .bigint) { $1.append($0.clearedThrough) },
        .init("head", .bigint) { $1.append($0.head) },
    ])
}

/// What a removal must know of a branched conversation.
struct RemovalLook: Sendable {
    /// One of the messages that the removal names.
    struct Given: Sendable {
        let sequence: Int64
        /// The message that it follows, 0 for none.
        let predecessor: Int64
        /// The stored messages of the next lower and the next higher sequence, 0 for none.
        let below: Int64
        let above: Int64
    }

    /// A message that does not follow the one before it.
    struct Jump: Sendable {
        let sequence: Int64
        /// The message that it follows, 0 for none.
        let predecessor: Int64
        /// The stored message of the next lower sequence, 0 for none.
        let below: Int64
    }

    let conversation: LookedConversation
    /// The message of the highest sequence, 0 for none.
    let newest: Int64
    /// Those messages that the removal names and that exist, lowest sequence first.
    let given: [Given]
    /// All jumps, lowest sequence first.
    let jumps: [Jump]

    init(conversation: LookedConversation, newest: Int64, given: [Given], jumps: [Jump]) {
        self.conversation = conversation
        self.newest = newest
        self.given = given
        self.jumps = jumps
    }

    /// Reads an answer; nil if the conversation does not exist or has not branched.
    init?(_ result: QueryResult) throws {
        guard let first = result.rows.first else { return nil }
        var (given, jumps): ([Given], [Jump]) = ([], [])
        for row in result.rows {
            let (sequence, below) = (try row.int64(7, atLeast: 1), row.isNull(9) ? 0 : try row.int64(9))
            let parent = row.isNull(8) ? nil : try row.int64(8)
            guard (0..<sequence).contains(parent ?? 0), try row.bool(11) else { throw MessagePath.damage }
            if try row.bool(6) {
                given.append(
                    Given(
                        sequence: sequence, predecessor: parent ?? below, below: below,
                        above: row.isNull(10) ? 0 : try row.int64(10)))
            } else {
                jumps.append(Jump(sequence: sequence, predecessor: parent ?? below, below: below))
            }
        }
        conversation = LookedConversation(
            createdAt: try first.time(0), lastSequence: try first.int64(1), messageCount: try first.int64(2),
            clearedThrough: try first.int64(3), head: first.isNull(4) ? nil : try first.int64(4))
        newest = first.isNull(5) ? 0 : try first.int64(5)
        self.given = given.sorted { $0.sequence < $1.sequence }
        self.jumps = jumps.sorted { $0.sequence < $1.sequence }
    }
}

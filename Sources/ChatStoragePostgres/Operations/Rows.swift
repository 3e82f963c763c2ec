import ChatStorageCore

extension QueryResult.Row {
    /// Reads a conversation from the columns that the statements name.
    func conversation() throws -> Conversation {
        Conversation(
            id: ConversationID(try text(0)), title: try optionalText(1), createdAt: try time(2), updatedAt: try time(3),
            lastSequence: try int64(4, atLeast: 0))
    }

    /// Reads a message from the columns that the statements name.
    func message(of id: ConversationID) throws -> Message {
        Message(
            conversationID: id, sequence: try int64(0, atLeast: 1), role: Role(rawValue: try text(1)),
            content: try text(2), createdAt: try time(3))
    }
}

extension QueryResult {
    /// The messages that an append stored, from its sequences and time; RETURNING has no order.
    func appended(_ messages: [ChatMessage], to id: ConversationID) throws -> [Message] {
        let sequences = try rows.map { try $0.int64(0, atLeast: 1) }
        guard rowCount == messages.count, let first = sequences.min(), let last = sequences.max(),
            last - first == messages.count - 1, let time = try rows.first?.time(1)
        else { throw ChatStorageError(.damaged, "the database stored other messages than it was given") }
        return messages.enumerated().map { index, message in
            Message(
                conversationID: id, sequence: first + Int64(index), role: message.role, content: message.content,
                createdAt: time)
        }
    }
}

extension [QueryResult] {
    /// Checks that a transaction was committed: COMMIT of a failed one answers ROLLBACK.
    func checkCommitted() throws {
        guard last?.commandTag == "COMMIT" else {
            throw ChatStorageError(
                .unavailable, "the database rolled the transaction back", writeOutcome: .notApplied)
        }
    }
}

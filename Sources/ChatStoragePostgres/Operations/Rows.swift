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
            conversationID: id, sequence: try int64(0, atLeast: 1), role: try role(1), content: try text(2),
            createdAt: try time(3), key: try optionalText(4))
    }
}

extension QueryResult {
    /// What an append of so many messages stored, from its sequences and time; RETURNING has no order.
    func appended(_ count: Int) throws -> Appended {
        var (first, last, time) = (Int64.max, Int64.min, Timestamp?.none)
        for row in rows {
            let sequence = try row.int64(0, atLeast: 1)
            first = min(first, sequence)
            last = max(last, sequence)
            time = try time ?? row.time(1)
        }
        guard rowCount == count, last - first == count - 1, let time else { throw Appended.damage }
        return Appended(firstSequence: first, time: time)
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

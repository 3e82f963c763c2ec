import ChatStorageCore

/// How messages are removed.
extension TenantCall {
    /// Removes messages of a conversation and keeps the conversation.
    func removeMessages(_ removal: MessageRemoval) async throws -> Int {
        let statements = try await admitWrite { try Validation.check(removal) }
        let id = removal.conversationID
        switch removal.selection {
        case .all: return try await clearMessages(of: id, statements)
        case .messages(let sequences):
            let sequences = Set(sequences).sorted()
            let step = step(statements.removeMessages, values(id) { $0.append(numbers: sequences) })
            return try await retryingChange {
                try await remove(step, naming: sequences, from: id, withDescendants: false, statements)
            }
        case .from(let sequence):
            let step = step(statements.removeDescendants, values(id) { $0.append(sequence) })
            return try await retryingChange {
                try await remove(step, naming: [sequence], from: id, withDescendants: true, statements)
            }
        }
    }

    /// Removes messages: with one statement if the conversation has not branched, else with a ``BranchedRemoval``.
    ///
    /// - Parameters:
    ///   - plain: The statement for a conversation that has not branched.
    ///   - sequences: The messages that the removal names, each once.
    /// - Returns: Nil if another session has changed the conversation in between.
    private func remove(
        _ plain: Request.Step, naming sequences: [Int64], from id: ConversationID, withDescendants: Bool,
        _ statements: Statements
    ) async throws -> Int? {
        let look = step(statements.lookForRemoval, values(id) { $0.append(numbers: sequences) })
        let results = try await lockedResults([plain, look], id, statements)
        let count = try removedCount(results.first)
        if count > 0 { return count }
        let removal: BranchedRemoval?
        do {
            removal = try results.last.flatMap { try RemovalLook($0) }.flatMap {
                BranchedRemoval($0, withDescendants: withDescendants)
            }
        } catch let error as ChatStorageError {
            throw error.beforeWriting
        }
        guard let removal else { return 0 }
        let values = values(id, bytes: removal.bytes) { BranchedRemoval.columns.append(removal, to: &$0) }
        let written = try await lockedResults(
            [step(statements.removeBranched, values, bytes: removal.bytes)], id, statements)
        let removed = try removedCount(written.first)
        return removed > 0 ? removed : nil
    }

    /// The answers of statements that follow the lock of the conversation's row in one transaction.
    private func lockedResults(
        _ steps: [Request.Step], _ id: ConversationID, _ statements: Statements
    ) async throws -> [QueryResult] {
        let lock = step(statements.lockConversation, values(id))
        let results = try await store.results(of: .transaction([lock] + steps, on: key(id)), meter)
        try results.checkCommitted()
        // BEGIN and the lock come first.
        return Array(results.dropFirst(2).prefix(steps.count))
    }

    private func removedCount(_ result: QueryResult?) throws -> Int {
        Int(clamping: try result?.rows.first?.int64(0) ?? 0)
    }

    private func step(_ statement: PreparedSQL, _ values: Parameters, bytes: Int = 0) -> Request.Step {
        Request.Step(statement: statement, bytes: bytes) { values }
    }

    private func clearMessages(of id: ConversationID, _ statements: Statements) async throws -> Int {
        let values = values(id)
        let results = try await store.results(
            of: .transaction(
                [
                    Request.Step(statement: statements.markCleared, bytes: 0) { values },
                    Request.Step(statement: statements.deleteCleared, bytes: 0) { values },
                ], on: key(id)), meter)
        try results.checkCommitted()
        return results.dropLast().last?.affectedRows ?? 0
    }
}

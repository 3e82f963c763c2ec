import ChatStorageCore
import ChatStorageSupport

/// How messages are written.
extension TenantCall {
    /// How often a conditional append is tried if other sessions change the conversation in between.
    private static let attemptsToAppend = 20

    /// Appends messages to a conversation, in order, all or none.
    func append(_ new: NewMessages) async throws -> AppendResult {
        let statements = try await admitWrite { try Validation.check(new, roles: store.roles) }
        guard !new.messages.isEmpty else { return .nothing }
        do {
            return try await append(new, statements)
        } catch let error as ChatStorageError where error.isOfUniqueViolation {
            throw await explained(error, of: new.conversationID, statements)
        }
    }

    private func append(_ new: NewMessages, _ statements: Statements) async throws -> AppendResult {
        let (values, key) = (MessageValues(new.messages), key(new.conversationID))
        let hasLabels = store.labelled.contains(key)
        if !hasLabels, !ConditionalAppend.isNeeded(for: new) {
            let append = Append(values, to: key, statements)
            if new.condition.createsConversation {
                if let appended = try await store.appended(by: append, meter) { return append.result(appended) }
            } else {
                let result = try await store.result(of: append.requestIfExists, meter)
                if let appended = try AppendSQL.appended(result, append.rowCount) { return append.result(appended) }
            }
            // It has labels or a head, or does not exist.
            return try await run(
                ConditionalAppend(new, values, to: key, hasLabels: true, isLeftOut: true, statements), to: key)
        }
        return try await run(ConditionalAppend(new, values, to: key, hasLabels: hasLabels, statements), to: key)
    }

    /// Changes a stored message.
    func reviseMessage(_ revision: MessageRevision) async throws -> Message {
        let statements = try await admitWrite { try Validation.check(revision) }
        if let base = revision.base, revision.metadata.isEmpty {
            let answer = AnswerRevision(revision, base, metadata: nil)
            if let written = try await write(answer, of: revision, statements) { return written }
        }
        return try await retryingChange { try await revise(revision, statements) }
    }

    /// - Returns: Nil if another session has changed the message in between.
    private func revise(_ revision: MessageRevision, _ statements: Statements) async throws -> Message? {
        let id = revision.conversationID
        let read = try await store.result(
            of: .read(statements.messagesOfSequences, values(id) { $0.append(numbers: [revision.sequence]) }), meter)
        let row = read.rows.first
        let message = try row.map { try MessageTable.message($0, of: id) }
        let outcome: MessageRevision.Outcome
        do {
            // The database's clock gives the time of the write.
            outcome = try revision.applied(to: message, at: message?.createdAt ?? .earliest)
        } catch let error as ChatStorageError {
            throw error.beforeWriting
        }
        guard let row, case .changed(let changed) = outcome else {
            if case .made(let message) = outcome { return message }
            return message
        }
        let old = try MessageTable.storedMetadata(row)
        let new = revision.metadata.isEmpty ? old : MessageTable.stored(changed.metadata)
        if let base = revision.base {
            let answer = AnswerRevision(revision, base, metadata: revision.metadata.isEmpty ? nil : (old, new))
            return try await write(answer, of: revision, statements)
        }
        if new.hasSameUTF8(as: old) { return message }
        let bytes = (old?.utf8.count ?? 0) + (new?.utf8.count ?? 0)
        let values = values(id, bytes: bytes) { values in
            values.append(changed.sequence)
            values.append(changed.createdAt)
            values.append(old)
            values.append(new)
        }
        let written = try await store.result(
            of: .write(statements.reviseMessage, to: key(id), bytes: bytes, values), meter)
        return try written.rows.first.map { try MessageTable.message($0, of: id) }
    }

    /// - Returns: Nil if the message is not the one that was read, or was changed since.
    private func write(
        _ answer: AnswerRevision, of revision: MessageRevision, _ statements: Statements
    ) async throws -> Message? {
        let (id, bytes) = (revision.conversationID, answer.bytes)
        let values = values(id, bytes: bytes) { AnswerRevision.columns.append(answer, to: &$0) }
        let written = try await store.result(
            of: .write(statements.reviseAnswer, to: key(id), bytes: bytes, values), meter)
        return try written.rows.first.map(answer.message)
    }

    /// The error of an append that a unique key refused, judged by the stored rows: not every engine names the key.
    private func explained(
        _ error: ChatStorageError, of id: ConversationID, _ statements: Statements
    ) async -> ChatStorageError {
        let lastMessage = values(id) { $0.append(Int64(1)) }
        guard let messages = try? await store.result(of: .read(statements.pagesOfAll.all.last, lastMessage), meter),
            let conversation = try? await store.result(of: .read(statements.conversation, values(id)), meter)
        else { return error }
        // Unreadable rows are damage too.
        let last = Result { try messages.rows.first.map { try MessageTable.message($0, of: id).sequence } }
        let counted = Result { try conversation.rows.first.map(ConversationTable.conversation)?.lastSequence }
        if case (.success(let last), .success(let counted)) = (last, counted) {
            guard let last, let counted, counted < last else { return error }
        }
        return ChatStorageError(
            .damaged, "a conversation's last sequence is below its messages'", writeOutcome: error.writeOutcome,
            cause: error.cause)
    }

    /// Makes a conditional append, again if another session has changed the conversation in between.
    private func run(_ append: ConditionalAppend, to key: ConversationKey) async throws -> AppendResult {
        var append = append
        var violations = 0
        for attempt in 0..<Self.attemptsToAppend {
            if attempt > 0 { meter?.isRepeated() }
            do {
                let results = try await store.results(of: append.request, meter)
                if let stored = try append.stored(results) {
                    store.labelled.note(key, isIn: append.foundLabels)
                    return stored
                }
            } catch let error as ChatStorageError where error.isOfUniqueViolation {
                // Another session appended the same keys first, and the next attempt finds them; or another unique key
                // was violated.
                violations += 1
                guard violations < Self.attemptsAfterViolation else { throw error }
            } catch let error as ChatStorageError where append.isRepeatable && attempt > 0 {
                // The change in between may be this call's own unanswered attempt.
                throw error.afterUnknownOutcome
            }
        }
        throw ChatStorageError(
            .unavailable, "the conversation was changed by others each time it was tried",
            writeOutcome: append.isRepeatable ? .unknown : .notApplied)
    }
}

extension ChatStorageError {
    /// Whether a row of the same key was there already.
    var isOfUniqueViolation: Bool { cause?.code == ServerError.uniqueViolation }
}

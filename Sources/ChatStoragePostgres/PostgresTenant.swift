public import ChatStorageCore

/// One tenant's conversations in a ``PostgresBackend``.
public struct PostgresTenant: ChatStorage {
    /// Get-or-create sees no row if another session commits one in between.
    ///
    /// The next attempt sees that row, unless it was deleted again.
    private static let attemptsToGetOrCreate = 20
    /// A conditional append looks again when another session has changed the conversation in between.
    private static let attemptsToAppend = 20
    /// A violation that others caused is gone at the next attempt, unless they cause another.
    private static let attemptsAfterViolation = 3

    private static let idIsTaken = "a conversation of this id exists"

    /// Pages with a higher limit are long reads; a connection has one of them at a time.
    private static let shortPage = 200

    let store: PostgresStore
    /// The name in its rows; empty for the default tenant alone.
    let name: String
    private let isDefault: Bool

    /// Makes the handle on a tenant.
    ///
    /// - Parameter name: The tenant's name; nil is the default tenant.
    init(store: PostgresStore, name: String?) {
        self.store = store
        self.name = name ?? ""
        isDefault = name == nil
    }

    /// Creates a conversation.
    @discardableResult
    public func createConversation(_ new: NewConversation) async throws -> Conversation {
        let statements = try await admitWrite { try Validation.check(new) }
        if new.ifExists == .keep { return try await getOrCreate(new, statements) }
        let result = try await store.result(
            of: .write(statements.createConversation, to: key(new.id), values(new)))
        guard let row = result.rows.first else {
            throw ChatStorageError(.conversationExists, Self.idIsTaken)
        }
        return try ConversationTable.conversation(row)
    }

    /// Reads a conversation.
    public func conversation(_ id: ConversationID) async throws -> Conversation? {
        let statements = try await admit { try Validation.check(id) }
        let result = try await store.result(of: .read(statements.conversation, values(id)))
        return try result.rows.first.map(ConversationTable.conversation)
    }

    private func getOrCreate(_ new: NewConversation, _ statements: Statements) async throws -> Conversation {
        let request = Request.write(statements.getOrCreateConversation, to: key(new.id), values(new))
        for _ in 0..<Self.attemptsToGetOrCreate {
            let result = try await store.result(of: request)
            if let row = result.rows.first { return try ConversationTable.conversation(row) }
        }
        throw ChatStorageError(
            .unavailable, "the conversation was created and deleted by others each time it was tried",
            writeOutcome: .notApplied)
    }

    /// Changes a conversation.
    @discardableResult
    public func updateConversation(
        _ id: ConversationID, _ change: ConversationChange
    ) async throws -> Conversation? {
        let statements = try await admitWrite { try Validation.check(change, of: id) }
        guard let title = change.newTitle else {
            let result = try await store.result(of: .read(statements.conversation, values(id)))
            return try result.rows.first.map(ConversationTable.conversation)
        }
        let result = try await store.result(
            of: .write(statements.updateTitle, to: key(id), values(id) { $0.append(title) }))
        return try result.rows.first.map(ConversationTable.conversation)
    }

    /// Deletes a conversation and all its messages.
    @discardableResult
    public func deleteConversation(_ id: ConversationID) async throws -> Bool {
        let statements = try await admitWrite { try Validation.check(id) }
        let result = try await store.result(
            of: .write(statements.deleteConversation, to: key(id), values(id)))
        return result.affectedRows > 0
    }

    /// Reads a page of the conversations, most recently updated first.
    public func conversations(_ query: ConversationQuery) async throws -> ConversationPage {
        let statements = try await admit { try Validation.check(query, tenant: name) }
        let (start, limit) = (try query.cursor?.position(tenant: name), query.limit)
        guard limit > 0 else { return ConversationPage(items: [], next: nil) }
        let rows = Int64(clamping: limit == .max ? limit : limit + 1)
        let request: Request
        if let start {
            let values = Parameters { values in
                values.append(name)
                values.append(start.updatedAt)
                values.append(start.id.rawValue)
                values.append(rows)
            }
            request = .read(statements.nextConversations, values, isLong: limit > Self.shortPage)
        } else {
            let values = Parameters { values in
                values.append(name)
                values.append(rows)
            }
            request = .read(statements.firstConversations, values, isLong: limit > Self.shortPage)
        }
        let result = try await store.result(of: request)
        return ConversationPage(try result.rows.map(ConversationTable.conversation), limit: limit, tenant: name)
    }

    /// Appends messages to the end of a conversation, in order, all or none.
    @discardableResult
    public func append(_ new: NewMessages) async throws -> AppendResult {
        let statements = try await admitWrite { try Validation.check(new) }
        guard !new.messages.isEmpty else { return .nothing }
        do {
            return try await append(new, statements)
        } catch let error as ChatStorageError where error.isOfUniqueViolation {
            throw await explained(error, of: new.conversationID, statements)
        }
    }

    private func append(_ new: NewMessages, _ statements: Statements) async throws -> AppendResult {
        let (messages, condition) = (new.messages, new.condition)
        if ConditionalAppend.isNeeded(for: messages, if: condition) {
            return try await run(ConditionalAppend(messages, to: key(new.conversationID), if: condition, statements))
        }
        let append = Append(messages, to: key(new.conversationID), statements)
        if condition.createsConversation { return append.result(try await store.appended(by: append)) }
        let result = try await store.result(of: append.requestIfExists)
        guard result.rowCount > 0 else { throw ConditionalAppend.conversationNotFound }
        return append.result(try AppendSQL.appended(result, messages.count))
    }

    /// Reads a page of a conversation's messages, lowest sequence first.
    public func messages(_ query: MessageQuery) async throws -> MessagePage {
        let statements = try await admit { try Validation.check(query) }
        let (id, position, limit) = (query.conversationID, query.position, query.limit)
        guard limit > 0 else { return MessagePage([], for: query) }
        let (statement, bound): (PreparedSQL, Int64?) =
            if let bound = position.lowerBound {
                (statements.messagesAfter, bound)
            } else if let bound = position.upperBound {
                (statements.messagesBefore, bound)
            } else {
                (statements.lastMessages, nil)
            }
        let values = values(id) { values in
            values.append(Int64(clamping: limit))
            if let bound { values.append(bound) }
        }
        let page = Request.Page(tenant: name, id: id, limit: limit)
        let result = try await store.result(
            of: .read(statement, values, isLong: limit > Self.shortPage, page: page))
        let messages = try result.rows.map { try MessageTable.message($0, of: id) }
        return MessagePage(position.lowerBound == nil ? messages.reversed() : messages, for: query)
    }

    /// Removes messages of a conversation and keeps the conversation.
    @discardableResult
    public func removeMessages(_ removal: MessageRemoval) async throws -> Int {
        let statements = try await admitWrite { try Validation.check(removal) }
        switch removal.selection {
        case .all: return try await clearMessages(of: removal.conversationID, statements)
        }
    }

    private func clearMessages(of id: ConversationID, _ statements: Statements) async throws -> Int {
        let values = values(id)
        let results = try await store.results(
            of: .transaction(
                [
                    Request.Step(statement: statements.markCleared, bytes: 0) { values },
                    Request.Step(statement: statements.deleteCleared, bytes: 0) { values },
                ], on: key(id)))
        try results.checkCommitted()
        return results.dropLast().last?.affectedRows ?? 0
    }

    /// Stores a conversation exactly as it was elsewhere.
    @discardableResult
    public func restoreConversation(_ snapshot: ConversationSnapshot) async throws -> Conversation {
        let statements = try await admitWrite { try Validation.check(snapshot, roles: Role.standard) }
        let request = RestoreRequest(snapshot, tenant: name, statements).request
        for attempt in 1... {
            do {
                let results = try await store.results(of: request)
                try results.checkCommitted()
                break
            } catch let error as ChatStorageError where error.isOfUniqueViolation {
                // If the conversation is not there, it was deleted meanwhile, or it is another key's violation.
                if try await exists(snapshot.id, statements) {
                    throw ChatStorageError(.conversationExists, Self.idIsTaken, cause: error.cause)
                }
                guard attempt < Self.attemptsAfterViolation else { throw error }
            }
        }
        return snapshot.conversation
    }

    /// Looks whether a conversation exists, for a write that was refused.
    private func exists(_ id: ConversationID, _ statements: Statements) async throws -> Bool {
        do {
            let result = try await store.result(of: .read(statements.conversation, values(id)))
            return result.rowCount > 0
        } catch let error as ChatStorageError {
            throw error.beforeWriting
        }
    }

    /// The error of an append that a unique key refused, judged by the stored rows: not every engine names the key.
    private func explained(
        _ error: ChatStorageError, of id: ConversationID, _ statements: Statements
    ) async -> ChatStorageError {
        let lastMessage = values(id) { $0.append(Int64(1)) }
        guard let messages = try? await store.result(of: .read(statements.lastMessages, lastMessage)),
            let conversation = try? await store.result(of: .read(statements.conversation, values(id)))
        else { return error }
        // Rows that cannot be read are damaged too.
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
    private func run(_ append: ConditionalAppend) async throws -> AppendResult {
        var append = append
        var violations = 0
        for attempt in 0..<Self.attemptsToAppend {
            do {
                let result = try await store.result(of: append.request)
                if let stored = try append.stored(result) { return stored }
            } catch let error as ChatStorageError where error.isOfUniqueViolation {
                // A session that appends the same keys was first, and the next look finds them; or it is another key.
                violations += 1
                guard violations < Self.attemptsAfterViolation else { throw error }
            } catch let error as ChatStorageError where append.isRepeatable && attempt > 0 {
                // What came in between may be an attempt of its own that was not answered.
                throw error.afterUnknownOutcome
            }
        }
        throw ChatStorageError(
            .unavailable, "the conversation was changed by others each time it was tried",
            writeOutcome: append.isRepeatable ? .unknown : .notApplied)
    }

    /// What every call begins with, in the order of the errors: closed, not prepared, wrong arguments.
    private func admit(_ check: () throws -> Void) async throws -> Statements {
        try Task.checkCancellation()
        let statements = try await store.statements()
        if !isDefault { try Validation.check(tenant: name) }
        try check()
        return statements
    }

    /// The same for a write: what fails here was not applied.
    private func admitWrite(_ check: () throws -> Void) async throws -> Statements {
        do {
            return try await admit(check)
        } catch let error as ChatStorageError {
            throw error.beforeWriting
        }
    }

    /// The values of a new conversation.
    private func values(_ new: NewConversation) -> Parameters {
        values(new.id) { ConversationTable.new.append(new, to: &$0) }
    }

    private func key(_ id: ConversationID) -> ConversationKey { ConversationKey(tenant: name, id: id) }

    /// The values that begin with the tenant and the conversation.
    private func values(
        _ id: ConversationID, bytes: Int = 0, _ more: (inout Parameters) -> Void = { _ in }
    ) -> Parameters {
        Parameters(bytes: bytes + 256) { values in
            values.append(name)
            values.append(id.rawValue)
            more(&values)
        }
    }
}

extension ChatStorageError {
    /// Whether a row of the same key was there already.
    fileprivate var isOfUniqueViolation: Bool { cause?.code == ServerError.uniqueViolation }
}

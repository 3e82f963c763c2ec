import ChatStorageCore
import ChatStorageSupport

/// A call of a ``PostgresTenant``: its requests to the store, and its caller's result.
struct TenantCall {
    /// How often get-or-create is tried: an attempt does not see a row that another session commits during it.
    ///
    /// The next attempt sees the row, unless it was deleted again.
    private static let attemptsToGetOrCreate = 20
    /// How often a change of metadata, labels or titles is tried: others may write between its read and its write.
    private static let attemptsToChange = 100
    /// How often a write that violates a unique key is tried.
    ///
    /// A violation that others caused is gone at the next attempt, unless they cause another.
    static let attemptsAfterViolation = 10

    /// The constraint that keeps ids apart.
    private static let conversationKey = "conversations_pkey"
    private static let idIsTaken = "a conversation of this id exists"

    /// Pages with a higher limit are long reads; a connection has one of them at a time.
    static let shortPage = 200

    let store: PostgresStore
    /// The tenant's name in its rows; empty for the default tenant alone.
    let name: String
    let isDefault: Bool
    /// Measures it, if there is an observer.
    let meter: CallMeter?

    /// Creates a conversation.
    func createConversation(_ new: NewConversation) async throws -> Conversation {
        let statements = try await admitWrite { try Validation.check(new) }
        if new.ifExists == .keep { return try await getOrCreate(new, statements) }
        let statement =
            new.labels.isEmpty ? statements.createConversation : statements.createLabelledConversation
        let result = try await store.result(of: .write(statement, to: key(new.id), values(new)), meter)
        guard let row = result.rows.first else {
            throw ChatStorageError(.conversationExists, Self.idIsTaken)
        }
        return try ConversationTable.conversation(row)
    }

    /// Reads a conversation.
    func conversation(_ id: ConversationID) async throws -> Conversation? {
        let statements = try await admit { try Validation.check(id) }
        let result = try await store.result(of: .read(statements.conversation, values(id)), meter)
        return try result.rows.first.map(ConversationTable.conversation)
    }

    private func getOrCreate(_ new: NewConversation, _ statements: Statements) async throws -> Conversation {
        let statement =
            new.labels.isEmpty ? statements.getOrCreateConversation : statements.getOrCreateLabelledConversation
        let request = Request.write(statement, to: key(new.id), values(new))
        for attempt in 0..<Self.attemptsToGetOrCreate {
            if attempt > 0 { meter?.isRepeated() }
            let result = try await store.result(of: request, meter)
            if let row = result.rows.first { return try ConversationTable.conversation(row) }
        }
        throw ChatStorageError(
            .unavailable, "the conversation was created and deleted by others each time it was tried",
            writeOutcome: .notApplied)
    }

    /// Changes a conversation.
    func updateConversation(
        _ id: ConversationID, _ change: ConversationChange
    ) async throws -> Conversation? {
        let statements = try await admitWrite { try Validation.check(change, of: id) }
        let request: Request
        if change.isEmpty {
            request = .read(statements.conversation, values(id))
        } else if let head = change.newHead, change.mergesNothing {
            // No row means no conversation: one that was made after the lock did not exist when the lock was requested.
            return try await self.change(MergedChange(ofHead: change), head: head, of: id, statements) ?? nil
        } else if change.isOfTitleAlone, !change.keepsPlace, let title = change.newTitle {
            request = .write(statements.updateTitle, to: key(id), values(id) { $0.append(title) })
        } else if change.isOfReadMarksAlone {
            request = .write(
                statements.markRead, to: key(id), values(id) { ConversationTable.readMarks.append(change, to: &$0) })
        } else {
            return try await retryingChange { try await merge(change, into: id, statements) }
        }
        return try await store.result(of: request, meter).rows.first.map(ConversationTable.conversation)
    }

    /// - Returns: Nil if another session has changed the conversation in between.
    private func merge(
        _ change: ConversationChange, into id: ConversationID, _ statements: Statements
    ) async throws -> Conversation?? {
        let read = try await store.result(of: .read(statements.conversation, values(id)), meter)
        guard let row = read.rows.first else { return .some(nil) }
        let merged: MergedChange
        do {
            merged = try MergedChange(change, of: row)
        } catch let error as ChatStorageError {
            // A missing head is reported first.
            if case .message(let head)? = change.newHead, head == 0 { throw error }
            if let head = change.newHead { try await checkIsThere(head.sequence, of: id, statements) }
            throw error
        }
        if let head = change.newHead { return try await self.change(merged, head: head, of: id, statements) }
        let values = values(id, bytes: merged.bytes) { MergedChange.columns.append(merged, to: &$0) }
        guard let removal = removal(of: merged, from: id, statements) else {
            let written = try await store.result(
                of: .write(statements.changeConversation, to: key(id), bytes: merged.bytes, values), meter)
            return try written.rows.first.map(ConversationTable.conversation)
        }
        let results = try await store.results(
            of: .transaction(
                [Request.Step(statement: statements.changeConversation, bytes: merged.bytes) { values }, removal],
                on: key(id)), meter)
        try results.checkCommitted()
        // The first answer is that of BEGIN.
        return try results.dropFirst().first?.rows.first.map(ConversationTable.conversation)
    }

    /// The step that removes a change's removed labels from their table; nil if it removes none.
    private func removal(
        of change: MergedChange, from id: ConversationID, _ statements: Statements
    ) -> Request.Step? {
        guard let left = change.labelsLeft else { return nil }
        let values = values(id) { values in
            values.append(texts: left)
            values.append(change.createdAt)
        }
        return Request.Step(statement: statements.removeLabels, bytes: 0) { values }
    }

    /// Makes a message the head, and applies the rest of the change.
    ///
    /// - Returns: Nil if another session has changed the conversation in between.
    private func change(
        _ change: MergedChange, head: ConversationChange.NewHead, of id: ConversationID, _ statements: Statements
    ) async throws -> Conversation?? {
        let lock = values(id)
        let values = values(id, bytes: change.bytes) { values in
            MergedChange.columns.append(change, to: &values)
            HeadChange.columns.append(head, to: &values)
        }
        let steps = [
            Request.Step(statement: statements.lockConversation, bytes: 0) { lock },
            Request.Step(statement: statements.changeHead, bytes: change.bytes) { values },
        ]
        let removal = removal(of: change, from: id, statements)
        let results = try await store.results(
            of: .transaction(steps + (removal.map { [$0] } ?? []), on: key(id)), meter)
        try results.checkCommitted()
        // BEGIN and the lock come first.
        guard let row = results.dropFirst(2).first?.rows.first else { return .some(nil) }
        guard try row.bool(Int32(ConversationTable.columns.count)) else { throw Self.headNotFound }
        return row.isNull(0) ? nil : try ConversationTable.conversation(row)
    }

    private func checkIsThere(_ sequence: Int64, of id: ConversationID, _ statements: Statements) async throws {
        let values = values(id) { $0.append(numbers: [sequence]) }
        let found = try await store.result(of: .read(statements.messagesOfSequences, values), meter)
        if found.rowCount == 0 { throw Self.headNotFound }
    }

    private static let headNotFound = ChatStorageError(
        .messageNotFound, "the message chosen as the head does not exist")

    /// Deletes a conversation and all its messages.
    func deleteConversation(_ deletion: ConversationDeletion) async throws -> Bool {
        let statements = try await admitWrite { try Validation.check(deletion) }
        let statement = deletion.isUnconditional ? statements.deleteConversation : statements.deleteConversationIf
        let values = values(deletion.id) { values in
            guard !deletion.isUnconditional else { return }
            values.append(deletion.updatedBefore)
            values.append(texts: deletion.without.map(\.rawValue))
        }
        let result = try await store.result(of: .write(statement, to: key(deletion.id), values), meter)
        return result.affectedRows > 0
    }

    /// Reads a page of the conversations, most recently updated first.
    func conversations(_ query: ConversationQuery) async throws -> ConversationPage {
        let statements = try await admit { try Validation.check(query, tenant: name) }
        let (start, limit) = (try query.cursor?.position(tenant: name), query.limit)
        guard limit > 0 else { return ConversationPage(items: [], next: nil) }
        if !query.with.isEmpty || !query.without.isEmpty {
            let (first, next) =
                query.with.isEmpty
                ? (statements.walkFirst, statements.walkNext) : (statements.walkLabelFirst, statements.walkLabelNext)
            let values = ConversationWalk.values(query, after: start, tenant: name)
            let result = try await store.result(
                of: .read(start == nil ? first : next, values, isLong: limit > Self.shortPage), meter)
            return try ConversationWalk.page(result, of: query, tenant: name)
        }
        let rows = Int64(clamping: limit == .max ? limit : limit + 1)
        let values = Parameters { values in
            values.append(name)
            if let start {
                values.append(start.updatedAt)
                values.append(start.id.rawValue)
            }
            values.append(rows)
            if let preview = query.preview { values.append(Int64(preview)) }
        }
        let isLong = limit > Self.shortPage
        guard query.preview == nil else {
            let statement = start == nil ? statements.previewsFirst : statements.previewsNext
            let result = try await store.result(of: .read(statement, values, isLong: isLong), meter)
            return try ConversationWalk.pageWithPreviews(result, of: query, tenant: name)
        }
        let statement = start == nil ? statements.firstConversations : statements.nextConversations
        let result = try await store.result(of: .read(statement, values, isLong: isLong), meter)
        let conversations = try result.rows.map { try ConversationTable.conversation($0, for: query) }
        return ConversationPage(conversations, limit: limit, tenant: name)
    }

    /// Stores a conversation exactly as it was elsewhere.
    func restoreConversation(_ snapshot: ConversationSnapshot) async throws -> Conversation {
        let statements = try await admitWrite { try Validation.check(snapshot, roles: store.roles) }
        let request = RestoreRequest(snapshot, tenant: name, statements).request
        for attempt in 1... {
            do {
                let results = try await store.results(of: request, meter)
                try results.checkCommitted()
                break
            } catch let error as ChatStorageError where error.isOfUniqueViolation {
                // A violation of this key proves that the conversation existed, even if it has been deleted since.
                // Without the key's name, as on Citus, a missing conversation was deleted meanwhile, or another key was
                // violated.
                var isTaken = error.cause?.constraint == Self.conversationKey
                if !isTaken { isTaken = try await exists(snapshot.id, statements) }
                if isTaken { throw ChatStorageError(.conversationExists, Self.idIsTaken, cause: error.cause) }
                guard attempt < Self.attemptsAfterViolation else { throw error }
                meter?.isRepeated()
            }
        }
        return snapshot.conversation
    }

    /// Whether a conversation exists, after a refused write.
    private func exists(_ id: ConversationID, _ statements: Statements) async throws -> Bool {
        do {
            let result = try await store.result(of: .read(statements.conversation, values(id)), meter)
            return result.rowCount > 0
        } catch let error as ChatStorageError {
            throw error.beforeWriting
        }
    }

    /// Makes a change that writes only if the values that it was made from are unchanged; repeats it if they are not.
    ///
    /// - Parameter change: Makes the change; returns nil if others have changed the row in between.
    func retryingChange<Result>(_ change: () async throws -> Result?) async throws -> Result {
        for attempt in 0..<Self.attemptsToChange {
            if attempt > 0 {
                meter?.isRepeated()
                // Without a random pause, calls that met here would meet again.
                try await Task.sleep(for: .microseconds(Int.random(in: 0...(1_000 << min(attempt, 7)))))
            }
            if let result = try await change() { return result }
        }
        throw ChatStorageError(
            .unavailable, "others changed the same data each time the change was tried",
            writeOutcome: .notApplied)
    }

    /// Every call's first checks, in the order of their errors: closed, not prepared, wrong arguments.
    func admit(_ check: () throws -> Void) async throws -> Statements {
        try Task.checkCancellation()
        let statements = try await store.statements()
        if !isDefault { try Validation.check(tenant: name) }
        try check()
        return statements
    }

    /// The same for a write: what fails here was not applied.
    func admitWrite(_ check: () throws -> Void) async throws -> Statements {
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

    func key(_ id: ConversationID) -> ConversationKey { ConversationKey(tenant: name, id: id) }

    /// The values that begin with the tenant and the conversation.
    func values(
        _ id: ConversationID, bytes: Int = 0, _ more: (inout Parameters) -> Void = { _ in }
    ) -> Parameters {
        Parameters(bytes: bytes + 256) { values in
            values.append(name)
            values.append(id.rawValue)
            more(&values)
        }
    }
}

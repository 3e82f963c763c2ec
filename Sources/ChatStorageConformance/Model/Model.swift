package import ChatStorageCore

/// What a store must hold and answer, as plainly as it can be said: dictionaries, arrays, and every rule by itself.
///
/// It is written from the contract alone and shares no code with a backend. The one thing it cannot know is what time a
/// store gives to a write. It takes the time from the store's answer, holds it against the rules (a time of update
/// never goes back, messages have their conversation's) and from then on expects just that time.
package struct Model: Sendable, Hashable {
    /// A conversation with its messages.
    struct Entry: Sendable, Hashable {
        var conversation: Conversation
        var messages: [Message]
        /// Whether the time of update is known; after a clear, which does not return it, only its lower bound is.
        var knowsUpdate = true
    }

    /// A tenant, identified by the bytes of its name.
    struct Tenant: Sendable, Hashable {
        var entries: [ConversationID: Entry] = [:]
        /// The cursors that were handed out, each with the last conversation before it.
        var cursors: [String: Conversation] = [:]
    }

    /// By the bytes of their names; nil is the default tenant, which has none.
    private var tenants: [[UInt8]?: Tenant] = [:]

    /// A model of an empty store.
    package init() {}

    /// Takes a call and its outcome, and says what the contract expects instead if the outcome is wrong.
    ///
    /// - Parameter name: The tenant's name; nil is the default tenant.
    /// - Returns: The expected outcome in words; nil if the actual one is right, and the model has changed with it.
    package mutating func expectation(
        brokenBy outcome: CallOutcome, of call: StorageCall, tenant name: String?
    ) -> String? {
        let key = name.map { Array($0.utf8) }
        var tenant = tenants[key] ?? Tenant()
        if let code = tenant.refusal(of: call, tenant: name) {
            return outcome == .threw(code) ? nil : "it throws \(code)"
        }
        let broken = tenant.expectation(brokenBy: outcome, of: call)
        if broken == nil { tenants[key] = tenant }
        return broken
    }
}

extension Model {
    /// The version of a conversation as the model knows it; nil if there is none.
    func version(of id: ConversationID, tenant name: String?) -> ConversationVersion? {
        tenants[name.map { Array($0.utf8) }]?.entries[id]?.conversation.version
    }
}

extension Model.Tenant {
    fileprivate mutating func expectation(brokenBy outcome: CallOutcome, of call: StorageCall) -> String? {
        switch call {
        case .createConversation(let new):
            guard entries[new.id] != nil else { return create(new, outcome) }
            guard new.ifExists == .keep else { return expect(.threw(.conversationExists), outcome) }
            learnUpdate(of: new.id, from: outcome)
            return expect(.returned(.conversation(entries[new.id]?.conversation)), outcome)

        case .conversation(let id):
            learnUpdate(of: id, from: outcome)
            return expect(.returned(.conversation(entries[id]?.conversation)), outcome)

        case .updateConversation(let id, let change):
            return update(id, change, outcome)

        case .deleteConversation(let deletion):
            return delete(deletion, outcome)

        case .reviseMessage(let revision):
            return revise(revision, outcome)

        case .append(let new):
            return append(new, outcome)

        case .messages(let query):
            let messages = entries[query.conversationID]?.messages ?? []
            if let lookup = query.lookup {
                let found = messages.filter { lookup.names($0) }
                return expect(.returned(.messages(MessagePage(items: found, hasMore: false))), outcome)
            }
            let page =
                if let lower = query.position.lowerBound {
                    Array(messages.filter { $0.sequence > lower }.prefix(query.limit))
                } else {
                    Array(messages.filter { $0.sequence < query.position.upperBound ?? .max }.suffix(query.limit))
                }
            return expect(.returned(.messages(MessagePage(items: page, hasMore: page.count == query.limit))), outcome)

        case .removeMessages(let removal):
            let messages = entries[removal.conversationID]?.messages ?? []
            let removed =
                switch removal.selection {
                case .all: messages
                }
            entries[removal.conversationID]?.messages.removeAll(where: removed.contains)
            entries[removal.conversationID]?.knowsUpdate = false
            if let old = entries[removal.conversationID]?.conversation {
                entries[removal.conversationID]?.conversation = old.with(
                    messageCount: 0, readThrough: old.lastSequence, clearedThrough: old.lastSequence)
            }
            return expect(.returned(.count(removed.count)), outcome)

        case .restoreConversation(let snapshot):
            guard entries[snapshot.id] == nil else { return expect(.threw(.conversationExists), outcome) }
            entries[snapshot.id] = Model.Entry(
                conversation: snapshot.conversation, messages: snapshot.messages.map(snapshot.stored))
            return expect(.returned(.conversation(snapshot.conversation)), outcome)

        case .conversations(let query):
            return list(query, outcome)
        }
    }

    private func expect(_ expected: CallOutcome, _ actual: CallOutcome) -> String? {
        expected == actual ? nil : "it \(expected)"
    }

    /// A new conversation's time is the store's choice, its update's the same.
    private mutating func create(_ new: NewConversation, _ outcome: CallOutcome) -> String? {
        guard case .returned(.conversation(let actual?)) = outcome else { return "it returns a new conversation" }
        let created = Conversation(
            id: new.id, title: new.title, createdAt: actual.createdAt, updatedAt: actual.createdAt, lastSequence: 0,
            labels: new.labels, metadata: new.metadata)
        entries[new.id] = Model.Entry(conversation: created, messages: [])
        return expect(.returned(.conversation(created)), outcome)
    }

    private mutating func update(
        _ id: ConversationID, _ change: ConversationChange, _ outcome: CallOutcome
    ) -> String? {
        learnUpdate(of: id, from: outcome)
        guard let old = entries[id]?.conversation else { return expect(.returned(.conversation(nil)), outcome) }
        var new = old
        let labels = old.labels.filter { !change.removedLabels.contains($0) }.union(change.addedLabels)
        guard labels.count <= max(32, old.labels.count) else { return expect(.threw(.tooManyLabels), outcome) }
        guard let metadata = old.metadata.changed(by: change.metadata) else {
            return expect(.threw(.metadataTooLarge), outcome)
        }
        var readThrough = old.readThrough
        if let through = change.readThrough { readThrough = max(readThrough, min(through, old.lastSequence)) }
        if let from = change.unreadFrom { readThrough = min(readThrough, max(0, from - 1)) }
        new = old.with(readThrough: readThrough, labels: labels, metadata: metadata)
        var setsTitle = false
        if let title = change.newTitle {
            new = new.with(title: .some(title))
            setsTitle = true
        } else if let title = change.titleIfNone, old.title == nil {
            new = new.with(title: .some(title))
            setsTitle = true
        }
        if setsTitle, !change.keepsPlace {
            guard case .returned(.conversation(let actual?)) = outcome else { return "it returns the conversation" }
            guard actual.updatedAt >= old.updatedAt else { return "its time of update is not before \(old.updatedAt)" }
            new = new.with(updatedAt: actual.updatedAt)
            entries[id]?.knowsUpdate = true
        }
        entries[id]?.conversation = new
        return expect(.returned(.conversation(new)), outcome)
    }

    private mutating func delete(_ deletion: ConversationDeletion, _ outcome: CallOutcome) -> String? {
        guard let conversation = entries[deletion.id]?.conversation,
            conversation.labels.allSatisfy({ !deletion.without.contains($0) }),
            deletion.updatedBefore.map({ conversation.updatedAt < $0 }) ?? true
        else { return expect(.returned(.existed(false)), outcome) }
        entries[deletion.id] = nil
        return expect(.returned(.existed(true)), outcome)
    }

    private mutating func revise(_ revision: MessageRevision, _ outcome: CallOutcome) -> String? {
        let messages = entries[revision.conversationID]?.messages ?? []
        guard let index = messages.firstIndex(where: { $0.sequence == revision.sequence }) else {
            return expect(.threw(.messageNotFound), outcome)
        }
        guard let metadata = messages[index].metadata.changed(by: revision.metadata) else {
            return expect(.threw(.metadataTooLarge), outcome)
        }
        let old = messages[index]
        var body = old.body
        body.metadata = metadata
        let new = Message(
            conversationID: old.conversationID, sequence: old.sequence, body: body, createdAt: old.createdAt)
        entries[revision.conversationID]?.messages[index] = new
        return expect(.returned(.message(new)), outcome)
    }

    private mutating func append(_ appended: NewMessages, _ outcome: CallOutcome) -> String? {
        let (messages, id) = (appended.messages, appended.conversationID)
        guard !messages.isEmpty else { return expect(.returned(.appended(.nothing)), outcome) }
        if let stored = storedBefore(messages, in: id) {
            let result = AppendResult(messages: stored, version: entries[id]?.conversation.version)
            return expect(stored.isEmpty ? .threw(.idempotencyMismatch) : .returned(.appended(result)), outcome)
        }
        if let old = entries[id]?.conversation {
            if let expected = appended.condition.expectedVersion,
                old.createdAt != expected.createdAt || old.lastSequence != expected.lastSequence
                    || old.version.clearedThrough != expected.clearedThrough
            {
                return expect(.threw(.conflict), outcome)
            }
        } else if !appended.condition.createsConversation {
            return expect(.threw(.conversationNotFound), outcome)
        }
        guard case .returned(.appended(let actual)) = outcome, let now = actual.messages.first?.createdAt else {
            return "it returns \(messages.count) messages"
        }
        let first = appended.condition.firstValues
        let new = Conversation(
            id: id, title: first?.title, createdAt: now, updatedAt: now, lastSequence: 0, labels: first?.labels ?? [],
            metadata: first?.metadata ?? [:])
        var entry = entries[id] ?? Model.Entry(conversation: new, messages: [])
        let old = entry.conversation
        guard now >= old.updatedAt else { return "the messages' time is not before \(old.updatedAt)" }
        let stored = messages.enumerated().map { index, message in
            Message(
                conversationID: id, sequence: old.lastSequence + Int64(index) + 1, body: message, createdAt: now)
        }
        entry.messages += stored
        let last = old.lastSequence + Int64(messages.count)
        entry.conversation = old.with(
            updatedAt: now, lastSequence: last, messageCount: old.messageCount + messages.count,
            readThrough: appended.marksRead ? last : old.readThrough)
        entry.knowsUpdate = true
        entries[id] = entry
        return expect(
            .returned(.appended(AppendResult(messages: stored, version: entry.conversation.version))), outcome)
    }

    /// The messages of an append that was made before; none if they are not as it was made, nil if no key is there.
    private func storedBefore(_ messages: [ChatMessage], in id: ConversationID) -> [Message]? {
        let present = entries[id]?.messages ?? []
        let found = messages.compactMap { message in
            message.key.flatMap { key in present.first { $0.key.map { Array($0.utf8) } == Array(key.utf8) } }
        }
        guard !found.isEmpty else { return nil }
        let isSame = zip(found, messages).allSatisfy { stored, message in
            stored.role == message.role && Array(stored.content.utf8) == Array(message.content.utf8)
                && stored.parts == message.parts
        }
        return found.count == messages.count && isSame ? found : []
    }

    private mutating func list(_ query: ConversationQuery, _ outcome: CallOutcome) -> String? {
        guard case .returned(.conversations(let page)) = outcome else { return "it returns a page" }
        for read in page.items { learnUpdate(of: read) }
        var left = entries.values.map(\.conversation).sorted { $0.isListed(before: $1) }
        if let cursor = query.cursor, let last = cursors[cursor.text] {
            left = left.filter { last.isListed(before: $0) }
        }
        if let first = query.with.map(\.rawValue).min(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            left = left.filter { $0.labels.contains(Label(first)) }
        }
        var expected: [Conversation] = []
        var lookedAt = 0
        var last: Conversation?
        for conversation in left where query.limit > 0 {
            guard expected.count < query.limit, query.limit > 10_000 || lookedAt < query.limit + 1_000 else { break }
            lookedAt += 1
            last = conversation
            guard query.with.isSubset(of: conversation.labels), query.without.isDisjoint(with: conversation.labels)
            else {
                continue
            }
            expected.append(conversation.with(preview: preview(of: conversation.id, query.preview)))
        }
        guard page.items == expected else {
            return "it lists \(expected.count): \(summary(of: expected))"
        }
        guard let last, left.count > lookedAt else {
            return page.next == nil ? nil : "no page follows"
        }
        guard let next = page.next else { return "another page follows" }
        cursors[next.text] = last
        return nil
    }

    private func preview(of id: ConversationID, _ scalars: Int?) -> MessagePreview? {
        guard let scalars, let message = entries[id]?.messages.suffix(16).last(where: { !$0.content.isEmpty }) else {
            return nil
        }
        let text = String(String.UnicodeScalarView(message.content.unicodeScalars.prefix(scalars)))
        return MessagePreview(
            sequence: message.sequence, role: message.role, createdAt: message.createdAt, text: text)
    }

    // MARK: Times that a call did not return

    private mutating func learnUpdate(of id: ConversationID, from outcome: CallOutcome) {
        if case .returned(.conversation(let read?)) = outcome, read.id == id { learnUpdate(of: read) }
    }

    private mutating func learnUpdate(of read: Conversation) {
        guard let entry = entries[read.id], !entry.knowsUpdate,
            read.updatedAt >= entry.conversation.updatedAt
        else { return }
        entries[read.id]?.conversation = entry.conversation.with(updatedAt: read.updatedAt)
        entries[read.id]?.knowsUpdate = true
    }
}

extension Conversation {
    fileprivate func with(
        title: String?? = nil, updatedAt: Timestamp? = nil, lastSequence: Int64? = nil, messageCount: Int? = nil,
        readThrough: Int64? = nil, labels: Set<Label>? = nil, metadata: Metadata? = nil, clearedThrough: Int64? = nil,
        preview: MessagePreview? = nil
    ) -> Conversation {
        Conversation(
            id: id, title: title ?? self.title, createdAt: createdAt, updatedAt: updatedAt ?? self.updatedAt,
            lastSequence: lastSequence ?? self.lastSequence, messageCount: messageCount ?? self.messageCount,
            readThrough: readThrough ?? self.readThrough, labels: labels ?? self.labels,
            metadata: metadata ?? self.metadata, clearedThrough: clearedThrough ?? version.clearedThrough,
            preview: preview)
    }

    /// The most recently updated first, ties by the ids' bytes.
    fileprivate func isListed(before other: Conversation) -> Bool {
        updatedAt == other.updatedAt
            ? id.rawValue.utf8.lexicographicallyPrecedes(other.id.rawValue.utf8) : updatedAt > other.updatedAt
    }
}

extension Metadata {
    /// The metadata after a change; nil if it is too large.
    fileprivate func changed(by change: MetadataChange) -> Metadata? {
        var result = change.replacement ?? self
        for name in change.removed + change.set.object.members.map(\.name) {
            for member in result.object.members where member.name == name { result[member.name] = nil }
        }
        for (name, value) in change.set.object.members { result[name] = value }
        return change.isEmpty || result.text.utf8.count <= 65_536 ? result : nil
    }
}

extension MessageQuery.Lookup {
    fileprivate func names(_ message: Message) -> Bool {
        switch self {
        case .sequences(let sequences): sequences.contains(message.sequence)
        case .keys(let keys): message.key.map { key in keys.contains { Array($0.utf8) == Array(key.utf8) } } ?? false
        }
    }
}

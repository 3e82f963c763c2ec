package import ChatStorageCore

/// What a store must hold and answer, in the simplest form: dictionaries, arrays, and every rule by itself.
///
/// It is written from the contract alone and shares no code with a backend. The only thing it cannot know is the time
/// that a store gives to a write. It takes the time from the store's answer, checks it against the rules (a time of
/// update never goes back, messages have their conversation's) and then expects exactly that time.
package struct Model: Sendable, Hashable {
    /// A conversation with its messages.
    struct Entry: Sendable, Hashable {
        var conversation: Conversation
        var messages: [Message] = []
        /// The message that each one follows, 0 for none.
        var predecessors: [Int64: Int64] = [:]
        /// The end of the current path, 0 for none.
        var head: Int64 = 0
        /// Whether the time of update is known; a removal does not return it, so afterwards only a lower bound is
        /// known.
        var knowsUpdate = true
    }

    /// A tenant, identified by the bytes of its name.
    struct Tenant: Sendable, Hashable {
        var entries: [ConversationID: Entry] = [:]
        /// The cursors handed out so far, each with the last conversation before it.
        var cursors: [String: Conversation] = [:]
    }

    /// The tenants by the bytes of their names; nil is the default tenant, which has none.
    private var tenants: [[UInt8]?: Tenant] = [:]

    /// A model of an empty store.
    package init() {}

    /// Applies a call and its outcome; if the outcome is wrong, says what the contract expects instead.
    ///
    /// - Parameter name: The tenant's name; nil is the default tenant.
    /// - Returns: The expected outcome in words; nil if the actual one is right, in which case the model has changed.
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

    /// A message as the model knows it; nil if it is not there.
    func message(_ sequence: Int64, of id: ConversationID, tenant name: String?) -> Message? {
        tenants[name.map { Array($0.utf8) }]?.entries[id]?.message(sequence)
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
            return expect(entries[query.conversationID]?.page(query) ?? .nothing(for: query), outcome)

        case .forks(let id):
            return expect(.returned(.forks(entries[id]?.forks ?? [])), outcome)

        case .removeMessages(let removal):
            return remove(removal, outcome)

        case .restoreConversation(let snapshot):
            guard entries[snapshot.id] == nil else { return expect(.threw(.conversationExists), outcome) }
            entries[snapshot.id] = Model.Entry(restoring: snapshot)
            return expect(.returned(.conversation(entries[snapshot.id]?.conversation)), outcome)

        case .conversations(let query):
            return list(query, outcome)
        }
    }

    private func expect(_ expected: CallOutcome, _ actual: CallOutcome) -> String? {
        expected == actual ? nil : "it \(expected)"
    }

    /// The store chooses a new conversation's time, which is also its time of update.
    private mutating func create(_ new: NewConversation, _ outcome: CallOutcome) -> String? {
        guard case .returned(.conversation(let actual?)) = outcome else { return "it returns a new conversation" }
        let created = Conversation(
            id: new.id, title: new.title, createdAt: actual.createdAt, updatedAt: actual.createdAt, lastSequence: 0,
            labels: new.labels, metadata: new.metadata)
        entries[new.id] = Model.Entry(conversation: created)
        return expect(.returned(.conversation(created)), outcome)
    }

    private mutating func update(
        _ id: ConversationID, _ change: ConversationChange, _ outcome: CallOutcome
    ) -> String? {
        learnUpdate(of: id, from: outcome)
        guard var entry = entries[id] else { return expect(.returned(.conversation(nil)), outcome) }
        switch change.newHead {
        case .message(let sequence):
            guard sequence == 0 || entry.has(sequence) else { return expect(.threw(.messageNotFound), outcome) }
            entry.head = sequence
        case .newest(let sequence):
            guard entry.has(sequence) else { return expect(.threw(.messageNotFound), outcome) }
            entry.head = entry.descendants(of: sequence).max() ?? sequence
        case nil: break
        }
        entry.settle()
        let old = entry.conversation
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
            entry.knowsUpdate = true
        }
        entry.conversation = new
        entries[id] = entry
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

    private mutating func remove(_ removal: MessageRemoval, _ outcome: CallOutcome) -> String? {
        guard var entry = entries[removal.conversationID] else { return expect(.returned(.count(0)), outcome) }
        let removed: Set<Int64>
        switch removal.selection {
        case .all:
            removed = Set(entry.messages.map(\.sequence))
            let last = entry.conversation.lastSequence
            entry.conversation = entry.conversation.with(readThrough: last, clearedThrough: last)
        case .messages(let sequences): removed = Set(sequences).filter(entry.has)
        case .from(let sequence): removed = entry.has(sequence) ? entry.descendants(of: sequence) : []
        }
        if removal.selection == .all || !removed.isEmpty { entry.knowsUpdate = false }
        entry.remove(removed)
        entries[removal.conversationID] = entry
        return expect(.returned(.count(removed.count)), outcome)
    }

    private mutating func revise(_ revision: MessageRevision, _ outcome: CallOutcome) -> String? {
        guard let old = entries[revision.conversationID]?.message(revision.sequence),
            revision.base.map({ $0.createdAt == old.createdAt }) ?? true
        else { return expect(.threw(.messageNotFound), outcome) }
        var (body, writing) = (old.body, old.writing)
        if let base = revision.base {
            let isRepeat =
                old.revisedAt != nil && old.revision - 1 == base.revision && old.state == revision.state ?? .streaming
                && (revision.body.map { $0.parts == old.parts && $0.native == old.body.native } ?? true)
            if isRepeat { return expect(.returned(.message(old)), outcome) }
            guard old.state == .streaming, old.revision == base.revision else {
                return expect(.threw(.conflict), outcome)
            }
            if let new = revision.body {
                body.parts = new.parts
                body.native = new.native
            }
        }
        guard let metadata = old.metadata.changed(by: revision.metadata) else {
            return expect(.threw(.metadataTooLarge), outcome)
        }
        body.metadata = metadata
        if revision.base != nil {
            guard case .returned(.message(let actual)) = outcome, let time = actual.revisedAt, time >= old.createdAt
            else {
                return "it returns the message with a time that is not before \(old.createdAt)"
            }
            writing = MessageWriting(
                state: revision.state ?? .streaming, revision: old.revision + 1, revisedAt: time)
        }
        let new = old.with(body: body, writing: writing)
        entries[revision.conversationID]?.replace(new)
        return expect(.returned(.message(new)), outcome)
    }

    private mutating func append(_ appended: NewMessages, _ outcome: CallOutcome) -> String? {
        let (messages, id) = (appended.messages, appended.conversationID)
        guard !messages.isEmpty else { return expect(.returned(.appended(.nothing)), outcome) }
        if let stored = storedBefore(appended) {
            let result = AppendResult(messages: stored, version: entries[id]?.conversation.version)
            return expect(stored.isEmpty ? .threw(.idempotencyMismatch) : .returned(.appended(result)), outcome)
        }
        if entries[id] == nil, !appended.condition.createsConversation {
            return expect(.threw(.conversationNotFound), outcome)
        }
        guard let predecessor = predecessor(for: appended) else { return expect(.threw(.messageNotFound), outcome) }
        if let expected = appended.condition.expectedVersion, expected != entries[id]?.conversation.version {
            return expect(.threw(.conflict), outcome)
        }
        guard case .returned(.appended(let actual)) = outcome, let now = actual.messages.first?.createdAt else {
            return "it returns \(messages.count) messages"
        }
        let first = appended.condition.firstValues
        let new = Conversation(
            id: id, title: first?.title, createdAt: now, updatedAt: now, lastSequence: 0, labels: first?.labels ?? [],
            metadata: first?.metadata ?? [:])
        var entry = entries[id] ?? Model.Entry(conversation: new)
        let old = entry.conversation
        guard now >= old.updatedAt else { return "the messages' time is not before \(old.updatedAt)" }
        let last = old.lastSequence + Int64(messages.count)
        let stored = zip(old.lastSequence + 1...last, messages).map { sequence, body in
            Message(
                conversationID: id, sequence: sequence, body: body, createdAt: now,
                writing: appended.isStreaming && sequence == last
                    ? MessageWriting(state: .streaming, revision: 1) : nil)
        }
        entry.messages += stored
        for sequence in old.lastSequence + 1...last {
            entry.predecessors[sequence] = sequence == old.lastSequence + 1 ? predecessor : sequence - 1
        }
        if appended.movesHead { entry.head = last }
        entry.conversation = old.with(
            updatedAt: now, lastSequence: last, readThrough: appended.marksRead ? last : old.readThrough)
        entry.knowsUpdate = true
        entry.settle()
        entries[id] = entry
        let result = AppendResult(
            messages: entry.messages.suffix(stored.count), version: entry.conversation.version)
        return expect(.returned(.appended(result)), outcome)
    }

    /// The message that an append follows, 0 for none; nil if the named message does not exist.
    private func predecessor(for appended: NewMessages) -> Int64? {
        let entry = entries[appended.conversationID]
        if let sequence = appended.place.predecessor {
            return sequence == 0 || entry?.has(sequence) ?? false ? sequence : nil
        }
        if let sequence = appended.place.replaced { return entry?.predecessors[sequence] }
        return entry?.head ?? 0
    }

    /// The stored messages of a repeated append; empty if they differ from it, nil if none of its keys is stored.
    private func storedBefore(_ appended: NewMessages) -> [Message]? {
        let messages = appended.messages
        let present = entries[appended.conversationID]?.messages ?? []
        let found = messages.compactMap { message in
            message.key.flatMap { key in present.first { $0.key.map { Array($0.utf8) } == Array(key.utf8) } }
        }
        guard !found.isEmpty else { return nil }
        let isSame = zip(found, messages).enumerated().allSatisfy { index, pair in
            let (stored, message) = pair
            let isStreaming = appended.isStreaming && index == messages.count - 1
            guard stored.role == message.role, (stored.revision > 0) == isStreaming else { return false }
            return isStreaming
                || Array(stored.content.utf8) == Array(message.content.utf8) && stored.parts == message.parts
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
        guard let scalars, let entry = entries[id] else { return nil }
        let last = entry.path(through: entry.head).suffix(16).compactMap(entry.message)
        guard let message = last.last(where: { !$0.content.isEmpty }) else { return nil }
        let text = String(String.UnicodeScalarView(message.content.unicodeScalars.prefix(scalars)))
        return MessagePreview(
            sequence: message.sequence, role: message.role, createdAt: message.createdAt, text: text,
            state: message.state)
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
    func with(
        title: String?? = nil, updatedAt: Timestamp? = nil, lastSequence: Int64? = nil, messageCount: Int? = nil,
        readThrough: Int64? = nil, labels: Set<Label>? = nil, metadata: Metadata? = nil, clearedThrough: Int64? = nil,
        preview: MessagePreview? = nil, head: Int64?? = nil, isBranched: Bool? = nil
    ) -> Conversation {
        Conversation(
            id: id, title: title ?? self.title, createdAt: createdAt, updatedAt: updatedAt ?? self.updatedAt,
            lastSequence: lastSequence ?? self.lastSequence, messageCount: messageCount ?? self.messageCount,
            readThrough: readThrough ?? self.readThrough, labels: labels ?? self.labels,
            metadata: metadata ?? self.metadata, clearedThrough: clearedThrough ?? version.clearedThrough,
            preview: preview, head: head ?? self.head, isBranched: isBranched ?? self.isBranched)
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

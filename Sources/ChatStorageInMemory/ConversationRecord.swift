import ChatStorageCore

/// A stored conversation; an object, so that a read copies only what it returns.
///
// `@unchecked Sendable`: it is used only under the store's lock, and a copied store gets records of its own.
final class ConversationRecord: @unchecked Sendable {
    // Swift would check at run time whether two changes of these overlap, which the lock excludes; each check costs a
    // twentieth of an append.
    /// In the form that callers get, so that reading it copies little.
    @exclusivity(unchecked)
    private(set) var conversation: Conversation
    @exclusivity(unchecked)
    private(set) var messages: MessageLog
    /// The conversation's place in the order of the list: its `updatedAt`, or an earlier one.
    private(set) var listedAt: Timestamp

    init(_ conversation: Conversation, _ messages: MessageLog) {
        self.conversation = conversation
        self.messages = messages
        listedAt = conversation.updatedAt
    }

    /// A separate record with the same content.
    func copied() -> ConversationRecord {
        let copy = ConversationRecord(conversation, messages)
        copy.listedAt = listedAt
        return copy
    }

    /// Whether the list still has the conversation at an earlier place.
    var isListedLate: Bool { listedAt != conversation.updatedAt }

    /// Changes all but the messages.
    func update(_ change: ConversationChange, now: Timestamp) throws {
        let head = try change.newHead.map(head)
        conversation = try change.applied(to: conversation, at: now)
        if let head { setHead(head) }
    }

    private func head(_ new: ConversationChange.NewHead) throws -> Int64 {
        switch new {
        case .message(let sequence) where sequence == 0 || messages.contains(sequence): sequence
        case .newest(let sequence) where messages.contains(sequence): messages.tree.newest(under: sequence)
        case .message, .newest:
            throw ChatStorageError(.messageNotFound, "the message chosen as the head does not exist")
        }
    }

    /// The end of the current path, 0 for none.
    private var head: Int64 { conversation.head ?? messages.newest }

    private func setHead(_ sequence: Int64) {
        let head = sequence == messages.newest ? nil : sequence
        conversation.setBranches(head: head, isBranched: head != nil || messages.isBranched)
    }

    /// Appends messages, or finds that they were appended before.
    func append(_ new: NewMessages, now: Timestamp) throws -> AppendResult {
        if let repeated = try messages.repeated(new) {
            return AppendResult(messages: repeated, version: conversation.version)
        }
        let head = head
        let predecessor = try predecessor(at: new.place, head: head)
        if let expected = new.condition.expectedVersion, expected != conversation.version {
            throw ChatStorageError(
                .conflict,
                "the conversation changed since it was read: made anew, appended to, cleared or given another head")
        }
        touch(now: now)
        let last = conversation.lastSequence
        conversation.lastSequence += Int64(new.messages.count)
        if new.marksRead { conversation.readThrough = conversation.lastSequence }
        let stored = messages.append(
            new, after: last, following: predecessor, createdAt: conversation.updatedAt)
        // A plain conversation stays plain if the messages follow the newest one and become the head.
        if !new.movesHead || conversation.isBranched || messages.isBranched {
            setHead(new.movesHead ? messages.newest : head)
        }
        return AppendResult(messages: stored, version: conversation.version)
    }

    /// The message that an append follows.
    private func predecessor(at place: AppendPlace, head: Int64) throws -> Int64 {
        if let sequence = place.predecessor, sequence == 0 || messages.contains(sequence) { return sequence }
        if let sequence = place.replaced, messages.contains(sequence) { return messages.predecessor(of: sequence) }
        if place == .head { return head }
        throw ChatStorageError(
            .messageNotFound, "the message to follow or replace does not exist")
    }

    /// Removes messages; returns how many there were, and the messages to free.
    func remove(_ selection: MessageRemoval.Selection, now: Timestamp) -> (count: Int, freed: MessageLog) {
        let old = messages
        let count: Int
        switch selection {
        case .all:
            touch(now: now)
            conversation.clearedThrough = conversation.lastSequence
            conversation.readThrough = conversation.lastSequence
            conversation.messageCount = 0
            conversation.setBranches(head: nil, isBranched: false)
            messages = MessageLog()
            return (old.count, old)
        case .messages(let sequences):
            let sequences = Set(sequences)
            count = remove(now: now) { message, _ in sequences.contains(message) }
        case .from(let sequence):
            guard messages.contains(sequence) else { return (0, MessageLog()) }
            count = remove(now: now) { message, follows in message == sequence || follows }
        }
        return (count, old)
    }

    private func remove(now: Timestamp, where isRemoved: (_ sequence: Int64, _ follows: Bool) -> Bool) -> Int {
        var head = conversation.head
        let count = messages.remove(conversation.id, head: &head, where: isRemoved)
        guard count > 0 else { return 0 }
        touch(now: now)
        conversation.messageCount -= count
        conversation.setBranches(head: head, isBranched: head != nil || messages.isBranched)
        return count
    }

    /// Changes a message.
    func revise(_ revision: MessageRevision, now: Timestamp) throws -> Message {
        try messages.revise(revision, now: now)
    }

    /// A page of the messages, or some of them.
    func page(_ query: MessageQuery) throws -> MessagePage {
        try messages.page(query, head: conversation.head)
    }

    /// The preview of the current path's newest message with a text.
    func preview(_ scalars: Int) -> MessagePreview? {
        messages.preview(scalars, head: conversation.head)
    }

    /// Notes that the list has the conversation at its right place.
    func becomeListed() {
        listedAt = conversation.updatedAt
    }

    /// Updates the conversation's time; if the clock stepped back, the time stays.
    private func touch(now: Timestamp) {
        conversation.updatedAt = max(conversation.updatedAt, now)
    }
}

import ChatStorageCore

extension Model.Tenant {
    /// The error code for a call's arguments alone; nil if they are valid.
    ///
    /// The limits are repeated here, so that a mistake in the library's own limits is noticed.
    func refusal(of call: StorageCall, tenant: String?) -> ChatStorageError.Code? {
        guard tenant.map({ has($0, 1...100) }) ?? true else { return .invalidArgument }
        switch call {
        case .createConversation(let new):
            return isFine(new.id) && isFine(title: new.title) && areFine(new.labels) && isFine(new.metadata)
                ? nil : .invalidArgument

        case .updateConversation(let id, let change):
            let labels = change.addedLabels.union(change.removedLabels)
            return isFine(id) && isFine(title: change.newTitle ?? change.titleIfNone)
                && labels.allSatisfy { has($0.rawValue, 1...100) } && isFine(change.metadata)
                && change.readThrough ?? 0 >= 0 && change.unreadFrom ?? 0 >= 0 && isFine(change.newHead)
                ? nil : .invalidArgument

        case .conversation(let id), .forks(let id):
            return isFine(id) ? nil : .invalidArgument

        case .deleteConversation(let deletion):
            return isFine(deletion.id) && deletion.without.allSatisfy { has($0.rawValue, 1...100) }
                ? nil : .invalidArgument

        case .reviseMessage(let revision):
            return isFine(revision.conversationID) && revision.sequence >= 0 && isFine(revision.metadata)
                && revision.body.map { isFine($0) } ?? true ? nil : .invalidArgument

        case .removeMessages(let removal):
            return isFine(removal.conversationID) && isFine(removal.selection) ? nil : .invalidArgument

        case .messages(let query):
            if case .keys(let keys) = query.lookup, !keys.allSatisfy({ has($0, 1...200) }) { return .invalidArgument }
            if case .through(let sequence) = query.path, sequence < 0 { return .invalidArgument }
            return isFine(query.conversationID) && query.limit >= 0 && query.lookup?.count ?? 0 <= 1_000
                ? nil : .invalidArgument

        case .conversations(let query):
            guard query.limit >= 0, (1...1_000).contains(query.preview ?? 1),
                query.with.union(query.without).allSatisfy({ has($0.rawValue, 1...100) })
            else { return .invalidArgument }
            if let cursor = query.cursor, cursors[cursor.text] == nil { return .invalidCursor }
            return nil

        case .append(let new):
            let messages = new.messages
            guard isFine(new.conversationID), messages.count <= 10_000,
                messages.allSatisfy({ isFine($0) }),
                areFine(keys: messages.map(\.key)), Set(messages.map { $0.key == nil }).count <= 1,
                messages.map(\.content.utf8.count).reduce(0, +) <= 67_108_864,
                new.place.predecessor ?? 0 >= 0, new.place.replaced ?? 0 >= 0,
                isFine(title: new.condition.firstValues?.title), areFine(new.condition.firstValues?.labels ?? []),
                isFine(new.condition.firstValues?.metadata ?? [:])
            else { return .invalidArgument }
            return messages.allSatisfy { isFine($0.role) } ? nil : .invalidRole

        case .restoreConversation(let snapshot):
            guard isFine(snapshot) else { return .invalidArgument }
            return snapshot.messages.allSatisfy { isFine($0.role) } ? nil : .invalidRole
        }
    }

    private func isFine(_ snapshot: ConversationSnapshot) -> Bool {
        let sequences = [0] + snapshot.messages.map(\.sequence)
        let times = [snapshot.createdAt] + snapshot.messages.map(\.createdAt) + [snapshot.updatedAt]
        return isFine(snapshot.id) && isFine(title: snapshot.title)
            && areFine(snapshot.labels) && isFine(snapshot.metadata)
            && (0...max(0, snapshot.lastSequence)).contains(snapshot.readThrough)
            && snapshot.clearedThrough >= 0 && snapshot.clearedThrough <= snapshot.lastSequence
            && snapshot.messages.allSatisfy { $0.sequence > snapshot.clearedThrough }
            && snapshot.messages.allSatisfy { isFine($0.body) }
            && areFine(keys: snapshot.messages.map(\.key))
            && zip(sequences, sequences.dropFirst()).allSatisfy { $0 < $1 }
            && zip(times, times.dropFirst()).allSatisfy { $0 <= $1 }
            && times.allSatisfy { Limits.timestamps.contains($0) }
            && (sequences.last ?? 0) <= snapshot.lastSequence && snapshot.lastSequence < 1 << 53
            && snapshot.messages.allSatisfy { $0.predecessor ?? 0 < $0.sequence && isFine($0.writing) }
            && (snapshot.messages.map(\.predecessor) + [snapshot.head]).allSatisfy { sequences.contains($0 ?? 0) }
    }

    private func isFine(_ writing: MessageWriting) -> Bool {
        (1..<1 << 53).contains(writing.revision)
            || writing.revision == 0 && writing.state == .complete && writing.revisedAt == nil
    }

    private func isFine(_ head: ConversationChange.NewHead?) -> Bool {
        switch head {
        case .message(let sequence), .newest(let sequence): sequence >= 0
        case nil: true
        }
    }

    private func isFine(_ selection: MessageRemoval.Selection) -> Bool {
        switch selection {
        case .all: true
        case .messages(let sequences): sequences.count <= 1_000 && sequences.allSatisfy { $0 >= 0 }
        case .from(let sequence): sequence >= 0
        }
    }

    private func isFine(_ id: ConversationID) -> Bool { has(id.rawValue, 1...100) }

    private func isFine(title: String?) -> Bool { title.map { has($0, 0...200) } ?? true }

    private func isFine(content: String) -> Bool {
        content.utf8.count <= 16_777_216 && !content.unicodeScalars.contains("\0")
    }

    /// Does not check parts: random calls have none beyond the limits.
    private func isFine(_ message: ChatMessage) -> Bool { isFine(content: message.content) && isFine(message.metadata) }

    private func areFine(_ labels: Set<Label>) -> Bool {
        labels.count <= 32 && labels.allSatisfy { has($0.rawValue, 1...100) }
    }

    private func isFine(_ metadata: Metadata) -> Bool {
        metadata.text.utf8.count <= 65_536 && !metadata.text.contains("\\u0000")
    }

    private func isFine(_ change: MetadataChange) -> Bool {
        isFine(change.set) && isFine(change.replacement ?? [:])
            && change.removed.allSatisfy { !$0.unicodeScalars.contains("\0") }
    }

    private func areFine(keys: [String?]) -> Bool {
        let keys = keys.compactMap(\.self)
        return keys.allSatisfy { has($0, 1...200) } && Set(keys.map { Array($0.utf8) }).count == keys.count
    }

    private func isFine(_ role: Role) -> Bool { [.system, .user, .assistant].contains(role) }

    private func has(_ text: String, _ scalars: ClosedRange<Int>) -> Bool {
        scalars.contains(text.unicodeScalars.count) && !text.unicodeScalars.contains("\0")
    }
}

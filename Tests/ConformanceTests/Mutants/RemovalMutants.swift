import ChatStorageConformance
import ChatStorageCore
import Synchronization

extension Mutant {
    /// Mutants that remove too much or too little, or leave something of what is gone.
    static let removals: [Mutant] = [
        Mutant(
            "leaves the removed message as the predecessor of what followed it", caughtBy: "removal.in-a-tree",
            related: ["branches.restore", "removal.concurrent", "removal.from", "tenants.isolated"]
        ) { _ in
            let dangling = Mutex<[Message.ID: Int64]>([:])
            return { call, base, _ in
                let followers = try await call.followers(in: base)
                let reply = try await call.perform(on: base)
                dangling.withLock { $0.merge(followers) { first, _ in first } }
                return reply.mappingMessages { message in
                    let predecessor = dangling.withLock { $0[message.id] }
                    return predecessor.map { message.with(predecessor: $0) } ?? message
                }
            }
        },
        Mutant(
            "makes what followed a removed message the beginning of a path", caughtBy: "removal.in-a-tree",
            related: ["branches.restore", "removal.concurrent", "removal.from", "tenants.isolated"]
        ) { _ in
            let begins = Mutex<Set<Message.ID>>([])
            return { call, base, _ in
                let followers = try await call.followers(in: base)
                let reply = try await call.perform(on: base)
                begins.withLock { $0.formUnion(followers.keys) }
                return reply.mappingMessages { message in
                    begins.withLock { $0.contains(message.id) } ? message.with(predecessor: 0) : message
                }
            }
        },
        Mutant(
            "goes to the newest message when the head is removed", caughtBy: "removal.in-a-tree", "removal.from"
        ) { call, base, _ in
            guard case .removeMessages(let removal) = call, removal.selection != .all,
                let head = try? await base.conversation(removal.conversationID)?.head
            else { return try await call.perform(on: base) }
            let reply = try await call.perform(on: base)
            if head > 0, try await base.message(head, of: removal.conversationID) == nil,
                let newest = try await base.newest(of: removal.conversationID)
            {
                try await base.updateConversation(removal.conversationID, .head(newest))
            }
            return reply
        },
        Mutant("keeps the keys of what it removes", caughtBy: "removal.key-is-free") { _ in
            let kept = Mutex<[ConversationID: Set<String>]>([:])
            return { call, base, _ in
                switch call {
                case .removeMessages(let removal) where removal.selection != .all:
                    let id = removal.conversationID
                    let before = (try? await base.messages(MessageQuery(of: id, on: .all, limit: .max)).items) ?? []
                    let reply = try await call.perform(on: base)
                    let left = try await base.messages(MessageQuery(of: id, on: .all, limit: .max)).items
                    let keys = Set(before.compactMap(\.key)).subtracting(left.compactMap(\.key))
                    kept.withLock { $0[id, default: []].formUnion(keys) }
                    return reply
                case .append(let new):
                    let isKept = kept.withLock { kept in
                        new.messages.contains {
                            $0.key.map { kept[new.conversationID]?.contains($0) ?? false } ?? false
                        }
                    }
                    if isKept { throw ChatStorageError(.idempotencyMismatch, "it is used") }
                    return try await call.perform(on: base)
                default: return try await call.perform(on: base)
                }
            }
        },
        Mutant(
            "counts what it has removed", caughtBy: "removal.messages", "removal.concurrent",
            related: ["removal.from", "removal.in-a-tree", "tenants.isolated"]
        ) { _ in
            let removed = Mutex<[ConversationID: Int]>([:])
            return { call, base, _ in
                let reply = try await call.perform(on: base)
                if case .removeMessages(let removal) = call, removal.selection != .all, case .count(let count) = reply {
                    removed.withLock { $0[removal.conversationID, default: 0] += count }
                }
                return reply.mappingConversations { conversation in
                    let count = removed.withLock { $0[conversation.id] ?? 0 }
                    return conversation.with(messageCount: conversation.messageCount + count)
                }
            }
        },
        Mutant(
            "returns how many it was to remove", caughtBy: "removal.messages",
            related: ["removal.concurrent", "removal.from"]
        ) { call, base, _ in
            let reply = try await call.perform(on: base)
            guard case .removeMessages(let removal) = call, case .messages(let sequences) = removal.selection else {
                return reply
            }
            return .count(sequences.count)
        },
        Mutant(
            "removes all that is later when it removes from a message", caughtBy: "removal.from",
            related: ["removal.in-a-tree"]
        ) { call, base, _ in
            guard case .removeMessages(let removal) = call, case .from(let sequence) = removal.selection, sequence > 0,
                try await base.message(sequence, of: removal.conversationID) != nil
            else { return try await call.perform(on: base) }
            let all = try await base.messages(MessageQuery(of: removal.conversationID, on: .all, limit: 1_000)).items
            let later = all.map(\.sequence).filter { $0 >= sequence }
            return .count(try await base.removeMessages(later, of: removal.conversationID))
        },
        Mutant(
            "removes from a message on the current path alone", caughtBy: "removal.from", related: ["removal.in-a-tree"]
        ) { call, base, _ in
            guard case .removeMessages(let removal) = call, case .from(let sequence) = removal.selection, sequence > 0,
                try await base.message(sequence, of: removal.conversationID) != nil
            else { return try await call.perform(on: base) }
            let path = try await base.messages(of: removal.conversationID, limit: 1_000).map(\.sequence)
            let later = path.contains(sequence) ? path.filter { $0 >= sequence } : [sequence]
            return .count(try await base.removeMessages(later, of: removal.conversationID))
        },
        Mutant(
            "removes the message alone that it is to remove from", caughtBy: "removal.from",
            related: ["removal.in-a-tree"]
        ) { call, base, _ in
            guard case .removeMessages(let removal) = call, case .from(let sequence) = removal.selection, sequence >= 0
            else { return try await call.perform(on: base) }
            return .count(try await base.removeMessages([sequence], of: removal.conversationID))
        },
        Mutant(
            "removes what descends from a message too", caughtBy: "removal.messages", "removal.in-a-tree",
            related: ["branches.linear", "branches.restore", "removal.key-is-free"]
        ) {
            call, base, _ in
            guard case .removeMessages(let removal) = call, case .messages(let sequences) = removal.selection,
                sequences.count <= 1_000, sequences.allSatisfy({ $0 >= 0 })
            else { return try await call.perform(on: base) }
            var count = 0
            for sequence in sequences {
                count += try await base.removeMessages(MessageRemoval(.from(sequence), of: removal.conversationID))
            }
            return .count(count)
        },
        Mutant("updates a conversation when it removes nothing", caughtBy: "removal.from") { call, base, _ in
            let reply = try await call.perform(on: base)
            if case .removeMessages(let removal) = call, removal.selection != .all, reply == .count(0),
                let conversation = try await base.conversation(removal.conversationID)
            {
                try await base.updateTitle(of: conversation.id, to: conversation.title)
            }
            return reply
        },
        Mutant(
            "changes a conversation's version when it removes a message", caughtBy: "removal.messages",
            related: ["tenants.isolated"]
        ) { _ in
            let removals = Mutex<[ConversationID: Int64]>([:])
            return { call, base, _ in
                let reply = try await call.perform(on: base)
                if case .removeMessages(let removal) = call, removal.selection != .all, reply != .count(0) {
                    removals.withLock { $0[removal.conversationID, default: 0] += 1 }
                }
                return reply.mappingConversations { conversation in
                    guard let count = removals.withLock({ $0[conversation.id] }) else { return conversation }
                    return Conversation(
                        id: conversation.id, title: conversation.title, createdAt: conversation.createdAt,
                        updatedAt: conversation.updatedAt, lastSequence: conversation.lastSequence,
                        messageCount: conversation.messageCount, readThrough: conversation.readThrough,
                        labels: conversation.labels, metadata: conversation.metadata,
                        clearedThrough: conversation.version.clearedThrough + count, preview: conversation.preview,
                        head: conversation.head, isBranched: conversation.isBranched)
                }
            }
        },
        Mutant("creates the conversation that it was to remove from", caughtBy: "removal.from") { call, base, _ in
            let reply = try await call.perform(on: base)
            if case .removeMessages(let removal) = call, removal.selection != .all {
                try await base.getOrCreateConversation(removal.conversationID)
            }
            return reply
        },
    ]
}

extension StorageCall {
    /// The messages that stay although a removal takes the one that they follow, each with that one.
    fileprivate func followers(in base: any ChatStorage) async throws -> [Message.ID: Int64] {
        guard case .removeMessages(let removal) = self, case .messages(let sequences) = removal.selection else {
            return [:]
        }
        let query = MessageQuery(of: removal.conversationID, on: .all, limit: .max)
        var before: Int64 = 0
        var followers: [Message.ID: Int64] = [:]
        for message in (try? await base.messages(query).items) ?? [] {
            let predecessor = message.predecessor ?? before
            before = message.sequence
            if sequences.contains(predecessor), !sequences.contains(message.sequence) {
                followers[message.id] = predecessor
            }
        }
        return followers
    }
}

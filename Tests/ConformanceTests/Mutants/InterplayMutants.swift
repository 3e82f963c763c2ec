import ChatStorageConformance
import ChatStorageCore
import Synchronization

extension Mutant {
    /// Mutants that are right in every call by itself, and wrong where calls meet, wait for each other or are many.
    static let interplay: [Mutant] = [
        .forgetsTitleOfRestored,
        Mutant(
            "answers pages from a cache that a clear does not empty", caughtBy: "model.random-calls",
            related: [
                "answers.revise", "branches.head", "removal.from", "removal.in-a-tree",
                "metadata.*", "cascade.clear.*", "closing.reads-under-way",
            ]
        ) { _ in
            let cache = Mutex<[ConversationID: [[UInt8]: StorageReply]]>([:])
            return { call, base, tenant in
                guard let id = call.conversationID else { return try await call.perform(on: base) }
                let key = Array("\(tenant ?? "") \(summary(of: call))".utf8)
                switch call {
                case .messages(let query) where query.position == .end && query.limit > 0:
                    if let cached = cache.withLock({ $0[id]?[key] }) { return cached }
                    let reply = try await call.perform(on: base)
                    cache.withLock { $0[id, default: [:]][key] = reply }
                    return reply
                case .append, .deleteConversation, .restoreConversation:
                    let reply = try await call.perform(on: base)
                    cache.withLock { $0[id] = nil }
                    return reply
                default:
                    return try await call.perform(on: base)
                }
            }
        },
        Mutant(
            "shows some readers the messages from before an append", caughtBy: "linearisability.reads",
            related: ["keys.*", "conditions.*", "pages.messages.walk-while-appending", "schema.prepare.during-calls"]
        ) { _ in
            struct Append {
                let before: [Message]
                var reads = 0
            }
            let underWay = Mutex<[ConversationID: Append]>([:])
            return { call, base, _ in
                switch call {
                case .append(let new):
                    let id = new.conversationID
                    let before = try await base.messages(of: id, limit: .max)
                    underWay.withLock { $0[id] = Append(before: before) }
                    defer { underWay.withLock { $0[id] = nil } }
                    let reply = try await call.perform(on: base)
                    for _ in 0..<20 { await Task.yield() }
                    return reply
                case .messages(let query) where query.position == .end && query.limit > 0:
                    let id = query.conversationID
                    let stale = underWay.withLock { underWay -> [Message]? in
                        underWay[id]?.reads += 1
                        return underWay[id].flatMap { $0.reads % 2 == 0 ? $0.before : nil }
                    }
                    if let stale { return .messages(MessagePage(stale.suffix(query.limit), for: query)) }
                    return try await call.perform(on: base)
                default:
                    return try await call.perform(on: base)
                }
            }
        },
        Mutant(
            "takes a title back that came during an append", caughtBy: "linearisability.reads"
        ) { call, base, _ in
            guard let id = call.appended?.id, let old = try await base.conversation(id) else {
                return try await call.perform(on: base)
            }
            await Task.yield()
            let reply = try await call.perform(on: base)
            if let new = try await base.conversation(id), new.createdAt == old.createdAt, new.title != old.title {
                try await base.updateTitle(of: id, to: old.title)
            }
            return reply
        },
        Mutant(
            "skips a clear that meets an append", caughtBy: "concurrency.clear-removes-what-came-before",
            "linearisability.conversation"
        ) { _ in
            let underWay = Mutex(0)
            return { call, base, _ in
                switch call {
                case .append:
                    underWay.withLock { $0 += 1 }
                    defer { underWay.withLock { $0 -= 1 } }
                    await Task.yield()
                    return try await call.perform(on: base)
                case .removeMessages where underWay.withLock { $0 > 0 }:
                    return .count(0)
                default:
                    return try await call.perform(on: base)
                }
            }
        },
        Mutant("makes a writer wait until nobody reads", caughtBy: "concurrency.readers-starve-nobody") { _ in
            let readers = Mutex(0)
            return { call, base, _ in
                switch call {
                case .messages:
                    readers.withLock { $0 += 1 }
                    defer { readers.withLock { $0 -= 1 } }
                    await Task.yield()
                    return try await call.perform(on: base)
                case .append:
                    let end = ContinuousClock.now + .seconds(20)
                    while readers.withLock({ $0 > 0 }), ContinuousClock.now < end { await Task.yield() }
                    return try await call.perform(on: base)
                default:
                    return try await call.perform(on: base)
                }
            }
        },
        Mutant(
            "leaves a call's work half done when it is cancelled", caughtBy: "cancellation.random-moments"
        ) {
            call, base, _ in
            guard let (messages, id, _) = call.appended, let last = messages.last else {
                return try await call.perform(on: base)
            }
            // On a busy machine the cancellation comes late.
            for _ in 0..<20 where !Task.isCancelled { await Task.yield() }
            if Task.isCancelled, let old = try? await Task(operation: { try await base.conversation(id) }).value {
                try await Task {
                    let stored = try await base.messages(of: id, limit: .max).map {
                        ConversationSnapshot.Message($0)
                    }
                    let lost = ConversationSnapshot.Message(
                        sequence: old.lastSequence + 2, role: last.role, content: last.content,
                        createdAt: old.updatedAt)
                    try await base.deleteConversation(id)
                    try await base.restoreConversation(
                        ConversationSnapshot(
                            id: id, title: old.title, createdAt: old.createdAt, updatedAt: old.updatedAt,
                            messages: stored + [lost]))
                }.value
            }
            return try await call.perform(on: base)
        },
        Mutant("counts pages of messages in 16 bits", caughtBy: "scale.messages") { call, base, _ in
            if let (id, position, limit) = call.read, let sequence = position.lowerBound, sequence == 0x10000 - 1,
                limit > 1
            {
                return try await StorageCall.messages(of: id, .after(0), limit: limit).perform(on: base)
            }
            if case .removeMessages = call, case .count(let count) = try await call.perform(on: base) {
                return .count(count & 0xffff)
            }
            return try await call.perform(on: base)
        },
        Mutant("lists no more than 65,535 conversations", caughtBy: "scale.conversations") { _ in
            let listed = Mutex(0)
            return { call, base, _ in
                guard let (cursor, _) = call.listed,
                    case .conversations(let page) = try await call.perform(on: base)
                else { return try await call.perform(on: base) }
                let count = listed.withLock { listed in
                    listed = (cursor == nil ? 0 : listed) + page.items.count
                    return listed
                }
                return .conversations(ConversationPage(items: page.items, next: count > 0xffff ? nil : page.next))
            }
        },
        Mutant("reads all conversations for each page", caughtBy: "scale.conversations") { call, base, _ in
            if case .conversations = call { _ = try await base.conversations(after: nil, limit: .max) }
            return try await call.perform(on: base)
        },
    ]

    /// A fault that shows only after three calls of three kinds.
    static let forgetsTitleOfRestored = Mutant(
        "forgets the title of what it restores under a deleted id", caughtBy: "model.random-calls"
    ) { _ in
        let deleted = Mutex<Set<ConversationID>>([])
        return { call, base, _ in
            switch call {
            case .deleteConversation(let deletion):
                let existed = try await base.deleteConversation(deletion)
                if existed { deleted.withLock { _ = $0.insert(deletion.id) } }
                return .existed(existed)
            case .restoreConversation(var snapshot) where deleted.withLock { $0.contains(snapshot.id) }:
                snapshot.title = nil
                return try await StorageCall.restoreConversation(snapshot).perform(on: base)
            default:
                return try await call.perform(on: base)
            }
        }
    }
}

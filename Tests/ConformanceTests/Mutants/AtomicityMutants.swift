import ChatStorageConformance
import ChatStorageCore
import ChatStorageInMemory
import Synchronization

extension Mutant {
    /// Mutants that do things by halves, lose them, or do not know what state they are in.
    static let atomicity: [Mutant] = [
        Mutant(
            "leaves half a batch", caughtBy: "atomicity.append.whole-or-nothing",
            "concurrency.readers-see-whole-batches", "order.sequence.concurrent-batches",
            related: [
                "removal.key-is-free", "parts.limits", "lists.read-marks", "keys.*", "conditions.*",
                "text.content.nul-refused", "roles.other.refused", "order.sequence.failed-append-takes-none",
                "order.time.new-conversation", "order.time.message-is-update", "errors.precedence.arguments",
            ]
        ) { call, base, _ in
            guard let (messages, id, condition) = call.appended, messages.count > 1 else {
                return try await call.perform(on: base)
            }
            var stored: [Message] = []
            for message in messages {
                stored.append(try await base.append(message, to: id, if: condition))
                await Task.yield()
            }
            return try await .appended(stored, to: id, in: base)
        },
        Mutant(
            "commits large appends in pieces of 100", caughtBy: "concurrency.readers-see-whole-large-batches",
            related: ["order.time.*"]
        ) { call, base, _ in
            guard let (messages, id, condition) = call.appended, messages.count > 100 else {
                return try await call.perform(on: base)
            }
            try Validation.check(NewMessages(messages, to: id), roles: .standard)
            var stored: [Message] = []
            for start in stride(from: 0, to: messages.count, by: 100) {
                stored += try await base.append(Array(messages[start...].prefix(100)), to: id, if: condition)
                await Task.yield()
            }
            return try await .appended(stored, to: id, in: base)
        },
        Mutant(
            "commits what it has of a large append when it is cancelled", caughtBy: "cancellation.large-writes"
        ) { call, base, _ in
            guard let (messages, id, condition) = call.appended, messages.count > 100 else {
                return try await call.perform(on: base)
            }
            try Task.checkCancellation()
            for _ in 0..<20 { await Task.yield() }
            guard Task.isCancelled, (try? Validation.check(NewMessages(messages, to: id), roles: .standard)) != nil
            else {
                return try await call.perform(on: base)
            }
            _ = try await Task { try await base.append(Array(messages.prefix(100)), to: id, if: condition) }.value
            throw CancellationError()
        },
        Mutant(
            "restores the conversation first and its messages then",
            caughtBy: "concurrency.readers-see-whole-restores",
            related: ["branches.restore", "roles.with-tools", "atomicity.create.race"]
        ) { call, base, _ in
            guard case .restoreConversation(let snapshot) = call, !snapshot.messages.isEmpty else {
                return try await call.perform(on: base)
            }
            try Validation.check(snapshot, roles: .standard)
            var empty = snapshot
            empty.messages = []
            try await base.restoreConversation(empty)
            for _ in 0..<20 { await Task.yield() }
            try await base.deleteConversation(snapshot.id)
            return try await call.perform(on: base)
        },
        Mutant(
            "deletes the messages first and the conversation then", caughtBy: "concurrency.readers-see-whole-deletes",
            related: ["labels.limits", "administration.*"]
        ) { call, base, _ in
            if case .deleteConversation(let deletion) = call,
                let conversation = try await base.conversation(deletion.id),
                deletion.applies(to: conversation)
            {
                let id = deletion.id
                try await base.clearMessages(of: id)
                for _ in 0..<20 { await Task.yield() }
            }
            return try await call.perform(on: base)
        },
        Mutant(
            "shows deleted messages in the pages before and after a sequence", caughtBy: "cascade.delete.removes-all",
            related: ["cascade.*", "pages.messages.*"]
        ) { _ in
            let deleted = Mutex<[ConversationID: [Message]]>([:])
            return { call, base, _ in
                if case .deleteConversation(let deletion) = call {
                    let id = deletion.id
                    let messages = try await base.messages(of: id, limit: .max)
                    deleted.withLock { $0[id] = messages }
                }
                let reply = try await call.perform(on: base)
                guard case .messages(let query) = call, query.limit > 0, query.position != .end,
                    case .messages(let page) = reply, page.items.isEmpty,
                    try await base.conversation(query.conversationID) == nil,
                    let kept = deleted.withLock({ $0[query.conversationID] })
                else { return reply }
                let found =
                    if let sequence = query.position.lowerBound {
                        Array(kept.filter { $0.sequence > sequence }.prefix(query.limit))
                    } else {
                        Array(kept.filter { $0.sequence < query.position.upperBound ?? .max }.suffix(query.limit))
                    }
                return .messages(MessagePage(found, for: query))
            }
        },
        Mutant(
            "loses one of two concurrent appends", caughtBy: "order.sequence.concurrent-writers",
            related: [
                "branches.concurrent", "removal.concurrent", "keys.*", "conditions.*", "order.sequence.concurrent-*",
                "atomicity.append.*", "tenants.concurrent", "schema.prepare.concurrent", "schema.prepare.during-calls",
                "closing.calls-under-way", "pages.*",
            ]
        ) { _ in
            let underWay = Mutex(0)
            return { call, base, _ in
                guard case .append = call else { return try await call.perform(on: base) }
                let isAlone = underWay.withLock { count in
                    count += 1
                    return count == 1
                }
                defer { underWay.withLock { $0 -= 1 } }
                await Task.yield()
                guard !isAlone, let (messages, id, _) = call.appended,
                    let last = try await base.messages(of: id, limit: 1).last
                else { return try await call.perform(on: base) }
                let lost = messages.enumerated().map { index, message in
                    Message(
                        conversationID: id, sequence: last.sequence + Int64(index) + 1, role: message.role,
                        content: message.content, createdAt: last.createdAt)
                }
                return try await .appended(lost, to: id, in: base)
            }
        },
        Mutant(
            "looks first and creates then", caughtBy: "atomicity.get-or-create.race",
            related: ["text.title.*", "tenants.concurrent"]
        ) { call, base, _ in
            guard case .createConversation(let new) = call, new.ifExists == .keep else {
                return try await call.perform(on: base)
            }
            if let existing = try await base.conversation(new.id) { return .conversation(existing) }
            await Task.yield()
            return .conversation(try await base.createConversation(new.id, title: new.title))
        },
        Mutant(
            "counts first and clears then", caughtBy: "concurrency.clear-against-append",
            related: ["branches.clear", "removal.*"]
        ) { call, base, _ in
            guard case .removeMessages(let removal) = call else { return try await call.perform(on: base) }
            let count = try await base.messages(of: removal.conversationID, limit: .max).count
            for _ in 0..<20 { await Task.yield() }
            _ = try await base.removeMessages(removal)
            return .count(count)
        },
        Mutant(
            "retitles what it gets or creates", caughtBy: "atomicity.get-or-create.existing",
            related: ["order.updated.unmoved-by-others", "atomicity.get-or-create.race"]
        ) { call, base, _ in
            if case .createConversation(let new) = call, new.ifExists == .keep,
                try await base.conversation(new.id) != nil
            {
                return try await StorageCall.updateTitle(of: new.id, to: new.title).perform(on: base)
            }
            return try await call.perform(on: base)
        },
        Mutant(
            "creates what must exist", caughtBy: "atomicity.append.must-exist",
            "concurrency.delete-against-conditional-append",
            related: [
                "branches.head", "restore.cleared", "labels.limits", "lists.read-marks", "append.first-values",
                "keys.*", "conditions.*", "atomicity.append.whole-or-nothing", "tenants.isolated",
                "errors.precedence.arguments", "values.codable.given",
            ]
        ) { call, base, _ in
            guard let (messages, id, _) = call.appended else { return try await call.perform(on: base) }
            return try await StorageCall.append(messages, to: id, if: .createIfMissing).perform(on: base)
        },
        Mutant("makes a conversation of nothing", caughtBy: "atomicity.append.nothing") { call, base, _ in
            if let (messages, id, condition) = call.appended, condition == .createIfMissing, messages.isEmpty {
                try await base.getOrCreateConversation(id)
            }
            return try await call.perform(on: base)
        },
        Mutant(
            "restores over what exists", caughtBy: "atomicity.create.existing",
            related: [
                "order.sequence.failed-append-takes-none", "order.updated.unmoved-by-others", "atomicity.create.race",
                "errors.precedence.arguments",
            ]
        ) { call, base, _ in
            if case .restoreConversation(let snapshot) = call { try await base.deleteConversation(snapshot.id) }
            return try await call.perform(on: base)
        },
        Mutant(
            "keeps the messages of deleted conversations", caughtBy: "cascade.recreated.is-new", related: ["cascade.*"]
        ) { _ in
            let kept = Mutex<[ConversationID: [ChatMessage]]>([:])
            return { call, base, _ in
                if case .deleteConversation(let deletion) = call {
                    let id = deletion.id
                    let messages = try await base.history(of: id, limit: .max)
                    kept.withLock { $0[id] = messages }
                }
                let reply = try await call.perform(on: base)
                if case .createConversation(let new) = call, new.ifExists == .fail,
                    let old = kept.withLock({ $0[new.id] })
                {
                    try await base.append(old, to: new.id)
                }
                return reply
            }
        },
        Mutant("does not notice cancellation", caughtBy: "cancellation.before-the-call") {
            call, base, _ in
            try await Task { try await call.perform(on: base) }.value
        },
        Mutant(
            "works without being prepared", caughtBy: "errors.not-prepared",
            related: ["schema.prepare.concurrent", "errors.precedence.not-prepared"]
        ) { backend in
            { call, base, _ in
                do {
                    return try await call.perform(on: base)
                } catch let error as ChatStorageError where error.code == .notPrepared {
                    try await backend.prepare()
                    return try await call.perform(on: base)
                }
            }
        },
        Mutant(
            "works on after it was closed", caughtBy: "closing.refuses-every-call",
            related: [
                "errors.precedence.closed", "closing.twice", "closing.reads-under-way", "absence.multi-process",
                "snapshots.read-only", "snapshots.closing",
            ]
        ) { call, base, _ in
            try await call.perform(on: base)
        }.preparing(closing: { _ in }),
        Mutant(
            "throws its own errors", caughtBy: "errors.precedence.arguments", "limits.negative",
            related: [
                "answers.*", "branches.*", "removal.*", "parts.*", "metadata.*", "roles.*", "labels.*", "lists.*",
                "lists.read-marks", "append.first-values", "messages.lookup", "administration.*", "restore.cleared",
                "snapshots.*", "keys.*", "conditions.*", "closing.reads-under-way", "schema.prepare.concurrent",
                "text.id.length-refused", "text.id.nul-refused", "text.title.length-refused",
                "text.title.counts-scalars", "text.title.nul-refused", "text.tenant.length", "text.content.nul-refused",
                "roles.other.refused", "order.sequence.failed-append-takes-none", "order.updated.unmoved-by-others",
                "atomicity.append.whole-or-nothing", "atomicity.append.nothing", "atomicity.append.must-exist",
                "atomicity.create.existing", "atomicity.create.race", "restore.invalid", "limits.checked-for-nothing",
                "pages.conversations.damaged-cursor", "pages.conversations.foreign-cursor", "tenants.isolated",
                "errors.not-prepared", "tenants.no-name", "values.codable.given", "errors.precedence.parameters",
                "errors.precedence.not-prepared", "errors.precedence.closed", "closing.refuses-every-call",
                "closing.twice", "closing.calls-under-way", "errors.precedence.limit-before-cursor",
                "absence.multi-process",
            ]
        ) { call, base, _ in
            struct OwnError: Error {}
            do {
                return try await call.perform(on: base)
            } catch is ChatStorageError {
                throw OwnError()
            }
        },
    ]

    static let throwsInClose = Mutant("throws when it is closed") { call, base, _ in
        try await call.perform(on: base)
    }.preparing(closing: { _ in throw ChatStorageError(.unavailable, "it does not close") })

    /// A backend that would pass every check that only expects errors.
    static let throwsAlways = Mutant("throws on every call") { _, _, _ in
        throw ChatStorageError(.unavailable, "it never works")
    }.preparing(
        { _ in throw ChatStorageError(.unavailable, "it never works") },
        closing: { _ in throw ChatStorageError(.unavailable, "it never works") })
}

import ChatStorageConformance
import ChatStorageCore
import ChatStorageInMemory
import Foundation
import Synchronization

extension Mutant {
    /// Mutants that get parts, metadata, labels, marks or roles wrong.
    static let model: [Mutant] = [
        Mutant(
            "writes JSON texts anew", caughtBy: "parts.exact-texts",
            related: ["parts.*", "metadata.message.change", "lists.*"]
        ) { call, base, _ in
            try await call.mappingMessages { message in
                message.mappingParts { part in
                    if let input = part.input, let value = try? JSONValue(parsing: input) { part.input = value.text }
                }
            }.perform(on: base)
        },
        Mutant(
            "drops parts of kinds that it does not know", caughtBy: "parts.come-back",
            related: ["parts.*", "metadata.*"]
        ) { call, base, _ in
            try await call.mappingMessages { message in
                guard message.parts.contains(where: { $0.kind == "x_unknown" }) else { return message }
                var message = message
                message.parts.removeAll { $0.kind == "x_unknown" }
                return message
            }.perform(on: base)
        },
        Mutant(
            "forgets the provider's JSON of parts", caughtBy: "parts.come-back", "parts.exact-texts",
            related: ["parts.*", "metadata.message.change"]
        ) { call, base, _ in
            try await call.mappingMessages { $0.mappingParts { $0.native = nil } }.perform(on: base)
        },
        Mutant("takes no parts for one empty text", caughtBy: "parts.content", related: ["parts.*", "metadata.*"]) {
            call, base, _ in
            try await call.mappingMessages { message in
                guard message.parts.isEmpty else { return message }
                var message = message
                message.parts = [.text("")]
                return message
            }.perform(on: base)
        },
        Mutant(
            "takes a message with other metadata for another", caughtBy: "parts.repeated-append",
            related: ["errors.precedence.arguments"]
        ) { call, base, _ in
            guard case .append(let new) = call, !new.messages.isEmpty, new.messages.allSatisfy({ $0.key != nil }) else {
                return try await call.perform(on: base)
            }
            let reply = try await call.perform(on: base)
            if case .appended(let result) = reply,
                zip(result.messages, new.messages).contains(where: { $0.metadata != $1.metadata })
            {
                throw ChatStorageError(.idempotencyMismatch, "another message has the key")
            }
            return reply
        },
        Mutant(
            "takes messages of the same text for the same", caughtBy: "parts.repeated-append",
            related: ["answers.repeated-append", "keys.*"]
        ) { call, base, _ in
            do {
                return try await call.perform(on: base)
            } catch let error as ChatStorageError where error.code == .idempotencyMismatch {
                guard let (messages, id, _) = call.appended else { throw error }
                let stored = try await base.messages(of: id, limit: .max)
                let found = messages.compactMap { message in
                    stored.first { $0.key == message.key && $0.role == message.role && $0.content == message.content }
                }
                guard found.count == messages.count, !found.isEmpty else { throw error }
                return try await .appended(found, to: id, in: base)
            }
        },
        Mutant(
            "puts metadata in the place of what is there", caughtBy: "metadata.conversation.change",
            related: ["metadata.*"]
        ) { call, base, _ in
            guard case .updateConversation(let id, let change) = call, !change.metadata.set.isEmpty else {
                return try await call.perform(on: base)
            }
            let replacing = change.metadata(.replacing(with: change.metadata.set))
            return try await StorageCall.updateConversation(id, replacing).perform(on: base)
        },
        Mutant(
            "moves a conversation whose message is rated", caughtBy: "metadata.message.change",
            related: ["answers.revise", "metadata.*", "conditions.*"]
        ) { call, base, _ in
            let reply = try await call.perform(on: base)
            if case .reviseMessage(let revision) = call,
                let conversation = try await base.conversation(revision.conversationID)
            {
                try await base.updateTitle(of: conversation.id, to: conversation.title)
            }
            return reply
        },
        Mutant(
            "moves a conversation that is labelled", caughtBy: "labels.change",
            related: ["branches.head", "metadata.conversation.change", "lists.read-marks", "titles.if-none", "lists.*"]
        ) { call, base, _ in
            guard case .updateConversation(let id, let change) = call, !change.isEmpty, change.newTitle == nil,
                change.titleIfNone == nil, let old = try? await base.conversation(id)
            else { return try await call.perform(on: base) }
            return try await StorageCall.updateConversation(id, change.title(old.title)).perform(on: base)
        },
        Mutant(
            "compares labels canonically", caughtBy: "labels.change",
            related: ["labels.*", "lists.*", "parts.restored", "administration.*"]
        ) { call, base, _ in
            guard case .updateConversation(let id, let change) = call else { return try await call.perform(on: base) }
            var composed = change
            for label in change.addedLabels {
                composed = composed.removing(label: label)
                    .adding(label: Label(label.rawValue.precomposedStringWithCanonicalMapping))
            }
            return try await StorageCall.updateConversation(id, composed).perform(on: base)
        },
        Mutant("takes any number of labels", caughtBy: "labels.limits") { call, base, _ in
            do {
                return try await call.perform(on: base)
            } catch let error as ChatStorageError where error.code == .tooManyLabels {
                return .conversation(nil)
            }
        },
        Mutant(
            "picks labelled conversations from a page that it read", caughtBy: "lists.labels",
            related: ["labels.*", "lists.*", "administration.*", "append.first-values"]
        ) { call, base, _ in
            guard case .conversations(let query) = call, !query.with.isEmpty || !query.without.isEmpty else {
                return try await call.perform(on: base)
            }
            // What is wrong with the labels comes first.
            _ = try await base.conversations(query)
            let page = try await base.conversations(
                ConversationQuery(after: query.cursor, limit: query.limit, preview: query.preview))
            let items = page.items.filter {
                query.with.isSubset(of: $0.labels) && query.without.isDisjoint(with: $0.labels)
            }
            return .conversations(ConversationPage(items: items, next: items.isEmpty ? nil : page.next))
        },
        Mutant("looks for labels through the whole list", caughtBy: "lists.labels.passed-over") { call, base, _ in
            guard case .conversations(var query) = call, query.limit > 0 else {
                return try await call.perform(on: base)
            }
            while true {
                let page = try await base.conversations(query)
                guard page.items.isEmpty, let next = page.next else { return .conversations(page) }
                query.cursor = next
            }
        },
        Mutant(
            "takes the last sequence for the number of messages", caughtBy: "lists.count",
            related: [
                "branches.restore", "removal.*",
                "restore.*", "keys.restored", "order.*", "atomicity.*", "cascade.*", "parts.restored",
                "lists.read-marks",
                "administration.*", "durability.*",
            ]
        ) { call, base, _ in
            func counted(_ conversation: Conversation) -> Conversation {
                conversation.with(messageCount: Int(clamping: conversation.lastSequence))
            }
            switch try await call.perform(on: base) {
            case .conversation(let conversation?): return .conversation(counted(conversation))
            case .conversations(let page):
                return .conversations(ConversationPage(items: page.items.map(counted), next: page.next))
            case let reply: return reply
            }
        },
        Mutant("shows the last message whatever it says", caughtBy: "lists.preview") { call, base, _ in
            guard case .conversations(let query) = call, let scalars = query.preview,
                case .conversations(let page) = try await call.perform(on: base)
            else { return try await call.perform(on: base) }
            var items: [Conversation] = []
            for var conversation in page.items {
                let last = try await base.messages(of: conversation.id, limit: 1).last
                conversation.preview = last.map { MessagePreview($0, scalars: scalars) }
                items.append(conversation)
            }
            return .conversations(ConversationPage(items: items, next: page.next))
        },
        Mutant("takes read marks back", caughtBy: "lists.read-marks", related: ["conditions.*"]) { call, base, _ in
            guard case .updateConversation(let id, let change) = call, let sequence = change.readThrough, sequence >= 0,
                sequence < .max
            else { return try await call.perform(on: base) }
            try await base.updateConversation(id, .unread(from: 0))
            return try await call.perform(on: base)
        },
        Mutant("marks no append as read", caughtBy: "lists.read-marks", related: ["append.first-values"]) {
            call, base, _ in
            guard case .append(var new) = call else { return try await call.perform(on: base) }
            new.marksRead = false
            return try await StorageCall.append(new).perform(on: base)
        },
        Mutant(
            "gives first values to a conversation that exists", caughtBy: "append.first-values"
        ) { call, base, _ in
            let reply = try await call.perform(on: base)
            if case .append(let new) = call, let first = new.condition.firstValues, !new.messages.isEmpty {
                var change = ConversationChange().keepingPlace().title(first.title)
                for label in first.labels { change = change.adding(label: label) }
                try await base.updateConversation(new.conversationID, change)
            }
            return reply
        },
        Mutant(
            "returns looked up messages as often as they are asked for", caughtBy: "messages.lookup",
            related: ["branches.read.paths"]
        ) {
            call, base, _ in
            guard case .messages(let query) = call, case .sequences(let sequences) = query.lookup,
                case .messages(let page) = try await call.perform(on: base)
            else { return try await call.perform(on: base) }
            let items = sequences.compactMap { sequence in page.items.first { $0.sequence == sequence } }
            return .messages(MessagePage(items: items, hasMore: false))
        },
        Mutant(
            "keeps the version when it clears", caughtBy: "conditions.unchanged.cleared",
            related: ["restore.cleared"]
        ) { call, base, _ in
            guard case .append(let new) = call, var version = new.condition.expectedVersion,
                let conversation = try? await base.conversation(new.conversationID)
            else { return try await call.perform(on: base) }
            version.clearedThrough = conversation.version.clearedThrough
            return try await StorageCall.append(
                NewMessages(new.messages, to: new.conversationID, if: .unchanged(version), marksRead: new.marksRead)
            ).perform(on: base)
        },
        Mutant(
            "deletes whatever the conditions", caughtBy: "administration.conditional-deletion",
            related: ["administration.*", "labels.limits"]
        ) { call, base, _ in
            guard case .deleteConversation(let deletion) = call, deletion.without.allSatisfy({ !$0.rawValue.isEmpty })
            else {
                return try await call.perform(on: base)
            }
            return try await StorageCall.deleteConversation(deletion.id).perform(on: base)
        },
        Mutant(
            "restores without labels and marks", caughtBy: "parts.restored",
            related: ["lists.labels*", "labels.*", "administration.*"]
        ) { call, base, _ in
            guard case .restoreConversation(var snapshot) = call else { return try await call.perform(on: base) }
            snapshot.labels = []
            snapshot.readThrough = 0
            return try await StorageCall.restoreConversation(snapshot).perform(on: base)
        },
        Mutant(
            "takes the roles of tools in a plain store", caughtBy: "roles.says-what-to-write",
            related: ["roles.*", "errors.*"], harness: RoleHarness(roles: .withTools, others: .withTools)),
        Mutant(
            "takes no roles but those of plain chats", caughtBy: "roles.with-tools",
            harness: RoleHarness(roles: .standard, others: .standard)),
    ]
}

/// Stores in memory whose handles have other roles than they are asked for.
private struct RoleHarness: ConformanceHarness {
    let roles: RoleSet
    let others: RoleSet
    var name: String { "memory with the wrong roles" }

    func makeStore() -> any ConformanceStore { Store(backend: InMemoryBackend(roles: roles), others: others) }

    private struct Store: ConformanceStore {
        let backend: InMemoryBackend
        let others: RoleSet

        func handles(_ count: Int) -> [any ChatStorageBackend] { Array(repeating: backend, count: count) }

        func handle(taking roles: RoleSet) -> any ChatStorageBackend { InMemoryBackend(roles: others) }

        func reopen() -> any ChatStorageBackend { InMemoryBackend() }

        func remove() {}
    }
}

extension ChatMessage {
    /// The message with what the function makes of each of its parts.
    fileprivate func mappingParts(_ change: (inout MessagePart) -> Void) -> ChatMessage {
        var changed = parts
        for index in changed.indices { change(&changed[index]) }
        guard changed != parts else { return self }
        var message = self
        message.parts = changed
        return message
    }
}

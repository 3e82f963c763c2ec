import ChatStorageConformance
import ChatStorageCore
import ChatStorageInMemory
import Synchronization
import TestSupport

extension Mutant {
    /// Mutants that get answers under way wrong.
    static let answers: [Mutant] = [
        Mutant("appends answers under way as whole ones", caughtBy: "answers.append", related: ["answers.*"]) {
            call, base, _ in
            try await call.mappingAppend { $0.isStreaming = false }.perform(on: base)
        },
        Mutant("takes every message of an append for under way", caughtBy: "answers.append") { call, base, _ in
            let reply = try await call.perform(on: base)
            guard case .append(let new) = call, new.isStreaming else { return reply }
            return reply.mappingMessages { $0.writing == .none ? $0.with(writing: .begun) : $0 }
        },
        Mutant(
            "begins with an answer that says nothing yet", caughtBy: "answers.append",
            related: ["answers.end", "answers.read"]
        ) { call, base, _ in
            try await call.mappingAppend { new in
                if new.isStreaming, let last = new.messages.indices.last { new.messages[last].parts = [] }
            }.perform(on: base)
        },
        Mutant("writes into the conversation that took a deleted one's name", caughtBy: "answers.gone") {
            call, base, _ in
            guard case .reviseMessage(let revision) = call, let from = revision.base,
                let stored = try? await base.message(revision.sequence, of: revision.conversationID),
                stored.createdAt != from.createdAt
            else { return try await call.perform(on: base) }
            return .message(stored)
        },
        Mutant(
            "writes an answer whatever its revision", caughtBy: "answers.revise.repeated",
            related: ["answers.unfinished"]
        ) { call, base, _ in
            guard case .reviseMessage(let revision) = call, let from = revision.base,
                let stored = try? await base.message(revision.sequence, of: revision.conversationID),
                stored.createdAt == from.createdAt, stored.state == .streaming, stored.revision != from.revision
            else { return try await call.perform(on: base) }
            return .message(try await base.reviseMessage(revision.from(stored)))
        },
        Mutant(
            "lets everybody end an answer who saw it under way", caughtBy: "answers.end.concurrent"
        ) { call, base, _ in
            do {
                return try await call.perform(on: base)
            } catch let error as ChatStorageError where error.code == .conflict {
                guard case .reviseMessage(let revision) = call, revision.state != nil, let from = revision.base,
                    let stored = try await base.message(revision.sequence, of: revision.conversationID),
                    stored.state != .streaming, stored.revision == from.revision &+ 1
                else { throw error }
                return .message(stored)
            }
        },
        Mutant("lets an answer end again", caughtBy: "answers.end", related: ["answers.revise.repeated"]) {
            call, base, _ in
            do {
                return try await call.perform(on: base)
            } catch let error as ChatStorageError where error.code == .conflict {
                guard case .reviseMessage(let revision) = call, let from = revision.base,
                    let stored = try await base.message(revision.sequence, of: revision.conversationID),
                    stored.state != .streaming, stored.revision == from.revision
                else { throw error }
                return .message(stored)
            }
        },
        Mutant("takes a repeated revision for another's", caughtBy: "answers.revise.repeated", related: ["answers.end"])
        { call, base, _ in
            guard case .reviseMessage(let revision) = call, let from = revision.base,
                let stored = try? await base.message(revision.sequence, of: revision.conversationID),
                stored.createdAt == from.createdAt, stored.revision == from.revision &+ 1
            else { return try await call.perform(on: base) }
            throw ChatStorageError(.conflict, "it was written since")
        },
        Mutant("writes a repeated revision once more", caughtBy: "answers.revise.repeated") { call, base, _ in
            guard case .reviseMessage(let revision) = call, let from = revision.base,
                let stored = try? await base.message(revision.sequence, of: revision.conversationID),
                stored.state == .streaming, stored.revision == from.revision &+ 1,
                let made = try? await base.reviseMessage(revision), made == stored
            else { return try await call.perform(on: base) }
            return .message(try await base.reviseMessage(revision.from(stored)))
        },
        Mutant(
            "takes any revision of the next number for a repeated one", caughtBy: "answers.revise.repeated",
            related: ["answers.end.concurrent", "answers.unfinished"]
        ) {
            call, base, _ in
            do {
                return try await call.perform(on: base)
            } catch let error as ChatStorageError where error.code == .conflict {
                guard case .reviseMessage(let revision) = call, let from = revision.base,
                    let stored = try await base.message(revision.sequence, of: revision.conversationID),
                    stored.revision == from.revision &+ 1
                else { throw error }
                return .message(stored)
            }
        },
        Mutant(
            "forgets what an answer said when only its state is sent", caughtBy: "answers.end",
            related: ["answers.read", "answers.revise"]
        ) { call, base, _ in
            guard case .reviseMessage(let revision) = call, revision.base != nil, revision.body == nil,
                let stored = try? await base.message(revision.sequence, of: revision.conversationID),
                stored.revision == revision.base?.revision
            else { return try await call.perform(on: base) }
            return .message(try await base.reviseMessage(revision.from(stored, body: .assistant(""))))
        },
        Mutant("loses an answer's metadata when it is written", caughtBy: "answers.end") { call, base, _ in
            guard case .reviseMessage(let revision) = call, revision.base != nil, revision.body != nil,
                let stored = try? await base.message(revision.sequence, of: revision.conversationID),
                stored.revision == revision.base?.revision, stored.state == .streaming
            else { return try await call.perform(on: base) }
            let set = MetadataChange.replacing(with: revision.metadata.set)
            return .message(try await base.reviseMessage(revision.from(stored, metadata: set)))
        },
        Mutant("takes the metadata of what an answer says", caughtBy: "answers.revise") { call, base, _ in
            guard case .reviseMessage(let revision) = call, let body = revision.body, !body.metadata.isEmpty,
                let stored = try? await base.message(revision.sequence, of: revision.conversationID),
                stored.revision == revision.base?.revision, stored.state == .streaming
            else { return try await call.perform(on: base) }
            let set = MetadataChange.replacing(with: body.metadata)
            return .message(try await base.reviseMessage(revision.from(stored, metadata: set)))
        },
        Mutant("loses the provider's JSON of what an answer says", caughtBy: "answers.revise") { call, base, _ in
            guard case .reviseMessage(let revision) = call, var body = revision.body, body.native != nil,
                let stored = try? await base.message(revision.sequence, of: revision.conversationID),
                stored.revision == revision.base?.revision, stored.state == .streaming
            else { return try await call.perform(on: base) }
            body.native = nil
            return .message(try await base.reviseMessage(revision.from(stored, body: body)))
        },
        Mutant("moves a conversation whose answer is written", caughtBy: "answers.revise") { call, base, _ in
            let reply = try await call.perform(on: base)
            if case .reviseMessage(let revision) = call, revision.base != nil,
                let conversation = try await base.conversation(revision.conversationID)
            {
                try await base.updateTitle(of: conversation.id, to: conversation.title)
            }
            return reply
        },
        Mutant("has a rating stop a writer", caughtBy: "answers.end") { call, base, _ in
            let reply = try await call.perform(on: base)
            guard case .reviseMessage(let revision) = call, revision.base == nil, case .message(let message) = reply,
                message.state == .streaming
            else { return reply }
            return .message(try await base.reviseMessage(MessageRevision(of: message)))
        },
        Mutant("writes over messages that were appended whole", caughtBy: "answers.end") { call, base, _ in
            guard case .reviseMessage(let revision) = call, let from = revision.base, from.revision == 0,
                (try? Validation.check(revision)) != nil,
                let stored = try await base.message(revision.sequence, of: revision.conversationID)
            else { return try await call.perform(on: base) }
            return .message(stored)
        },
        Mutant("gives a model what is under way", caughtBy: "answers.read") { call, base, _ in
            try await call.mappingQuery { $0.states = .all }.perform(on: base)
        },
        Mutant("counts what it leaves out", caughtBy: "answers.read") { call, base, _ in
            guard case .messages(let query) = call, query.lookup == nil, query.states != .all else {
                return try await call.perform(on: base)
            }
            var all = query
            all.states = .all
            let page = try await base.messages(all)
            let items = page.items.filter { query.states.contains($0.state) }
            return .messages(MessagePage(items: items, hasMore: page.hasMore, through: page.through))
        },
        Mutant(
            "shows no answer that has failed", caughtBy: "answers.read", related: ["answers.end", "answers.restore"]
        ) { call, base, _ in
            guard case .messages(let query) = call, query.states == .all,
                case .messages(let page) = try await call.perform(on: base)
            else { return try await call.perform(on: base) }
            let items = page.items.filter { $0.state != .failed }
            return .messages(MessagePage(items: items, hasMore: page.hasMore, through: page.through))
        },
        Mutant("says in lists that every message is complete", caughtBy: "answers.read") { call, base, _ in
            guard case .conversations(let query) = call, query.preview != nil else {
                return try await call.perform(on: base)
            }
            return try await call.perform(on: base).mappingConversations { conversation in
                var conversation = conversation
                conversation.preview = conversation.preview.map {
                    MessagePreview(sequence: $0.sequence, role: $0.role, createdAt: $0.createdAt, text: $0.text)
                }
                return conversation
            }
        },
        Mutant("takes a repeated question with an answer under way for another", caughtBy: "answers.repeated-append") {
            call, base, _ in
            let reply = try await call.perform(on: base)
            guard case .append(let new) = call, new.isStreaming, case .appended(let result) = reply,
                let sent = new.messages.last, sent.key != nil, let stored = result.messages.last,
                stored.content != sent.content
            else { return reply }
            throw ChatStorageError(.idempotencyMismatch, "it says something else")
        },
        Mutant("returns an answer as it was appended when that is repeated", caughtBy: "answers.repeated-append") {
            call, base, _ in
            let reply = try await call.perform(on: base)
            guard case .append(let new) = call, new.isStreaming, new.messages.last?.key != nil else { return reply }
            return reply.mappingMessages { $0.revision > 0 ? $0.with(writing: .begun) : $0 }
        },
        Mutant("takes a whole message for an answer that is begun again", caughtBy: "answers.repeated-append") {
            call, base, _ in
            do {
                return try await call.perform(on: base)
            } catch let error as ChatStorageError where error.code == .idempotencyMismatch {
                guard case .append(var new) = call, new.isStreaming else { throw error }
                new.isStreaming = false
                return .appended(try await base.append(new))
            }
        },
        Mutant("restores every message as complete", caughtBy: "answers.restore") { call, base, _ in
            try await call.mappingSnapshot { snapshot in
                guard (try? Validation.check(snapshot, roles: .standard)) != nil else { return }
                for index in snapshot.messages.indices { snapshot.messages[index].writing = .none }
            }.perform(on: base)
        },
        Mutant("restores answers that nobody has begun", caughtBy: "answers.restore") { call, base, _ in
            try await call.mappingSnapshot { snapshot in
                for index in snapshot.messages.indices where snapshot.messages[index].writing.revision <= 0 {
                    snapshot.messages[index].writing = .none
                }
            }.perform(on: base)
        },
        Mutant(
            "takes the last writer's text without looking at who wrote before", caughtBy: "linearisability.streaming"
        ) { call, base, _ in
            guard case .reviseMessage(let revision) = call, let from = revision.base,
                let seen = try? await base.message(revision.sequence, of: revision.conversationID),
                seen.createdAt == from.createdAt, seen.revision == from.revision, seen.state == .streaming
            else { return try await call.perform(on: base) }
            for _ in 0..<5 { await Task.yield() }
            guard let stored = try await base.message(revision.sequence, of: revision.conversationID),
                stored.createdAt == from.createdAt, stored.state == .streaming
            else { return try await call.perform(on: base) }
            return .message(try await base.reviseMessage(revision.from(stored)))
        },
        Mutant("finds answers under way that have just been written", caughtBy: "answers.unfinished") { query in
            if query.notRevisedFor > .zero { query.notRevisedFor = .zero }
        },
        Mutant(
            "finds answers under way of the default tenant alone", caughtBy: "answers.unfinished",
            page: { page in
                UnfinishedPage(items: page.items.filter { $0.tenant == nil }, next: page.next)
            }),
        Mutant(
            "says nothing of a further page of answers under way", caughtBy: "answers.unfinished",
            page: { page in
                UnfinishedPage(items: page.items, next: nil)
            }),
        Mutant("begins each page of answers under way anew", caughtBy: "answers.unfinished") { query in
            if query.limit < 50 { query.after = nil }
        },
    ]

    /// A mutant that finds answers under way by another query.
    private init(
        _ description: String, caughtBy id: String, related: [String] = [],
        query change: @escaping @Sendable (inout UnfinishedQuery) -> Void = { _ in },
        page: @escaping @Sendable (UnfinishedPage) -> UnfinishedPage = { $0 }
    ) {
        self.init(description, caughtBy: id, related: related, harness: UnfinishedHarness(change: change, page: page))
    }
}

/// Stores in memory that find other answers under way than there are.
private struct UnfinishedHarness: ConformanceHarness {
    let name = "memory that finds other answers under way"
    let change: @Sendable (inout UnfinishedQuery) -> Void
    let page: @Sendable (UnfinishedPage) -> UnfinishedPage

    func makeStore() -> any ConformanceStore { Store(backend: Backend(base: InMemoryBackend(), harness: self)) }

    private struct Store: ConformanceStore {
        let backend: Backend

        func handles(_ count: Int) -> [any ChatStorageBackend] { Array(repeating: backend, count: count) }

        func handle(taking roles: RoleSet) -> any ChatStorageBackend { InMemoryBackend(roles: roles) }

        func reopen() -> any ChatStorageBackend { InMemoryBackend() }

        func remove() {}
    }

    private struct Backend: ForwardingBackend {
        let base: InMemoryBackend
        let harness: UnfinishedHarness

        func unfinishedMessages(_ query: UnfinishedQuery) async throws -> UnfinishedPage {
            var query = query
            harness.change(&query)
            return harness.page(try await base.unfinishedMessages(query))
        }

        func withSnapshot<Result: Sendable>(
            _ body: (any ChatStorageBackend) async throws -> Result
        ) async throws -> Result {
            try await base.withSnapshot(body)
        }
    }
}

extension MessageRevision {
    /// The same revision as if the message had been read as it is now.
    fileprivate func from(
        _ message: Message, body: ChatMessage? = nil, metadata: MetadataChange? = nil
    ) -> MessageRevision {
        MessageRevision(of: message, body: body ?? self.body, state: state, metadata: metadata ?? self.metadata)
    }
}

import ChatStorageConformance
import ChatStorageCore

/// Random calls of all kinds on a few conversations of one tenant, each made on two stores, whose answers must be the
/// same.
///
/// Times are left out of the comparison: each store has a clock of its own.
final class RandomCalls {
    private var numbers: SplitMix64
    private let stores: [any ChatStorageBackend]
    /// What each store returned before, which later calls use as a caller does who read it a while ago.
    private var versions: [[ConversationVersion]] = [[], []]
    private var read: [[Message]] = [[], []]
    private var keyed: [NewMessages] = []
    private var number = 0
    private let ids: [ConversationID] = ["a", "b", "ç"]
    private(set) var calls = 0
    /// The last calls, for a message about a difference.
    private(set) var log: [String] = []

    /// - Parameters:
    ///   - seed: What the calls depend on.
    ///   - reference: The store whose answers are right.
    init(seed: UInt64, _ reference: any ChatStorageBackend, _ store: any ChatStorageBackend) {
        numbers = SplitMix64(seed: seed)
        stores = [reference, store]
    }

    /// A number below a bound.
    private func random(_ bound: Int) -> Int { Int(numbers.next() % UInt64(bound)) }

    private func chance(_ percent: Int) -> Bool { random(100) < percent }

    /// Makes a call on both stores.
    ///
    /// - Returns: What differed; nil if nothing did.
    func step() async -> String? {
        calls += 1
        let id = ids[random(ids.count)]
        let last = (try? await stores[0].conversation(id))??.lastSequence ?? 0
        let call = call(id, last)
        log.append(call.name)
        if log.count > 40 { log.removeFirst() }
        var answers: [String] = []
        for place in stores.indices {
            do {
                answers.append(try await call.body(stores[place], place))
            } catch let error as ChatStorageError {
                answers.append("\(error.code)")
            } catch {
                answers.append("\(error)")
            }
        }
        if answers[0] != answers[1] { return difference(answers) }
        log[log.count - 1] += " = \(answers[0].prefix(160))"
        return nil
    }

    /// Compares all that is stored.
    func compareAll() async throws -> String? {
        for id in ids {
            var answers: [String] = []
            for store in stores {
                let conversation = try await store.conversation(id)
                let messages = try await store.messages(MessageQuery(of: id, on: .all, limit: 100_000)).items
                let path = try await store.messages(MessageQuery(of: id, limit: 100_000))
                let forks = try await store.forks(of: id)
                answers.append("\(text(conversation)) \(messages.map(text)) \(text(path)) \(forks)")
            }
            if answers[0] != answers[1] { return difference(answers) }
        }
        return nil
    }

    private func difference(_ answers: [String]) -> String {
        "after \(calls) calls\n  expected \(answers[0])\n  got      \(answers[1])\n" + log.joined(separator: "\n")
    }

    // MARK: Calls

    private struct Call {
        let name: String
        let body: (_ store: any ChatStorageBackend, _ place: Int) async throws -> String
    }

    private func sequence(_ last: Int64) -> Int64 { Int64(random(Int(min(last, 1_000)) + 3)) }

    private func call(_ id: ConversationID, _ last: Int64) -> Call {
        // Few are long: what is interesting comes early.
        if last > 60, chance(2) {
            return delete(id)
        }
        switch random(100) {
        case ..<32: return append(id, last)
        case ..<36: return repeated()
        case ..<46: return revise(id, last)
        case ..<56: return update(id, last)
        case ..<62: return remove(id, last)
        case ..<63: return delete(id)
        case ..<65: return restore(id)
        case ..<67:
            return Call(name: "conversation \(id)") { store, place in
                let conversation = try await store.conversation(id)
                if let conversation { self.versions[place].append(conversation.version) }
                return self.text(conversation)
            }
        case ..<70: return list()
        case ..<72:
            return Call(name: "unfinished") { store, _ in
                var query = UnfinishedQuery(notRevisedFor: .zero, limit: 3)
                var found: [String] = []
                repeat {
                    let page = try await store.unfinishedMessages(query)
                    found += page.items.map {
                        "\($0.tenant ?? "-") \($0.message.conversationID) \(self.text($0.message))"
                    }
                    query.after = page.next
                } while query.after != nil
                return "\(found)"
            }
        case ..<77:
            return Call(name: "forks \(id)") { store, _ in "\(try await store.forks(of: id))" }
        case ..<80:
            return lookUp(id, last)
        case ..<83: return create(id)
        default: return page(id, last)
        }
    }

    private func create(_ id: ConversationID) -> Call {
        number += 1
        let new = NewConversation(
            id, title: chance(50) ? "c\(number)" : nil, labels: chance(50) ? ["l1"] : [],
            metadata: chance(30) ? ["k": 1] : [:], ifExists: chance(50) ? .keep : .fail)
        return Call(name: "create \(id)") { store, _ in self.text(try await store.createConversation(new)) }
    }

    private func delete(_ id: ConversationID) -> Call {
        let deletion = ConversationDeletion(id, without: chance(30) ? ["l1"] : [])
        return Call(name: "delete \(id) \(deletion.without)") { store, _ in
            "\(try await store.deleteConversation(deletion))"
        }
    }

    private func lookUp(_ id: ConversationID, _ last: Int64) -> Call {
        let keys = keyed.flatMap { $0.messages.compactMap(\.key) }
        let lookup: MessageQuery.Lookup =
            chance(30) && !keys.isEmpty
            ? .keys((0...random(5)).map { _ in keys[random(keys.count)] })
            : .sequences((0...random(5)).map { _ in sequence(last) })
        return Call(name: "look up \(id) \(lookup)") { store, place in
            let found = try await store.messages(MessageQuery(of: id, lookup)).items
            self.read[place] += found
            return "\(found.map(self.text))"
        }
    }

    private func append(_ id: ConversationID, _ last: Int64) -> Call {
        let hasKeys = chance(20)
        let messages = (0...(chance(70) ? 0 : random(3))).map { _ -> ChatMessage in
            number += 1
            let role = [Role.user, .assistant, .system][random(3)]
            let key = hasKeys ? "key \(number)" : nil
            if chance(12) { return ChatMessage(role: role, parts: [], key: key) }
            if chance(12) {
                let parts: [MessagePart] = [.text("p\(number)"), .reasoning("because")]
                return ChatMessage(role: role, parts: parts, metadata: ["n": 1], key: key)
            }
            return ChatMessage(role: role, content: chance(10) ? "" : "m\(number)", key: key)
        }
        let place: AppendPlace =
            switch random(10) {
            case 0: .after(sequence(last))
            case 1: .after(last)
            case 2, 3: .insteadOf(sequence(last))
            case 4: .after(0)
            default: .head
            }
        let condition = random(12)
        let (movesHead, isStreaming, marksRead) = (!chance(15), chance(20), chance(10))
        let stale = random(1_000)
        let name =
            "append \(messages.count) to \(id) \(place) if \(condition) moves \(movesHead) streams \(isStreaming)"
        let new = { (condition: AppendCondition) in
            NewMessages(
                messages, to: id, place, if: condition, movesHead: movesHead, isStreaming: isStreaming,
                marksRead: marksRead)
        }
        if hasKeys { keyed.append(new(.createIfMissing)) }
        return Call(name: name) { store, place in
            let versions = self.versions[place]
            let chosen: AppendCondition
            switch condition {
            case 0: chosen = .exists
            case 1: chosen = .create(title: "T", labels: ["x"])
            case 2: chosen = .create(metadata: ["a": 1])
            case 3:
                guard let conversation = try await store.conversation(id) else { return "none" }
                chosen = .unchanged(since: conversation)
            case 4 where !versions.isEmpty: chosen = .unchanged(versions[stale % versions.count])
            default: chosen = .createIfMissing
            }
            return self.text(try await store.append(new(chosen)), place)
        }
    }

    private func repeated() -> Call {
        guard var new = keyed.isEmpty ? nil : keyed[random(keyed.count)] else { return list() }
        switch random(5) {
        case 0: new.isStreaming.toggle()
        case 1: new.place = .after(999)
        case 2: new.messages[0] = .user("other", key: new.messages[0].key)
        default: break
        }
        return Call(name: "repeat \(new.messages.compactMap(\.key)) to \(new.conversationID)") { [new] store, place in
            self.text(try await store.append(new), place)
        }
    }

    private func revise(_ id: ConversationID, _ last: Int64) -> Call {
        let (isStale, stale, wanted) = (chance(25), random(1_000), sequence(last))
        number += 1
        let body: ChatMessage? =
            switch random(4) {
            case 0: nil
            case 1: ChatMessage(role: .user, parts: [.text("r\(number)"), .reasoning("why")])
            default: .assistant("r\(number)")
            }
        let state: MessageState? = [nil, nil, nil, .complete, .stopped, .failed][random(6)]
        var change = MetadataChange()
        if chance(30) { change = .setting("m", to: .init(integerLiteral: Int64(number % 3))) }
        let isOfMetadata = chance(20)
        let name = "revise \(id) \(wanted) stale \(isStale) \(body?.content ?? "-") \(String(describing: state))"
        return Call(name: name) { [change] store, place in
            if isOfMetadata {
                return self.text(try await store.reviseMessage(MessageRevision(of: id, wanted, metadata: change)))
            }
            let message: Message
            if isStale {
                guard !self.read[place].isEmpty else { return "none" }
                message = self.read[place][stale % self.read[place].count]
            } else {
                let unfinished = try await store.unfinishedMessages(.init(notRevisedFor: .zero)).items
                guard !unfinished.isEmpty else { return "none" }
                message = unfinished[stale % unfinished.count].message
                self.read[place].append(message)
            }
            return self.text(
                try await store.reviseMessage(MessageRevision(of: message, body: body, state: state, metadata: change)))
        }
    }

    private func update(_ id: ConversationID, _ last: Int64) -> Call {
        let sequence = sequence(last)
        var change = ConversationChange()
        switch random(5) {
        case 0, 1: change = .head(sequence)
        case 2, 3: change = .show(branch: sequence)
        default: break
        }
        if chance(30) { change = change.title(chance(50) ? "t\(number)" : nil) }
        if chance(20) { change = change.adding(label: "l\(random(3))") }
        if chance(20) { change = change.removing(label: "l\(random(3))") }
        if chance(20) { change = change.metadata(.setting("k", to: .init(integerLiteral: Int64(number % 5)))) }
        if chance(20) { change = chance(50) ? change.read(through: sequence) : change.unread(from: sequence) }
        if chance(3) { for label in 0..<33 { change = change.adding(label: "many\(label)") } }
        let name = "update \(id) \(change.newHead.map { "\($0)" } ?? "") \(sequence)"
        return Call(name: name) { [change] store, place in
            let conversation = try await store.updateConversation(id, change)
            if let conversation { self.versions[place].append(conversation.version) }
            return self.text(conversation)
        }
    }

    private func remove(_ id: ConversationID, _ last: Int64) -> Call {
        let selection: MessageRemoval.Selection =
            switch random(10) {
            case 0: .all
            case 1, 2: .from(sequence(last))
            default: .messages((0...random(chance(20) ? 20 : 3)).map { _ in sequence(last) })
            }
        return Call(name: "remove \(id) \(selection)") { store, _ in
            "\(try await store.removeMessages(MessageRemoval(selection, of: id)))"
        }
    }

    /// Restores what a store has of another conversation, under this id.
    private func restore(_ id: ConversationID) -> Call {
        let (other, isFree) = (ids[random(ids.count)], chance(80))
        return Call(name: "restore \(id) from \(other)") { store, _ in
            guard let conversation = try await store.conversation(other) else { return "none" }
            let messages = try await store.messages(MessageQuery(of: other, on: .all, limit: 100_000)).items
            let snapshot = ConversationSnapshot(
                id: id, title: conversation.title, createdAt: conversation.createdAt, updatedAt: conversation.updatedAt,
                lastSequence: conversation.lastSequence, readThrough: conversation.readThrough,
                labels: conversation.labels, metadata: conversation.metadata, head: conversation.head,
                messages: messages.map { ConversationSnapshot.Message($0) })
            if other != id, isFree { try await store.deleteConversation(id) }
            return self.text(try await store.restoreConversation(snapshot))
        }
    }

    private func list() -> Call {
        let first = ConversationQuery(
            limit: 1 + random(4), with: chance(30) ? ["l1"] : [], without: chance(20) ? ["l2"] : [],
            preview: chance(70) ? 1 + random(12) : nil)
        return Call(name: "list") { store, _ in
            var query = first
            var found: [String] = []
            repeat {
                let page = try await store.conversations(query)
                found += page.items.map(self.text)
                query.cursor = page.next
            } while query.cursor != nil
            return "\(found.sorted())"
        }
    }

    private func page(_ id: ConversationID, _ last: Int64) -> Call {
        let position: MessagePosition =
            switch random(3) {
            case 0: .end
            case 1: .before(sequence(last))
            default: .after(sequence(last))
            }
        let path: MessageQuery.Path = [.current, .current, .all, .through(sequence(last))][random(4)]
        let states: MessageStates = [.all, .finished, .streaming, [.complete, .failed], []][chance(50) ? 0 : random(5)]
        let query = MessageQuery(of: id, position, on: path, limit: random(12), states: states)
        return Call(name: "page \(id) \(position) \(path) \(query.limit) \(states.rawValue)") { store, _ in
            self.text(try await store.messages(query))
        }
    }

    // MARK: Answers without times

    private func text(_ message: Message) -> String {
        """
        \(message.sequence) \(message.role) \(message.content) \(message.parts.map { "\($0.kind):\($0.text ?? "")" }) \
        \(message.metadata) \(message.key ?? "-") after \(message.predecessor.map { "\($0)" } ?? "-") \
        \(message.state) \(message.revision) \(message.revisedAt != nil)
        """
    }

    private func text(_ page: MessagePage) -> String {
        "\(page.items.map(text)) \(page.hasMore) \(page.through.map { "\($0)" } ?? "-")"
    }

    private func text(_ conversation: Conversation?) -> String {
        guard let conversation else { return "none" }
        let preview = conversation.preview.map { "\($0.sequence) \($0.role) \($0.state) \($0.text)" } ?? "-"
        return """
            \(conversation.id) \(conversation.title ?? "-") \(conversation.lastSequence) \(conversation.messageCount) \
            \(conversation.readThrough) \(conversation.labels.sorted().map(\.rawValue)) \(conversation.metadata) \
            \(text(conversation.version)) \(conversation.isBranched) \(preview) \(conversation.hasUnread)
            """
    }

    private func text(_ version: ConversationVersion) -> String {
        "\(version.lastSequence) \(version.clearedThrough) \(version.head.map { "\($0)" } ?? "-")"
    }

    private func text(_ result: AppendResult, _ place: Int) -> String {
        if let version = result.version { versions[place].append(version) }
        read[place] += result.messages
        return "\(result.messages.map(text)) \(result.version.map(text) ?? "-")"
    }
}

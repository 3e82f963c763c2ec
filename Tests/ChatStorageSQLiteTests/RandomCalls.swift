import ChatStorageConformance
import ChatStorageCore

/// Random calls of all kinds on two backends, which must answer the same but for their times.
///
/// Both have few conversations of few messages, so the calls meet each other.
struct RandomCalls {
    let reference: any ChatStorageBackend
    let backend: any ChatStorageBackend
    private var random: SplitMix64
    private var step = 0

    init(_ reference: any ChatStorageBackend, _ backend: any ChatStorageBackend, seed: UInt64) {
        self.reference = reference
        self.backend = backend
        random = SplitMix64(seed: seed)
    }

    /// A difference between two answers.
    struct Difference: Error, CustomStringConvertible {
        let description: String
    }

    mutating func run(_ count: Int) async throws {
        for _ in 0..<count { try await call() }
    }

    private static let ids: [ConversationID] = ["a", "b", "c"]
    private static let tenants = [nil, nil, "t", "é"]

    private mutating func call() async throws {
        step += 1
        let tenant = Self.tenants.randomElement(using: &random) ?? nil
        let id = Self.ids.randomElement(using: &random) ?? "a"
        func handle(_ backend: any ChatStorageBackend) -> any ChatStorage {
            if let tenant { backend.tenant(tenant) } else { backend.defaultTenant }
        }
        let (left, right) = (handle(reference), handle(backend))
        let last = try await left.conversation(id)?.lastSequence ?? 0
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<30:
            let new = newMessages(id, last)
            if case let (version?, isStale) = (try await left.conversation(id)?.version, chance(10)), chance(15) {
                let its = try await right.conversation(id)?.version
                var (mine, other) = (new, new)
                mine.condition = .unchanged(version)
                other.condition = .unchanged(its ?? version)
                if isStale {
                    mine.condition = .unchanged(Self.stale(version))
                    other.condition = .unchanged(Self.stale(its ?? version))
                }
                try await compare("append \(mine)", { Self.text(try await left.append(mine)) }) {
                    Self.text(try await right.append(other))
                }
            } else {
                try await compare("append \(new)", { Self.text(try await left.append(new)) }) {
                    Self.text(try await right.append(new))
                }
            }
        case 30..<38:
            let made = change(last)
            try await compare("update \(id) \(made)", { Self.text(try await left.updateConversation(id, made)) }) {
                Self.text(try await right.updateConversation(id, made))
            }
        case 38..<46:
            let selection: MessageRemoval.Selection
            switch Int.random(in: 0..<10, using: &random) {
            case 0: selection = .all
            case 1..<4: selection = .from(sequence(last))
            default: selection = .messages((0..<Int.random(in: 0...4, using: &random)).map { _ in sequence(last) })
            }
            let removal = MessageRemoval(selection, of: id)
            try await compare("remove \(removal)", { "\(try await left.removeMessages(removal))" }) {
                "\(try await right.removeMessages(removal))"
            }
        case 46..<60: try await revise(id, sequence(last), left, right)
        case 60:
            // Only restored conversations are that old.
            let deletion = ConversationDeletion(
                id, updatedBefore: chance(30) ? Timestamp(microsecondsSinceEpoch: 1_000_000) : nil,
                without: chance(30) ? ["l"] : [])
            try await compare("delete \(deletion)", { "\(try await left.deleteConversation(deletion))" }) {
                "\(try await right.deleteConversation(deletion))"
            }
        case 61..<63: try await restore(id, left, right)
        case 63..<66:
            try await compare("forks \(id)", { "\(try await left.forks(of: id))" }) {
                "\(try await right.forks(of: id))"
            }
        case 66..<69:
            let query = ConversationQuery(
                limit: Int.random(in: 1...4, using: &random), with: chance(30) ? ["l"] : [],
                without: chance(20) ? ["m"] : [], preview: 3)
            try await compare("list", { Self.text(try await left.conversations(query)) }) {
                Self.text(try await right.conversations(query))
            }
        case 69..<71: try await unfinished(limit: Int.random(in: 0...4, using: &random))
        case 71..<74:
            let new = NewConversation(
                id, title: chance(50) ? "c\(step)" : nil, labels: chance(50) ? ["l", "m"] : [],
                metadata: chance(30) ? ["n": 1] : [:], ifExists: chance(50) ? .keep : .fail)
            try await compare("create \(new)", { Self.text(try await left.createConversation(new)) }) {
                Self.text(try await right.createConversation(new))
            }
        default: try await read(id, last, left, right)
        }
        if chance(5) {
            for query in [MessageQuery(of: id, on: .all, limit: .max), MessageQuery(of: id, limit: .max)] {
                try await compare("\(query)", { Self.text(try await left.messages(query)) }) {
                    Self.text(try await right.messages(query))
                }
            }
            try await compare("get", { Self.text(try await left.conversation(id)) }) {
                Self.text(try await right.conversation(id))
            }
        }
    }

    // MARK: Calls

    private mutating func change(_ last: Int64) -> ConversationChange {
        var change: ConversationChange =
            chance(30) ? ConversationChange() : chance(60) ? .head(sequence(last)) : .show(branch: sequence(last))
        if chance(15) { change = chance(70) ? change.title("t\(step)") : change.titleIfNone("i\(step)") }
        if chance(10) { change = change.keepingPlace() }
        if chance(15) {
            change = chance(60) ? change.read(through: sequence(last)) : change.unread(from: sequence(last))
        }
        if chance(15) { change = change.adding(label: chance(50) ? "l" : "m") }
        if chance(10) { change = change.removing(label: chance(50) ? "l" : "m") }
        if chance(10) { change = change.metadata(.setting("n", to: .integer(Int64(step)))) }
        return change
    }

    private mutating func newMessages(_ id: ConversationID, _ last: Int64) -> NewMessages {
        let isKeyed = chance(20)
        var keys = Set<String>()
        let messages = (0..<Int.random(in: 1...3, using: &random)).compactMap { _ -> ChatMessage? in
            let key = isKeyed ? "k\(Int.random(in: 0..<12, using: &random))" : nil
            if let key, !keys.insert(key).inserted { return nil }
            // Most often the same for a key, so that repeats are recognised.
            let text = chance(20) ? "" : key ?? "m\(step)"
            return chance(50) ? .user(text, key: key) : .assistant(text, key: key)
        }
        let place: AppendPlace =
            chance(50) ? .head : chance(50) ? .after(sequence(last)) : .insteadOf(sequence(last))
        let first = AppendCondition.create(title: "first", labels: ["l"], metadata: ["n": 1])
        return NewMessages(
            messages, to: id, place, if: chance(20) ? .exists : chance(20) ? first : .createIfMissing,
            movesHead: chance(80), isStreaming: chance(25), marksRead: chance(10))
    }

    private mutating func revise(
        _ id: ConversationID, _ sequence: Int64, _ left: any ChatStorage, _ right: any ChatStorage
    ) async throws {
        let metadata: MetadataChange = chance(30) ? .setting("n", to: .integer(Int64(step))) : MetadataChange()
        let lookup = MessageQuery(of: id, .sequences([sequence]))
        let pair = (try await left.messages(lookup).items.first, try await right.messages(lookup).items.first)
        guard chance(85), let mine = pair.0, let its = pair.1 else {
            let revision = MessageRevision(of: id, sequence, metadata: metadata)
            try await compare("revise \(revision)", { Self.text(try await left.reviseMessage(revision)) }) {
                Self.text(try await right.reviseMessage(revision))
            }
            return
        }
        let body: ChatMessage? = chance(60) ? .assistant("r\(step)") : nil
        let state: MessageState? = chance(30) ? MessageState.allCases.randomElement(using: &random) : nil
        let isStale = chance(10)
        func revision(_ message: Message) -> MessageRevision {
            let time = isStale ? message.createdAt + .microseconds(1) : message.createdAt
            let read = Message(
                conversationID: id, sequence: sequence, body: message.body, createdAt: time,
                writing: message.writing)
            return MessageRevision(of: read, body: body, state: state, metadata: metadata)
        }
        let (first, second) = (revision(mine), revision(its))
        // Twice: the second is a repeat.
        for _ in 0..<(chance(30) ? 2 : 1) {
            try await compare("revise \(first)", { Self.text(try await left.reviseMessage(first)) }) {
                Self.text(try await right.reviseMessage(second))
            }
        }
    }

    private mutating func restore(
        _ id: ConversationID, _ left: any ChatStorage, _ right: any ChatStorage
    ) async throws {
        if chance(70) {
            _ = try await left.deleteConversation(id)
            _ = try await right.deleteConversation(id)
        }
        let time = Timestamp(microsecondsSinceEpoch: Int64(step))
        var sequences: [Int64] = []
        var messages: [ConversationSnapshot.Message] = []
        for _ in 0..<Int.random(in: 0...8, using: &random) {
            let sequence = (sequences.last ?? 0) + Int64.random(in: 1...3, using: &random)
            let state = chance(80) ? nil : MessageState.allCases.randomElement(using: &random)
            messages.append(
                .init(
                    sequence: sequence, body: .user("s\(sequence)"), createdAt: time,
                    predecessor: chance(60) ? nil : (sequences + [0]).randomElement(using: &random),
                    writing: state.map { MessageWriting(state: $0, revision: 2, revisedAt: chance(50) ? time : nil) }
                        ?? .none))
            sequences.append(sequence)
        }
        let snapshot = ConversationSnapshot(
            id: id, createdAt: time, updatedAt: time, lastSequence: (sequences.last ?? 0) + (chance(50) ? 2 : 0),
            head: chance(50) ? nil : (sequences + [0]).randomElement(using: &random), messages: messages)
        try await compare("restore \(snapshot)", { Self.text(try await left.restoreConversation(snapshot)) }) {
            Self.text(try await right.restoreConversation(snapshot))
        }
    }

    private mutating func read(
        _ id: ConversationID, _ last: Int64, _ left: any ChatStorage, _ right: any ChatStorage
    ) async throws {
        let query: MessageQuery
        if chance(10) {
            let lookup: MessageQuery.Lookup =
                chance(50)
                ? .sequences((0..<4).map { _ in sequence(last) })
                : .keys((0..<4).map { _ in "k\(Int.random(in: 0..<12, using: &random))" })
            query = MessageQuery(of: id, lookup)
        } else {
            let position: MessagePosition =
                chance(40) ? .end : chance(50) ? .before(bound(last)) : .after(bound(last))
            let path: MessageQuery.Path = chance(50) ? .current : chance(60) ? .through(sequence(last)) : .all
            query = MessageQuery(
                of: id, position, on: path, limit: Int.random(in: 0...6, using: &random),
                states: chance(60) ? .all : MessageStates(rawValue: UInt8.random(in: 0...15, using: &random)))
        }
        try await compare("\(query)", { Self.text(try await left.messages(query)) }) {
            Self.text(try await right.messages(query))
        }
    }

    private mutating func unfinished(limit: Int) async throws {
        var (mine, its) = (UnfinishedQuery(notRevisedFor: .zero, limit: limit), UnfinishedQuery(notRevisedFor: .zero))
        its.limit = limit
        repeat {
            let (first, second) = (mine, its)
            var next: (UnfinishedMessage.Place?, UnfinishedMessage.Place?)
            let (one, two) = (
                try await reference.unfinishedMessages(first), try await backend.unfinishedMessages(second)
            )
            next = (one.next, two.next)
            try await compare("unfinished \(first)", { Self.text(one) }) { Self.text(two) }
            (mine.after, its.after) = next
        } while mine.after != nil
    }

    // MARK: Choices

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    private mutating func sequence(_ last: Int64) -> Int64 { Int64.random(in: 0...(last + 1), using: &random) }

    private mutating func bound(_ last: Int64) -> Int64 {
        chance(3) ? [Int64.max, -1, 1 << 60].randomElement(using: &random) ?? 0 : sequence(last)
    }

    private static func stale(_ version: ConversationVersion) -> ConversationVersion {
        var version = version
        version.head = version.head == nil ? 1 : nil
        return version
    }

    // MARK: Answers

    private func compare(
        _ call: String, _ left: () async throws -> String, _ right: () async throws -> String
    ) async throws {
        func answer(_ body: () async throws -> String) async throws -> String {
            do { return try await body() } catch let error as ChatStorageError { return "\(error.code)" }
        }
        let (one, two) = (try await answer(left), try await answer(right))
        guard one == two else {
            throw Difference(description: "call \(step), \(call):\n  reference: \(one)\n  backend:   \(two)")
        }
    }

    private static func text(_ message: Message) -> String {
        let revised = message.revisedAt == nil ? "" : "r"
        return """
            (\(message.sequence)<\(message.predecessor.map { "\($0)" } ?? "") \(message.role) \(message.content) \
            \(message.key ?? "-") \(message.metadata.text) \(message.state) \(message.revision)\(revised))
            """
    }

    private static func text(_ version: ConversationVersion?) -> String {
        version.map { "\($0.lastSequence) \($0.clearedThrough) \($0.head.map { "\($0)" } ?? "-")" } ?? "none"
    }

    private static func text(_ result: AppendResult) -> String {
        "\(result.messages.map(text)) \(text(result.version))"
    }

    private static func text(_ page: MessagePage) -> String {
        "\(page.items.map(text)) \(page.hasMore) \(page.through.map { "\($0)" } ?? "-")"
    }

    private static func text(_ page: ConversationPage) -> String {
        "\(page.items.map(text)) \(page.next != nil)"
    }

    private static func text(_ page: UnfinishedPage) -> String {
        "\(page.items.map { "\($0.tenant ?? "-") \($0.message.conversationID) \(text($0.message))" }) \(page.next != nil)"
    }

    private static func text(_ conversation: Conversation?) -> String {
        guard let conversation else { return "none" }
        let preview = conversation.preview.map { "\($0.sequence) \($0.role) \($0.state) \($0.text)" }
        return """
            \(conversation.id) \(conversation.title ?? "-") \(text(conversation.version)) \(conversation.messageCount) \
            \(conversation.readThrough) \(conversation.labels.sorted()) \(conversation.metadata.text) \
            \(conversation.isBranched) \(preview ?? "-")
            """
    }
}

package import ChatStorageCore

/// A call of a random sequence; it keeps its meaning when calls before it are left out.
package struct RandomCall: Sendable {
    /// Where a page of conversations begins; a cursor exists only after a call has returned it.
    package enum Cursor: Sendable {
        case first
        /// A cursor that this tenant got, counted back from the latest.
        case held(Int)
        /// A cursor that another tenant got.
        case foreign(Int)
        case damaged
    }

    /// The version that an append expects of a conversation, or a revision of a message; only the store knows the times
    /// of creation.
    package enum Version: Sendable {
        case current
        /// An older version, before later appends or revisions.
        case behind
        /// A version with another time of creation.
        case another
    }

    package enum Kind: Sendable {
        case call(StorageCall)
        case page(Cursor, ConversationQuery)
        case appendIfUnchanged(NewMessages, Version)
        /// A writer's revision of the message with a sequence.
        case revise(ConversationID, Int64, Version, body: ChatMessage?, state: MessageState?, MetadataChange)
    }

    /// The tenant's name; nil is the default tenant.
    package let tenant: String?
    /// Which of the handles on the store makes it.
    package let handle: Int
    package let kind: Kind

    /// The actual call, given the cursors that each tenant got and the state of the store.
    func call(holding cursors: [String?: [ConversationCursor]], of model: Model) -> StorageCall {
        switch kind {
        case .appendIfUnchanged(var new, let version):
            var expected =
                model.version(of: new.conversationID, tenant: tenant)
                ?? ConversationVersion(createdAt: .past, lastSequence: 0)
            switch version {
            case .current: break
            case .behind: expected.lastSequence -= 1
            case .another: expected.createdAt = expected.createdAt.advanced(by: -1)
            }
            new.condition = .unchanged(expected)
            return .append(new)
        case .revise(let id, let sequence, let version, let body, let state, let metadata):
            let message = model.message(sequence, of: id, tenant: tenant)
            var base = MessageRevision.Base(createdAt: message?.createdAt ?? .past, revision: message?.revision ?? 0)
            switch version {
            case .current: break
            case .behind: base.revision -= 1
            case .another: base.createdAt = base.createdAt.advanced(by: -1)
            }
            return .reviseMessage(
                MessageRevision(of: id, sequence, from: base, body: body, state: state, metadata: metadata))
        case .call(let call): return call
        case .page(let cursor, var query):
            let mine = cursors[tenant] ?? []
            let others = cursors.keys.sorted { ($0 ?? "") < ($1 ?? "") }.filter { $0 != tenant }.flatMap {
                cursors[$0] ?? []
            }
            query.cursor =
                switch cursor {
                case .first: nil
                case .held(let index): mine.dropLast(index).last
                case .foreign(let index): others.dropLast(index).last { !mine.contains($0) }
                case .damaged: ConversationCursor("\(mine.last?.text ?? "")x")
                }
            return .conversations(query)
        }
    }
}

extension RandomCall: CustomStringConvertible {
    package var description: String {
        let owner = tenant.map { "tenant \(summary(of: $0))" } ?? "the default tenant"
        let caller = "handle \(handle + 1), \(owner)"
        return switch kind {
        case .call(let call): "\(caller): \(summary(of: call))"
        case .page(let cursor, let query): "\(caller): \(summary(of: StorageCall.conversations(query))) at .\(cursor)"
        case .appendIfUnchanged(let new, let version):
            "\(caller): \(summary(of: StorageCall.append(new))) if unchanged: .\(version)"
        case .revise(let id, let sequence, let version, let body, let state, _):
            "\(caller): reviseMessage(of: \(summary(of: id)), \(sequence), at .\(version), body: \(summary(of: body)), "
                + "state: \(summary(of: state)))"
        }
    }
}

extension RandomCall {
    /// A sequence that the generator determines, with few names, so that calls affect the same data.
    package static func sequence(
        of count: Int, handles: Int, using random: inout SplitMix64
    ) -> [RandomCall] {
        var (tenant, id) = (random.any(tenants), random.any(ids))
        var appended: [[ChatMessage]] = []
        return (0..<count).map { _ in
            // Calls stay with one conversation for a while, so that each finds what earlier ones left.
            if random.oneIn(4) { (tenant, id) = (random.any(tenants), random.any(ids)) }
            return RandomCall(
                tenant: random.oneIn(50) ? random.any(badTenants) : tenant,
                handle: Int.random(in: 0..<handles, using: &random),
                kind: kind(on: random.oneIn(40) ? random.any(badIDs) : id, after: &appended, using: &random))
        }
    }

    private static let tenants: [String?] = [nil, "a", "A"]
    private static let badTenants = ["", "\0", String(repeating: "t", count: 101)]
    private static let ids: [ConversationID] = ["Z", "a", "\u{e9}", "e\u{301}", "\u{1f600}"]
    private static let badIDs: [ConversationID] = ["", "a\0", ConversationID(String(repeating: "x", count: 101))]
    private static let titles: [String?] = [
        nil, "", "title", "e\u{301}", "\u{e9}", String(repeating: "\u{1f600}", count: 200),
    ]
    private static let badTitles: [String?] = ["\0", "title\0", String(repeating: "e\u{301}", count: 101)]
    private static let contents = ["", "text", "caf\u{e9}", "cafe\u{301}", "\u{feff}a\r\n", "%s", "\u{ffff}"]
    private static let keys = ["k", "K", "\u{e9}", "e\u{301}", "%s", String(repeating: "\u{1f600}", count: 200)]
    private static let badKeys = ["", "k\0", String(repeating: "e\u{301}", count: 101)]
    private static let labels: [Label] = ["pinned", "archived", "\u{e9}", "e\u{301}", "Pinned"]
    private static let badLabels: [Label] = ["", "a\0", Label(String(repeating: "e\u{301}", count: 101))]
    private static let values: [JSONValue] = [
        1, 1.5, "text", .null, true, ["a": [1, "\u{e9}"]], .integer(.max), .number(1e300),
    ]
    private static let badRoles = ["User", "", "robot"]

    /// - Parameter appended: The messages of the last appends; some calls append them again.
    private static func kind(
        on id: ConversationID, after appended: inout [[ChatMessage]], using random: inout SplitMix64
    ) -> Kind {
        let title = random.oneIn(20) ? random.any(badTitles) : random.any(titles)
        let limit = random.any([-1, 0, 1, 2, 2, 3, 5, 100, .max])
        switch Int.random(in: 0..<44, using: &random) {
        case 0:
            return .call(
                .createConversation(
                    NewConversation(
                        id, title: title, labels: someLabels(using: &random), metadata: metadata(using: &random))))
        case 1...2: return .call(.conversation(id))
        case 3: return .call(.getOrCreateConversation(id, title: title))
        case 4...5: return .call(.updateConversation(id, random.oneIn(10) ? ConversationChange() : .title(title)))
        case 6:
            let isConditional = random.oneIn(3)
            return .call(
                .deleteConversation(
                    ConversationDeletion(
                        id, updatedBefore: isConditional ? random.any([nil, .past, .future]) : nil,
                        without: isConditional ? someLabels(using: &random) : [])))
        case 24...27: return .call(.updateConversation(id, change(title: title, using: &random)))
        case 28...29:
            return .call(
                .reviseMessage(
                    MessageRevision(
                        of: id, random.any([-1, 0, 1, 2, 3, 4, 5, 8, 13]), metadata: metadataChange(using: &random))))
        case 30:
            return .call(
                .messages(MessageQuery(of: id, .sequences(random.any([[], [2, 1, 2], [.min, 0, 3, .max], [5, 8]])))))
        case 31:
            return .call(.messages(MessageQuery(of: id, .keys(random.oneIn(10) ? badKeys : [random.any(keys), "k"]))))
        case 32...34: return .call(.messages(pathQuery(of: id, limit: limit, using: &random)))
        case 35: return .call(.forks(id))
        case 36: return .call(.removeMessages(MessageRemoval(selection(using: &random), of: id)))
        case 37...41: return revision(of: id, using: &random)
        case 7...8: return .call(.clearMessages(of: id))
        case 9: return .call(.restoreConversation(snapshot(id, title: title, using: &random)))
        case 10...12: return .call(.messages(of: id, limit: 100))
        case 13...14: return .call(.messages(of: id, position(using: &random), limit: limit))
        case 15...18:
            let index = Int.random(in: 0..<3, using: &random)
            let cursors: [Cursor] = [.first, .held(0), .held(index), .held(index), .foreign(index), .damaged]
            let isFiltered = random.oneIn(3)
            return .page(
                random.any(cursors),
                ConversationQuery(
                    limit: limit, with: isFiltered ? someLabels(using: &random) : [],
                    without: isFiltered ? someLabels(using: &random) : [],
                    preview: random.oneIn(3) ? random.any([0, 1, 3, 1_000, 1_001]) : nil))
        default:
            let messages: [ChatMessage]
            if !appended.isEmpty, random.oneIn(3) {
                messages = random.any(appended)
            } else {
                let hasKeys = random.oneIn(3)
                messages = (0..<random.any([0, 1, 1, 1, 2, 5])).map { _ in
                    // One message in thirty differs from the others of its append in having a key or not.
                    message(hasKey: random.oneIn(30) ? !hasKeys : hasKeys, using: &random)
                }
                appended = appended.suffix(2) + [messages]
            }
            let isStreaming = random.oneIn(4)
            let place = random.oneIn(2) ? .head : place(using: &random)
            if random.oneIn(4) {
                return .appendIfUnchanged(
                    NewMessages(messages, to: id, place, isStreaming: isStreaming),
                    random.any([.current, .current, .behind, .another]))
            }
            let first = AppendCondition.create(
                title: title, labels: someLabels(using: &random), metadata: metadata(using: &random))
            return .call(
                .append(
                    NewMessages(
                        messages, to: id, place, if: random.any([.createIfMissing, .createIfMissing, .exists, first]),
                        movesHead: !random.oneIn(6), isStreaming: isStreaming, marksRead: random.oneIn(5))))
        }
    }

    static func change(title: String?, using random: inout SplitMix64) -> ConversationChange {
        var change = ConversationChange()
        if random.oneIn(3) { change = random.oneIn(2) ? change.title(title) : change.titleIfNone(title ?? "title") }
        if random.oneIn(4) { change = change.keepingPlace() }
        for label in someLabels(using: &random) { change = change.adding(label: label) }
        for label in someLabels(using: &random) { change = change.removing(label: label) }
        if random.oneIn(2) { change = change.metadata(metadataChange(using: &random)) }
        let sequence = random.any([-1, 0, 1, 2, 3, 5, .max] as [Int64])
        if random.oneIn(3) { change = random.oneIn(2) ? change.read(through: sequence) : change.unread(from: sequence) }
        if random.oneIn(3) { change = random.oneIn(2) ? change.head(sequence) : change.show(branch: sequence) }
        return change
    }

    private static func someLabels(using random: inout SplitMix64) -> Set<Label> {
        if random.oneIn(60) { return [random.any(badLabels)] }
        return Set((0..<random.any([0, 0, 1, 1, 2])).map { _ in random.any(labels) })
    }

    private static func metadata(using random: inout SplitMix64) -> Metadata {
        if random.oneIn(60) { return ["a": "\0"] }
        guard random.oneIn(3) else { return [:] }
        return Metadata(["a": random.any(values), "b": random.any(values)])
    }

    static func metadataChange(using random: inout SplitMix64) -> MetadataChange {
        if random.oneIn(8) { return .replacing(with: metadata(using: &random)) }
        // Metadata has no room for two of these values.
        if random.oneIn(10) {
            return .setting(random.any(["large", "larger"]), to: .string(String(repeating: "x", count: 40_000)))
        }
        let name = random.any(["a", "b", "\u{e9}", "e\u{301}", "large"])
        return random.oneIn(3) ? .removing(name) : .setting(name, to: random.any(values))
    }

    static func position(using random: inout SplitMix64) -> MessagePosition {
        let sequences: [Int64] = [.min, -1, 0, 1, 2, 3, 5, 8, 13, 21, .max]
        let sequence = random.any(sequences)
        return random.any([MessagePosition.end, .before(sequence), .after(sequence)])
    }

    static func message(hasKey: Bool, using random: inout SplitMix64) -> ChatMessage {
        let role = random.oneIn(30) ? Role(rawValue: random.any(badRoles)) : random.any([.system, .user, .assistant])
        let key = hasKey ? random.oneIn(40) ? random.any(badKeys) : random.any(keys) : nil
        var message = ChatMessage(role: role, content: random.oneIn(40) ? "text\0" : random.any(contents), key: key)
        guard random.oneIn(4) else { return message }
        if random.oneIn(3) { message.metadata = metadata(using: &random) }
        message.parts = (0..<random.any([0, 1, 2, 3])).map { _ in
            random.any([
                .text(random.any(contents)),
                .toolCall("f", callID: "1", input: random.any(["{}", "1e2", "not JSON", ""])),
                .reasoning("why"), MessagePart("unknown", id: "i", text: random.any(contents)),
                .file(MessageFile(mediaType: "image/png", size: 3, url: "data:,%2F")),
            ])
        }
        return message
    }

    private static func snapshot(
        _ id: ConversationID, title: String?, using random: inout SplitMix64
    ) -> ConversationSnapshot {
        var sequence: Int64 = 0
        var time = random.any([Timestamp.past, .past, .future])
        let createdAt = time
        let messages = (0..<random.any([0, 1, 2, 4])).map { _ in
            // One message in twenty repeats the sequence before it, and one in twenty has an earlier time.
            let steps: [Int64] = random.oneIn(20) ? [0] : [1, 1, 3]
            let pauses: [Int64] = random.oneIn(20) ? [-1] : [0, 1, 1_000_000]
            sequence += random.any(steps)
            time = time.advanced(by: random.any(pauses))
            return ConversationSnapshot.Message(
                sequence: sequence, body: message(hasKey: random.oneIn(3), using: &random), createdAt: time,
                predecessor: random.oneIn(3) ? random.any([0, 0, 1, 1, sequence - 1, 2]) : nil,
                writing: writing(of: time, using: &random))
        }
        let unused: [Int64] = random.oneIn(20) ? [-1] : [0, 0, 4]
        let lastSequence = sequence + random.any(unused)
        // One mark in twenty may be anywhere.
        let firstOrNext = messages.first?.sequence ?? lastSequence + 1
        let clearedThrough: Int64 =
            random.oneIn(20) ? random.any([-1, 1, 9]) : random.any([0, 0, max(0, firstOrNext - 1)])
        return ConversationSnapshot(
            id: id, title: title, createdAt: createdAt, updatedAt: time.advanced(by: random.any([0, 0, 5])),
            lastSequence: lastSequence, readThrough: random.any([0, 0, 1]), clearedThrough: clearedThrough,
            labels: someLabels(using: &random), metadata: metadata(using: &random),
            head: random.oneIn(4) ? random.any([0, 1, sequence, 2]) : nil, messages: messages)
    }
}

extension SplitMix64 {
    /// One of the values.
    mutating func any<Value>(_ values: [Value]) -> Value {
        values[Int.random(in: values.indices, using: &self)]
    }

    /// True once in `count` times on average.
    mutating func oneIn(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }
}

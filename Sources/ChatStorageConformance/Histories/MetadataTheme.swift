import ChatStorageCore

extension HistoryTheme {
    /// What an app keeps beside a conversation and its messages: metadata, labels, read marks, a title.
    static let metadata = HistoryTheme(
        name: "metadata", rules: [.m2, .m3, .k1, .k2, .k3, .l6, .a9, .a11, .o6],
        reason: "Two features that keep something beside one chat must not undo each other in any part of it.",
        callers: 8,
        first: { id, random in
            var snapshot = ConversationSnapshot.sample(id, messages: 3)
            snapshot.metadata = ["a": 0, "b": 0]
            snapshot.labels = [label(0, of: id)]
            // Now and then there is only room for one more label, or for one large member.
            if Int.random(in: 0..<3, using: &random) == 0 {
                for number in 1...30 { snapshot.labels.insert(Label("full \(number)")) }
            }
            if Int.random(in: 0..<5, using: &random) == 0 { snapshot.metadata["large"] = large }
            return [.restoreConversation(snapshot)]
        }
    ) { caller, random in
        let id = caller.conversation
        if let append = caller.lastKeyedAppend, Bool.random(using: &random) { return append }
        return switch Int.random(in: 0..<40, using: &random) {
        case 0...19: .updateConversation(id, change(of: id, using: &random))
        case 20...24: .append(keyedAppend(to: id, using: &random))
        case 25...30:
            .reviseMessage(
                MessageRevision(
                    of: id, Int64.random(in: 1...5, using: &random), metadata: metadataChange(using: &random)))
        case 31...33: .conversation(id)
        case 34...35: .messages(MessageQuery(of: id, .sequences([Int64.random(in: 1...5, using: &random)])))
        case 36: .messages(of: id, .end, limit: 100)
        case 37...38:
            .conversations(ConversationQuery(limit: 5, with: [anyLabel(of: id, using: &random)], preview: 20))
        default: Int.random(in: 0..<3, using: &random) == 0 ? .deleteConversation(id) : .clearMessages(of: id)
        }
    }

    /// A member that takes more than half of the metadata's room.
    private static let large = JSONValue.string(String(repeating: "x", count: 40_000))

    private static func change(of id: ConversationID, using random: inout SplitMix64) -> ConversationChange {
        let sequence = Int64.random(in: 0...7, using: &random)
        let title = "title \(Int.random(in: 0..<100, using: &random))"
        let label = anyLabel(of: id, using: &random)
        return switch Int.random(in: 0..<16, using: &random) {
        case 0...4: .metadata(metadataChange(using: &random))
        case 5...6: .adding(label: label)
        case 7...8: .removing(label: label)
        case 9: .read(through: sequence)
        case 10: .unread(from: sequence)
        case 11: .titleIfNone(title)
        case 12: .title(nil)
        case 13: .titleIfNone(title).keepingPlace().metadata(metadataChange(using: &random))
        case 14: .removing(label: label).adding(label: anyLabel(of: id, using: &random)).unread(from: sequence)
        default: .adding(label: label).read(through: sequence).metadata(metadataChange(using: &random))
        }
    }

    private static func metadataChange(using random: inout SplitMix64) -> MetadataChange {
        let name = ["a", "b", "c"][Int.random(in: 0..<3, using: &random)]
        let value = JSONValue.integer(Int64.random(in: 1..<1_000, using: &random))
        return switch Int.random(in: 0..<12, using: &random) {
        case 0: .replacing(with: Metadata(["c": value]))
        case 1: .setting("larger", to: large)
        case 2: MetadataChange.removing("large").setting(name, to: value)
        case 3...4: .removing(name)
        default: .setting(name, to: value)
        }
    }

    /// One of a few appends, so that callers repeat each other's; most mark the conversation as read.
    private static func keyedAppend(to id: ConversationID, using random: inout SplitMix64) -> NewMessages {
        let key = Int.random(in: 0..<4, using: &random)
        var message = ChatMessage.user("keyed \(key)", key: "\(key)")
        message.metadata = ["a": .integer(Int64.random(in: 1..<1_000, using: &random))]
        let first = AppendCondition.create(labels: [label(1, of: id)], metadata: ["first": 1])
        return NewMessages(
            [message], to: id, if: Bool.random(using: &random) ? first : .exists,
            marksRead: Int.random(in: 0..<4, using: &random) > 0)
    }

    private static func anyLabel(of id: ConversationID, using random: inout SplitMix64) -> Label {
        label(Int.random(in: 0..<4, using: &random), of: id)
    }

    /// A label that no other round's conversation has, so that a list by it has only this conversation or none.
    private static func label(_ number: Int, of id: ConversationID) -> Label { Label("\(number) \(id.rawValue)") }
}

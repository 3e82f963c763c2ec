import ChatStorageCore

extension CheckContext {
    /// Makes a conversation of eleven messages: 3, 5 and 7 follow 2, and 10 follows nothing; 9 is the head.
    func makeTree(_ chats: some ChatStorage, _ id: ConversationID) async throws {
        try await chats.append([.user("1"), .assistant("2"), .user("3"), .assistant("4")], to: id)
        try await chats.append(NewMessages([.user("5"), .assistant("6")], to: id, .insteadOf(3)))
        try await chats.append(NewMessages([.user("7"), .assistant("8"), .user("9")], to: id, .after(2)))
        try await chats.append(NewMessages([.user("10"), .assistant("11")], to: id, .after(0), movesHead: false))
    }

    /// Records a failure unless the conversation `c` has this current path.
    func expectPath(
        _ chats: some ChatStorage, _ path: [Int64], _ expectation: String, file: String = #fileID, line: Int = #line
    ) async throws {
        let read = try await chats.messages(of: "c", limit: 1_000).map(\.sequence)
        expect(read, equals: path, expectation, file: file, line: line)
    }

    /// Records a failure unless every message follows an existing one, and every path can be read.
    func expectTree(
        _ chats: some ChatStorage, _ id: ConversationID, file: String = #fileID, line: Int = #line
    ) async throws {
        let messages = try await chats.messages(MessageQuery(of: id, on: .all, limit: 100_000)).items
        let conversation = try await chats.conversation(id)
        expect(
            conversation?.messageCount ?? 0, equals: messages.count, "messages are counted", file: file, line: line)
        var entry = Model.Entry(
            conversation: Conversation(id: id, title: nil, createdAt: .past, updatedAt: .past, lastSequence: 0))
        for message in messages {
            let predecessor = message.predecessor ?? entry.messages.last?.sequence ?? 0
            let isThere = predecessor == 0 || entry.has(predecessor)
            expect(isThere, "\(message.sequence) follows a message that is there", file: file, line: line)
            entry.predecessors[message.sequence] = predecessor
            entry.messages.append(message)
        }
        let head = conversation?.head ?? messages.last?.sequence ?? 0
        expect(head == 0 || entry.has(head), "the head is there", file: file, line: line)
        for end in Set([head] + messages.suffix(20).map(\.sequence)) {
            let path = try await chats.messages(MessageQuery(of: id, on: .through(end), limit: 100_000)).items
            expect(
                path.map(\.sequence), equals: entry.path(through: end),
                "the path to each message follows the predecessors", file: file, line: line)
        }
        expect(
            try await chats.forks(of: id), equals: entry.forks, "the forks are those of the predecessors", file: file,
            line: line)
    }
}

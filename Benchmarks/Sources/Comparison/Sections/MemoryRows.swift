import ChatStorageCore
import ChatStorageInMemory

/// The rows in memory.
///
/// Every round of appends has new stores with the same conversations; reads share theirs.
struct MemoryRows {
    func rows() async throws -> [TableRow] {
        let ours = try await Self.backend()
        let limit = MemoryLimit(Self.conversations())
        for id in Load.ids {
            let messages = try await ours.messages(of: id, limit: 20)
            try Agreement.check(limit.lastMessages(of: id, limit: 20) == messages, "the last messages in memory")
        }
        return [
            appendRow(callers: 1, TableRow.Goal(limit: 0.5)),
            readRow(callers: 1, TableRow.Goal(limit: 0.75), ours, limit),
            readRow(callers: 64, TableRow.Goal(limit: 0.75), ours, limit),
        ]
    }

    /// Rows without goals, for a plot.
    func rows(callers: Int) async throws -> [TableRow] {
        let (ours, limit) = (try await Self.backend(), MemoryLimit(Self.conversations()))
        return [
            appendRow(callers: callers, TableRow.Goal()), readRow(callers: callers, TableRow.Goal(), ours, limit),
        ]
    }

    private func appendRow(callers: Int, _ goal: TableRow.Goal) -> TableRow {
        TableRow(
            operation: "append one message", backend: "memory", callers: callers, goal: goal,
            contenders: [
                Contender(.ours, "ChatStorage") { seconds in
                    let operation = AppendOne(storage: try await Self.backend().defaultTenant)
                    return try await Rate.measure(callers: callers, seconds: seconds, operation)
                },
                Contender(.limit, "locked dictionary") { seconds in
                    let limit = MemoryLimit(Self.conversations())
                    guard callers > 1 else {
                        return Rate.measure(seconds: seconds) { load in
                            load.seen &+= Int(limit.append(load.message(), to: load.id()).sequence)
                            return 1
                        }
                    }
                    let operation = MemoryLimitAppend(limit: limit)
                    return try await Rate.measure(callers: callers, seconds: seconds, operation)
                },
            ])
    }

    private func readRow(
        callers: Int, _ goal: TableRow.Goal, _ ours: InMemoryBackend, _ limit: MemoryLimit
    ) -> TableRow {
        TableRow(
            operation: "last 20 messages", backend: "memory", callers: callers, goal: goal,
            contenders: [
                Contender(.ours, "ChatStorage") { seconds in
                    let operation = ReadLast(storage: ours.defaultTenant)
                    return try await Rate.measure(callers: callers, seconds: seconds, operation)
                },
                Contender(.limit, "locked dictionary") { seconds in
                    guard callers > 1 else {
                        return Rate.measure(seconds: seconds) { load in
                            load.seen &+= limit.lastMessages(of: load.id(), limit: 20).count
                            return 1
                        }
                    }
                    let operation = MemoryLimitReadLast(limit: limit)
                    return try await Rate.measure(callers: callers, seconds: seconds, operation)
                },
            ])
    }

    static func backend() async throws -> InMemoryBackend {
        let backend = try InMemoryBackend(InMemoryBackend.Configuration(conversations: snapshots()))
        try await backend.prepare()
        return backend
    }

    static func conversations() -> [ConversationID: [Message]] {
        Dictionary(
            uniqueKeysWithValues: snapshots().map { snapshot in
                let messages = snapshot.messages.map {
                    Message(
                        conversationID: snapshot.id, sequence: $0.sequence, role: $0.role, content: $0.content,
                        createdAt: $0.createdAt)
                }
                return (snapshot.id, messages)
            })
    }

    private static func snapshots() -> [ConversationSnapshot] {
        let time = Timestamp(microsecondsSinceEpoch: 1_700_000_000_000_000)
        return Load.ids.enumerated().map { index, id in
            let messages = Load.stored(index).enumerated().map { number, message in
                ConversationSnapshot.Message(
                    sequence: Int64(number) + 1, role: message.role, content: message.content, createdAt: time)
            }
            return ConversationSnapshot(id: id, createdAt: time, updatedAt: time, messages: messages)
        }
    }
}

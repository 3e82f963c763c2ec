import ChatStorageCore

/// The transaction that restores a conversation, its messages in parts of a bounded size.
struct RestoreRequest {
    private static let messagesPerStep = 1_000
    private static let bytesPerStep = 1 << 20

    let request: Request

    init(_ snapshot: ConversationSnapshot, tenant: String, _ statements: Statements) {
        let (restored, stored) = (snapshot.conversation, snapshot.storedMessages)
        let conversation = Request.Step(statement: statements.restoreConversation, bytes: 0) {
            Parameters { values in
                values.append(tenant)
                values.append(snapshot.id.rawValue)
                ConversationTable.restored.append(restored, to: &values)
            }
        }
        let parts = Self.parts(snapshot.messages.map(\.body.storedBytes)).map { range, bytes in
            Request.Step(statement: statements.restoreMessages, bytes: bytes) {
                let messages = stored[range]
                return Parameters(bytes: bytes + 64 * messages.count + 256) { values in
                    values.append(tenant)
                    values.append(snapshot.id.rawValue)
                    MessageTable.append(messages, to: &values)
                }
            }
        }
        request = .transaction([conversation] + parts, on: ConversationKey(tenant: tenant, id: snapshot.id))
    }

    /// Divides messages into parts by their sizes; a message larger than a part is one by itself.
    static func parts(_ sizes: [Int]) -> [(range: Range<Int>, bytes: Int)] {
        var parts: [(range: Range<Int>, bytes: Int)] = []
        var start = 0
        var bytes = 0
        for (index, size) in sizes.enumerated() {
            if index > start, bytes + size > bytesPerStep || index - start == messagesPerStep {
                parts.append((start..<index, bytes))
                start = index
                bytes = 0
            }
            bytes += size
        }
        if start < sizes.count { parts.append((start..<sizes.count, bytes)) }
        return parts
    }
}

import ChatStorageCore

/// A writer's revision of an answer under way, as ``MessageTable/reviseAnswer`` takes it.
struct AnswerRevision: Sendable {
    private let revision: MessageRevision
    private let base: MessageRevision.Base
    private let parts: String?
    /// The stored form of the metadata before and after; nil if it does not change.
    private let metadata: (old: String?, new: String?)?

    init(_ revision: MessageRevision, _ base: MessageRevision.Base, metadata: (old: String?, new: String?)?) {
        self.revision = revision
        self.base = base
        self.metadata = metadata
        parts = revision.body.flatMap(MessageJSON.stored)
    }

    /// About how many bytes the values have.
    var bytes: Int {
        let texts = [revision.body?.content, parts, metadata?.old, metadata?.new]
        return texts.reduce(0) { $0 + ($1?.utf8.count ?? 0) }
    }

    /// Its values, in the order in which the statement takes them.
    static let columns = BoundColumns<AnswerRevision>([
        .init("sequence", .bigint) { $1.append($0.revision.sequence) },
        .init("created_at", .timestamptz) { $1.append($0.base.createdAt) },
        .init("revision", .bigint) { $1.append($0.base.revision) },
        .init("state", .text) { $1.append(MessageTable.stored($0.revision.state ?? .streaming)) },
        .init("sets_body", .boolean) { $1.append($0.revision.body != nil) },
        .init("content", .text) { $1.append($0.revision.body?.content) },
        .init("parts", .text) { $1.append($0.parts) },
        .init("sets_metadata", .boolean) { $1.append($0.metadata != nil) },
        .init("old_metadata", .text) { $1.append($0.metadata?.old) },
        .init("metadata", .text) { $1.append($0.metadata?.new) },
    ])

    /// Reads the message that the statement wrote; the statement does not return the values that it was given.
    func message(_ row: QueryResult.Row) throws -> Message {
        let written = try MessageTable.message(row, of: revision.conversationID)
        guard let body = revision.body else { return written }
        let whole = ChatMessage(
            role: written.role, parts: body.parts, metadata: written.metadata, key: written.key, native: body.native)
        return Message(
            conversationID: written.conversationID, sequence: written.sequence, body: whole,
            createdAt: written.createdAt, predecessor: written.predecessor, writing: written.writing)
    }
}

import ChatStorageCore
import GRDB

/// The peer on SQLite: GRDB's pool, with ``SQLiteText``'s statements and the library's pragmas and number of readers.
struct GRDBPeer: Sendable {
    private let pool: DatabasePool

    /// Opens a file that the library has made.
    init(path: String) throws {
        var configuration = Configuration()
        configuration.maximumReaderCount = 4
        pool = try DatabasePool(path: path, configuration: configuration)
        // Once it is open: opening sets the writer to `synchronous = NORMAL`, so a loss of power could undo commits.
        try pool.writeWithoutTransaction { database in
            try database.execute(
                sql: """
                    PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;
                    PRAGMA journal_size_limit = 67108864;
                    """)
        }
    }

    /// What a commit waits for: 2 is `FULL`.
    func synchronous() throws -> Int? {
        try pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") }
    }

    func close() throws {
        try pool.close()
    }

    func append(_ message: ChatMessage, to id: ConversationID) async throws -> Message {
        try await pool.write { database in
            let statement = try database.cachedStatement(sql: SQLiteText.place)
            guard let place = try Row.fetchOne(statement, arguments: ["", id.rawValue]) else {
                throw Failure("GRDB does not find a conversation to append to")
            }
            let conversation: Int64 = place[0]
            let (updatedAt, last): (Int64, Int64) = (place[2], place[3])
            let stored = Message(
                conversationID: id, sequence: last + 1, role: message.role, content: message.content,
                createdAt: max(Timestamp(microsecondsSinceEpoch: updatedAt), Timestamp.now()))
            try database.cachedStatement(sql: SQLiteText.extend).execute(
                arguments: [conversation, stored.sequence, stored.createdAt.microsecondsSinceEpoch])
            try database.cachedStatement(sql: SQLiteText.insert).execute(
                arguments: [
                    conversation, stored.sequence, SQLiteText.number(of: stored.role),
                    stored.createdAt.microsecondsSinceEpoch, stored.content,
                ])
            return stored
        }
    }

    func lastMessages(of id: ConversationID, limit: Int) async throws -> [Message] {
        try await pool.read { database in
            let statement = try database.cachedStatement(sql: SQLiteText.lastMessages)
            let rows = try Row.fetchCursor(statement, arguments: ["", id.rawValue, Int64.max, limit])
            var messages: [Message] = []
            messages.reserveCapacity(limit)
            while let row = try rows.next() {
                messages.append(
                    Message(
                        conversationID: id, sequence: row[0], role: SQLiteText.role(row[1]), content: row[3],
                        createdAt: Timestamp(microsecondsSinceEpoch: row[2])))
            }
            messages.reverse()
            return messages
        }
    }

    func conversations(limit: Int) async throws -> [Conversation] {
        try await pool.read { database in
            let statement = try database.cachedStatement(sql: SQLiteText.conversations)
            let rows = try Row.fetchCursor(statement, arguments: ["", Int64.max, limit])
            var conversations: [Conversation] = []
            conversations.reserveCapacity(limit)
            while let row = try rows.next() {
                conversations.append(
                    Conversation(
                        id: ConversationID(row[0]), title: row[1],
                        createdAt: Timestamp(microsecondsSinceEpoch: row[2]),
                        updatedAt: Timestamp(microsecondsSinceEpoch: row[3]), lastSequence: row[4]))
            }
            return conversations
        }
    }
}

struct GRDBAppend: Operation {
    let peer: GRDBPeer

    func call(_ load: inout Load) async throws {
        load.seen &+= Int(try await peer.append(load.message(), to: load.id()).sequence)
    }
}

struct GRDBReadLast: Operation {
    let peer: GRDBPeer

    func call(_ load: inout Load) async throws {
        load.seen &+= try await peer.lastMessages(of: load.id(), limit: 20).count
    }
}

struct GRDBList: Operation {
    let peer: GRDBPeer

    func call(_ load: inout Load) async throws {
        load.seen &+= try await peer.conversations(limit: 50).count
    }
}

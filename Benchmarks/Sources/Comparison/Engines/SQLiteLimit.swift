import ChatStorageCore
import GRDBSQLite

/// The limit on SQLite: the C library, called in a plain loop on one thread.
///
/// It has the library's pragmas and the statements of ``SQLiteText``, and fills the library's own values.
final class SQLiteLimit {
    private let database: OpaquePointer
    private let begin, commit, place, extend, insert, lastMessages, conversations: OpaquePointer

    /// Opens a file that the library has made.
    init(path: String) throws {
        var opened: OpaquePointer?
        guard sqlite3_open_v2(path, &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nil) == SQLITE_OK,
            let opened
        else { throw Failure("SQLite cannot open the file of the benchmark") }
        database = opened
        // As in `Database.init` and `Database.configureForWriting` of the library.
        let pragmas = """
            PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;
            PRAGMA checkpoint_fullfsync = ON; PRAGMA journal_size_limit = 67108864;
            """
        guard sqlite3_exec(opened, pragmas, nil, nil, nil) == SQLITE_OK else {
            throw Failure("SQLite refuses the benchmark's settings")
        }
        func prepare(_ sql: String) throws -> OpaquePointer {
            var statement: OpaquePointer?
            let result = sqlite3_prepare_v3(opened, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
            guard result == SQLITE_OK, let statement else {
                throw Failure("SQLite refuses a statement of the benchmark: is it still the library's schema?")
            }
            return statement
        }
        begin = try prepare("BEGIN IMMEDIATE")
        commit = try prepare("COMMIT")
        place = try prepare(SQLiteText.place)
        extend = try prepare(SQLiteText.extend)
        insert = try prepare(SQLiteText.insert)
        lastMessages = try prepare(SQLiteText.lastMessages)
        conversations = try prepare(SQLiteText.conversations)
        // The tenant is the same in every call, and a reset keeps what is bound.
        for statement in [place, lastMessages, conversations] { bind("", to: statement, at: 1) }
    }

    deinit {
        for statement in [begin, commit, place, extend, insert, lastMessages, conversations] {
            sqlite3_finalize(statement)
        }
        sqlite3_close(database)
    }

    static var version: String { String(cString: sqlite3_libversion()) }

    func transaction<Result>(_ body: () throws -> Result) throws -> Result {
        try run(begin)
        let result = try body()
        try run(commit)
        return result
    }

    /// Appends one message to a conversation that exists, in the transaction of the caller.
    func append(_ message: ChatMessage, to id: ConversationID) throws -> Message {
        bind(id.rawValue, to: place, at: 2)
        guard sqlite3_step(place) == SQLITE_ROW else { throw failure }
        let conversation = sqlite3_column_int64(place, 0)
        let updatedAt = Timestamp(microsecondsSinceEpoch: sqlite3_column_int64(place, 2))
        let stored = Message(
            conversationID: id, sequence: sqlite3_column_int64(place, 3) + 1, role: message.role,
            content: message.content, createdAt: max(updatedAt, Timestamp.now()))
        try reset(place)

        sqlite3_bind_int64(extend, 1, conversation)
        sqlite3_bind_int64(extend, 2, stored.sequence)
        sqlite3_bind_int64(extend, 3, stored.createdAt.microsecondsSinceEpoch)
        try run(extend)

        sqlite3_bind_int64(insert, 1, conversation)
        sqlite3_bind_int64(insert, 2, stored.sequence)
        sqlite3_bind_int64(insert, 3, SQLiteText.number(of: stored.role))
        sqlite3_bind_int64(insert, 4, stored.createdAt.microsecondsSinceEpoch)
        bind(stored.content, to: insert, at: 5)
        try run(insert)
        return stored
    }

    func lastMessages(of id: ConversationID, limit: Int) throws -> [Message] {
        bind(id.rawValue, to: lastMessages, at: 2)
        sqlite3_bind_int64(lastMessages, 3, .max)
        sqlite3_bind_int64(lastMessages, 4, Int64(limit))
        var messages: [Message] = []
        messages.reserveCapacity(limit)
        while sqlite3_step(lastMessages) == SQLITE_ROW {
            messages.append(
                Message(
                    conversationID: id, sequence: sqlite3_column_int64(lastMessages, 0),
                    role: SQLiteText.role(sqlite3_column_int64(lastMessages, 1)), content: try text(lastMessages, 3),
                    createdAt: Timestamp(microsecondsSinceEpoch: sqlite3_column_int64(lastMessages, 2))))
        }
        try reset(lastMessages)
        messages.reverse()
        return messages
    }

    func conversations(limit: Int) throws -> [Conversation] {
        sqlite3_bind_int64(conversations, 2, .max)
        sqlite3_bind_int64(conversations, 3, Int64(limit))
        var found: [Conversation] = []
        found.reserveCapacity(limit)
        while sqlite3_step(conversations) == SQLITE_ROW {
            found.append(
                Conversation(
                    id: ConversationID(try text(conversations, 0)),
                    title: sqlite3_column_type(conversations, 1) == SQLITE_NULL ? nil : try text(conversations, 1),
                    createdAt: Timestamp(microsecondsSinceEpoch: sqlite3_column_int64(conversations, 2)),
                    updatedAt: Timestamp(microsecondsSinceEpoch: sqlite3_column_int64(conversations, 3)),
                    lastSequence: sqlite3_column_int64(conversations, 4)))
            // Nothing that is measured has labels or a read mark; the library looks all the same.
            guard sqlite3_column_type(conversations, 5) == SQLITE_NULL else {
                throw Failure("a conversation has more than a plain one")
            }
        }
        try reset(conversations)
        return found
    }

    /// Writes a number of conversations without messages.
    func fillWide(_ size: Int) throws {
        let sql = """
            WITH RECURSIVE number (n) AS (VALUES (0) UNION ALL SELECT n + 1 FROM number WHERE n < \(size - 1))
            INSERT INTO conversations (tenant, conversation_id, created_at_us, updated_at_us, last_sequence)
            SELECT '', \(SizedStore.firstWide) + n, \(SizedStore.firstTime) + n, \(SizedStore.firstTime) + n, 0
            FROM number
            """
        guard sqlite3_exec(database, sql, nil, nil, nil) == SQLITE_OK else { throw failure }
    }

    private var failure: Failure { Failure("SQLite fails with the code \(sqlite3_extended_errcode(database))") }

    private func run(_ statement: OpaquePointer) throws {
        guard sqlite3_step(statement) == SQLITE_DONE else { throw failure }
        try reset(statement)
    }

    private func reset(_ statement: OpaquePointer) throws {
        guard sqlite3_reset(statement) == SQLITE_OK else { throw failure }
    }

    private func bind(_ text: String, to statement: OpaquePointer, at index: Int32) {
        var text = text
        text.withUTF8 { bytes in
            _ = bytes.withMemoryRebound(to: CChar.self) {
                sqlite3_bind_text64(
                    statement, index, $0.baseAddress ?? Self.empty, UInt64($0.count), Self.transient,
                    UInt8(SQLITE_UTF8))
            }
        }
    }

    private func text(_ statement: OpaquePointer, _ column: Int32) throws -> String {
        let start = sqlite3_column_text(statement, column)
        let bytes = UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, column)))
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Failure("a text is not UTF-8") }
        return text
    }

    /// SQLite's own constant for "copy the text": a macro that Swift does not import, the pointer -1.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    /// `nonisolated(unsafe)`: a byte that nobody writes.
    private nonisolated(unsafe) static let empty: UnsafePointer<CChar> = {
        let byte = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
        byte.initialize(to: 0)
        return UnsafePointer(byte)
    }()
}

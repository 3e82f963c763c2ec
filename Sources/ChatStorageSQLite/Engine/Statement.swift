import ChatStorageCore
import ChatStorageSupport

#if canImport(SQLite3)
import SQLite3
#else
import CSQLite
#endif

/// A prepared statement; text goes in and comes out with its length, never up to a NUL.
struct Statement {
    private let handle: OpaquePointer
    private let database: OpaquePointer

    init(_ sql: SQL, on database: OpaquePointer) throws {
        var prepared: OpaquePointer?
        let result = sqlite3_prepare_v3(
            database, sql.text, Int32(sql.text.utf8.count), UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard result == SQLITE_OK, let prepared else { throw SQLiteFailure(database, code: result, in: sql.text) }
        handle = prepared
        self.database = database
    }

    func finalize() {
        sqlite3_finalize(handle)
    }

    func reset() {
        sqlite3_reset(handle)
        // Bound copies of long texts are freed now, not when the statement is used again.
        sqlite3_clear_bindings(handle)
    }

    /// Whether SQLite recompiled it since the last call of this: the schema changed, or its statistics did.
    func wasCompiledAnew() -> Bool {
        sqlite3_stmt_status(handle, SQLITE_STMTSTATUS_REPREPARE, 1) != 0
    }

    // MARK: Binding

    func bind(_ text: String, at index: Int32) throws {
        let result = text.withUTF8Bytes { bytes in
            // A null pointer would bind NULL, so an empty text gets the address of a constant, which need not be
            // copied.
            guard let start = bytes.baseAddress, !bytes.isEmpty else {
                let address = UnsafeRawPointer(Self.empty.utf8Start).assumingMemoryBound(to: CChar.self)
                return sqlite3_bind_text64(handle, index, address, 0, nil, UInt8(SQLITE_UTF8))
            }
            return start.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                sqlite3_bind_text64(
                    handle, index, $0, sqlite3_uint64(bytes.count), Self.transient, UInt8(SQLITE_UTF8))
            }
        }
        guard result == SQLITE_OK else { throw SQLiteFailure(database, code: result) }
    }

    func bind(_ text: String?, at index: Int32) throws {
        if let text {
            try bind(text, at: index)
        } else {
            let result = sqlite3_bind_null(handle, index)
            guard result == SQLITE_OK else { throw SQLiteFailure(database, code: result) }
        }
    }

    func bind(_ number: Int64, at index: Int32) throws {
        let result = sqlite3_bind_int64(handle, index, number)
        guard result == SQLITE_OK else { throw SQLiteFailure(database, code: result) }
    }

    func bind(_ number: Int64?, at index: Int32) throws {
        let result =
            number.map { sqlite3_bind_int64(handle, index, $0) } ?? sqlite3_bind_null(handle, index)
        guard result == SQLITE_OK else { throw SQLiteFailure(database, code: result) }
    }

    /// Binds a number, or NULL if it is 0.
    func bind(orNull number: Int64, at index: Int32) throws {
        try bind(number == 0 ? nil : number, at: index)
    }

    func bind(_ time: Timestamp, at index: Int32) throws {
        try bind(time.microsecondsSinceEpoch, at: index)
    }

    // MARK: Rows

    /// Goes to the next row; false after the last, and after a statement that returns none.
    func step() throws -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let result:
            throw SQLiteFailure(database, code: result, in: sqlite3_sql(handle).map { String(cString: $0) })
        }
    }

    /// Reads the only row, if there is one, and goes on to the statement's end.
    ///
    /// A statement that writes has ended only with the step after its last row
    /// (<https://www.sqlite.org/lang_returning.html>).
    func onlyRow<Row>(_ read: (Statement) throws -> Row) throws -> Row? {
        guard try step() else { return nil }
        let row = try read(self)
        _ = try step()
        return row
    }

    /// Reads all rows that are left.
    func rows<Row>(_ read: (Statement) throws -> Row) throws -> [Row] {
        var rows: [Row] = []
        while try step() { rows.append(try read(self)) }
        return rows
    }

    func int64(_ column: Int32) -> Int64 {
        sqlite3_value_int64(value(column))
    }

    /// A number, nil for NULL.
    func optionalInt64(_ column: Int32) -> Int64? {
        isNull(column) ? nil : int64(column)
    }

    func isNull(_ column: Int32) -> Bool {
        sqlite3_value_type(value(column)) == SQLITE_NULL
    }

    /// A column's value, until the next step.
    ///
    /// Asking the value is quicker than asking the statement each time. No other thread is inside the connection, and
    /// without a mutex its values count as protected (<https://www.sqlite.org/c3ref/value.html>).
    private func value(_ column: Int32) -> OpaquePointer? {
        sqlite3_column_value(handle, column)
    }

    func text(_ column: Int32) throws -> String {
        guard let text = try optionalText(column) else {
            throw ChatStorageError(.damaged, "a stored row lacks a text that every row has")
        }
        return text
    }

    func optionalText(_ column: Int32) throws -> String? {
        guard let bytes = bytes(column) else { return nil }
        guard let text = String(validUTF8: bytes) else {
            throw ChatStorageError(.damaged, "a stored text is not UTF-8")
        }
        return text
    }

    /// A text that few rows have; checks for NULL first, since asking for NULL as a text takes longer.
    func rareText(_ column: Int32) throws -> String? {
        isNull(column) ? nil : try optionalText(column)
    }

    /// The first Unicode scalars of a text, and how many bytes the whole text has; looks at no more than the start.
    func start(_ column: Int32, scalars: Int) throws -> (text: String, bytes: Int) {
        guard let bytes = bytes(column), !bytes.isEmpty else { return ("", 0) }
        let start = UnsafeBufferPointer(rebasing: bytes.prefix(scalars: scalars))
        guard let text = String(validUTF8: start) else {
            throw ChatStorageError(.damaged, "a stored text is not UTF-8")
        }
        return (text, bytes.count)
    }

    /// The bytes of a text, until the next step; nil for NULL.
    private func bytes(_ column: Int32) -> UnsafeBufferPointer<UInt8>? {
        let value = value(column)
        guard let start = sqlite3_value_text(value) else { return nil }
        // The text first, then its length: asking for the text may convert the value (c3ref/column_blob.html).
        return UnsafeBufferPointer(start: start, count: Int(sqlite3_value_bytes(value)))
    }

    func timestamp(_ column: Int32) throws -> Timestamp {
        let time = Timestamp(microsecondsSinceEpoch: int64(column))
        guard Limits.timestamps.contains(time) else {
            throw ChatStorageError(.damaged, "a stored time is outside the years 1 to 9999")
        }
        return time
    }

    private static let empty: StaticString = ""

    /// SQLite's own constant for "copy the text": a macro that Swift does not import, the pointer -1.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}

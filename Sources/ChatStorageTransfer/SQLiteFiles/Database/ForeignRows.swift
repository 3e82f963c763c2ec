import ChatStorageSupport

#if canImport(SQLite3)
import SQLite3
#else
import CSQLite
#endif

/// A value of another program's table, of any type.
enum ForeignValue: Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    /// A text that is not UTF-8.
    case damagedText
    case blob([UInt8])
}

/// The rows of a statement on another program's tables, one at a time.
final class ForeignRows {
    /// Keeps the database open as long as the statement.
    private let database: ForeignDatabase
    private let statement: OpaquePointer
    private let mostBytes: Int
    private var names: [String] = []

    // SQLITE_TRANSIENT is a macro that Swift does not import; SQLite compares the pointer and never calls it.
    fileprivate static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    init(
        _ sql: StaticString, _ values: [ForeignValue], of database: ForeignDatabase, _ handle: OpaquePointer,
        mostBytes: Int
    ) throws {
        var prepared: OpaquePointer?
        let start = UnsafeRawPointer(sql.utf8Start).assumingMemoryBound(to: CChar.self)
        let result = sqlite3_prepare_v2(handle, start, Int32(sql.utf8CodeUnitCount), &prepared, nil)
        guard result == SQLITE_OK, let prepared else { throw ForeignDatabase.error(result) }
        self.database = database
        statement = prepared
        self.mostBytes = mostBytes
        for (index, value) in values.enumerated() { try bind(value, at: Int32(index) + 1) }
        names = (0..<sqlite3_column_count(statement)).map { column in
            sqlite3_column_name(statement, column).map { String(cString: $0).lowercased() } ?? ""
        }
    }

    deinit {
        sqlite3_finalize(statement)
    }

    /// The values of the next row by the names of their columns, in lower case; nil after the last.
    func next() throws -> [String: ForeignValue]? {
        switch sqlite3_step(statement) {
        case SQLITE_ROW: break
        case SQLITE_DONE: return nil
        case let result: throw ForeignDatabase.error(result)
        }
        var row: [String: ForeignValue] = [:]
        for (column, name) in names.enumerated() { row[name] = try value(Int32(column)) }
        return row
    }

    private func value(_ column: Int32) throws -> ForeignValue {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_NULL: return .null
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(statement, column))
        case SQLITE_FLOAT: return .real(sqlite3_column_double(statement, column))
        case SQLITE_TEXT:
            guard let start = sqlite3_column_text(statement, column) else { return .text("") }
            let text = UnsafeBufferPointer(start: start, count: try count(column))
            return String(validUTF8: text).map(ForeignValue.text) ?? .damagedText
        default:
            guard let start = sqlite3_column_blob(statement, column) else { return .blob([]) }
            return .blob(Array(UnsafeRawBufferPointer(start: start, count: try count(column))))
        }
    }

    private func count(_ column: Int32) throws -> Int {
        let count = Int(sqlite3_column_bytes(statement, column))
        guard count <= mostBytes else {
            throw ForeignDatabaseError(reason: "has a value of more than \(mostBytes >> 20) MiB")
        }
        return count
    }

    private func bind(_ value: ForeignValue, at index: Int32) throws {
        let result =
            switch value {
            case .null, .damagedText: sqlite3_bind_null(statement, index)
            case .integer(let number): sqlite3_bind_int64(statement, index, number)
            case .real(let number): sqlite3_bind_double(statement, index, number)
            case .blob(let bytes): sqlite3_bind_blob(statement, index, bytes, Int32(bytes.count), Self.transient)
            case .text(let text):
                sqlite3_bind_text(statement, index, text, Int32(text.utf8.count), Self.transient)
            }
        guard result == SQLITE_OK else { throw ForeignDatabase.error(result) }
    }
}

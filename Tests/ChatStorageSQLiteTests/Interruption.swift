import Testing

@testable import ChatStorageSQLite

#if canImport(SQLite3)
import SQLite3
#else
import CSQLite
#endif

/// Calls a body when a connection begins a statement that has a text in it.
///
/// It belongs to one test, whose connection runs on its thread.
final class Interruption {
    private let text: String
    private let body: () throws -> Void
    private(set) var count = 0

    init(of database: Database, atStatementWith text: String, _ body: @escaping () throws -> Void) {
        self.text = text
        self.body = body
        sqlite3_trace_v2(
            database.handle, UInt32(SQLITE_TRACE_STMT),
            { _, context, _, sql in
                guard let context, let sql else { return 0 }
                Unmanaged<Interruption>.fromOpaque(context).takeUnretainedValue()
                    .begins(String(cString: sql.assumingMemoryBound(to: CChar.self)))
                return 0
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    private func begins(_ sql: String) {
        guard sql.contains(text) else { return }
        count += 1
        #expect(throws: Never.self) { try body() }
    }
}

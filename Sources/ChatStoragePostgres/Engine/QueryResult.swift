import CLibPQ
import ChatStorageCore
import ChatStorageSupport

/// A statement's answer: rows in binary format, and the command's tag.
///
/// It owns libpq's result, so callers can decode it on their own threads.
// A PGresult does not change once libpq has handed it out, and reading it is safe on any thread
// (https://www.postgresql.org/docs/current/libpq-threading.html).
final class QueryResult: @unchecked Sendable {
    private let result: OpaquePointer

    /// Takes over a result of libpq.
    init(_ result: OpaquePointer) {
        self.result = result
    }

    deinit {
        PQclear(result)
    }

    /// How many rows there are.
    var rowCount: Int { Int(PQntuples(result)) }

    /// About how many bytes it has.
    var bytes: Int { PQresultMemorySize(result) }

    /// The rows, in the order in which the server sent them.
    var rows: some RandomAccessCollection<Row> {
        (0..<PQntuples(result)).lazy.map { Row(result: self, number: $0) }
    }

    /// The server's name for what it did: `INSERT 0 1`, `COMMIT`.
    var commandTag: String { PQcmdStatus(result).map { String(cString: $0) } ?? "" }

    /// How many rows the command inserted, updated or deleted.
    var affectedRows: Int { PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0 }

    /// A row; a value that the library does not write is `damaged`.
    struct Row {
        fileprivate let result: QueryResult
        fileprivate let number: Int32

        /// Reads a `text`.
        func text(_ column: Int32) throws -> String {
            guard let text = try optionalText(column) else { throw Self.damaged("a text is missing") }
            return text
        }

        /// Reads a `text` or NULL.
        func optionalText(_ column: Int32) throws -> String? {
            try withBytes(column) { bytes in
                guard let text = String(validUTF8: bytes) else { throw Self.damaged("a text is not UTF-8") }
                return text
            }
        }

        /// Reads a `text[]` of one dimension without NULLs, or NULL.
        func optionalTexts(_ column: Int32) throws -> [String]? {
            try withBytes(column) { bytes in
                guard let texts = BinaryArray.texts(UnsafeRawBufferPointer(bytes)) else {
                    throw Self.damaged("an array is not one of texts")
                }
                return texts
            }
        }

        /// Whether a value is NULL or missing.
        func isNull(_ column: Int32) -> Bool { PQgetisnull(result.result, number, column) != 0 }

        /// Reads a role from a `text`.
        func role(_ column: Int32) throws -> Role {
            if let role = withBytes(column, Role.init(utf8:)) ?? nil { return role }
            return Role(rawValue: try text(column))
        }

        /// Reads a `bigint`.
        func int64(_ column: Int32) throws -> Int64 {
            let number = withBytes(column) { bytes in
                bytes.count == 8 ? Int64(bigEndian: UnsafeRawBufferPointer(bytes).loadUnaligned(as: Int64.self)) : nil
            }
            guard let number = number ?? nil else { throw Self.damaged("a number is missing") }
            return number
        }

        /// Reads a `bigint` that cannot be below a bound.
        func int64(_ column: Int32, atLeast bound: Int64) throws -> Int64 {
            let number = try int64(column)
            guard number >= bound else { throw Self.damaged("a number is out of its range") }
            return number
        }

        /// Reads a `timestamptz`.
        func time(_ column: Int32) throws -> Timestamp {
            guard let time = PostgresTime.time(ofMicroseconds: try int64(column)) else {
                throw Self.damaged("a time is outside the years 1 to 9999")
            }
            return time
        }

        /// Reads a `boolean`.
        func bool(_ column: Int32) throws -> Bool {
            guard let value = withBytes(column, { $0.first }), let value else {
                throw Self.damaged("a boolean is missing")
            }
            return value != 0
        }

        /// Calls the body with a value's bytes; nil for NULL and for a missing column.
        private func withBytes<Result>(
            _ column: Int32, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
        ) rethrows -> Result? {
            try withExtendedLifetime(result) {
                // NULL and a missing value have no length, so only a value without bytes needs a second look.
                let count = Int(PQgetlength(result.result, number, column))
                guard count > 0 || PQgetisnull(result.result, number, column) == 0,
                    let value = PQgetvalue(result.result, number, column)
                else { return nil }
                let bytes = UnsafeRawPointer(value).assumingMemoryBound(to: UInt8.self)
                return try body(UnsafeBufferPointer(start: bytes, count: count))
            }
        }

        private static func damaged(_ problem: String) -> ChatStorageError {
            ChatStorageError(.damaged, "the database holds a row that the library does not write: \(problem)")
        }
    }
}

import CLibPQ
import Foundation

/// What PostgreSQL answered to a test's own statement, or why there is no connection.
package struct TestPostgresError: Error, CustomStringConvertible {
    /// The SQLSTATE, empty when the connection failed.
    package let sqlState: String
    /// The server's or libpq's sentence.
    package let message: String

    package var description: String { "\(sqlState) \(message)" }
}

/// A plain blocking connection: a second, independent way to look at the database and to write past the library.
///
/// It belongs to one thread at a time.
package final class TestPostgresConnection {
    private let connection: OpaquePointer

    /// Connects.
    package init(url: String) throws {
        guard let connection = PQconnectdb(url) else {
            throw TestPostgresError(sqlState: "", message: "out of memory")
        }
        self.connection = connection
        guard PQstatus(connection) == CONNECTION_OK else {
            throw TestPostgresError(sqlState: "", message: String(cString: PQerrorMessage(connection)))
        }
        // Notices would go to standard error.
        PQsetNoticeReceiver(connection, { _, _ in }, nil)
    }

    deinit {
        PQfinish(connection)
    }

    /// The process id of the server's end.
    package var backendPID: Int32 { PQbackendPID(connection) }

    /// Runs one or more statements.
    ///
    /// - Returns: The rows of the last statement, each value as PostgreSQL's text; nil is NULL.
    /// - Throws: ``TestPostgresError``.
    @discardableResult
    package func execute(_ sql: String) throws -> [[String?]] {
        let result = PQexec(connection, sql)
        defer { PQclear(result) }
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
            return []
        case PGRES_TUPLES_OK:
            return (0..<PQntuples(result)).map { row in
                (0..<PQnfields(result)).map { field in
                    guard PQgetisnull(result, row, field) == 0, let value = PQgetvalue(result, row, field) else {
                        return nil
                    }
                    let bytes = UnsafeRawBufferPointer(start: value, count: Int(PQgetlength(result, row, field)))
                    return String(decoding: bytes, as: UTF8.self)
                }
            }
        default:
            let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) }
            throw TestPostgresError(sqlState: state ?? "", message: String(cString: PQerrorMessage(connection)))
        }
    }

    /// Runs SQL on a connection of its own.
    ///
    /// - Returns: The rows of the last statement, each value as PostgreSQL's text; nil is NULL.
    /// - Throws: ``TestPostgresError``.
    package static func execute(_ sql: String, url: String) async throws -> [[String?]] {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try TestPostgresConnection(url: url).execute(sql) })
            }
        }
    }
}

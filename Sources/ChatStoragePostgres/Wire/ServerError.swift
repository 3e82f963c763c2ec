import CLibPQ
import ChatStorageCore

/// An error of the server, reduced to what holds no data: its primary message can quote values, its DETAIL the row.
struct ServerError: Error, Sendable, Hashable {
    /// The SQLSTATE, five characters (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
    let sqlState: String
    /// Whether the server ends the session with it.
    var isFatal = false
    /// The constraint that refused, where there is one.
    var constraint: String?
    /// The table concerned, where there is one.
    var table: String?

    /// Whether the server did not finish the transaction because of others, so that it can be run again.
    var isTransactionConflict: Bool { sqlState == "40001" || sqlState == "40P01" }

    /// Whether a prepared statement is gone (26000) or its rows have changed their type (0A000).
    var isStatementOutdated: Bool { sqlState == "26000" || sqlState == "0A000" }

    /// Whether the session is in a transaction of another call that failed: its COMMIT was refused unread.
    var isOfAbortedTransaction: Bool { sqlState == "25P02" }

    /// Whether it is about the connection: class 08, which a pooler sends when its own connection to the server broke.
    var isOfConnection: Bool { sqlState.hasPrefix("08") }

    /// Whether a lock may not have been to be had: after the lock timeout, or after the statement's.
    var isOfLock: Bool { sqlState == "55P03" || sqlState == "57014" }

    /// Whether the server takes no writes: a standby, or a primary that became one.
    var isReadOnlyServer: Bool { sqlState == "25006" }
}

extension ServerError {
    /// The library's error for this one.
    ///
    /// - Parameter isWrite: Whether the call would have written; nothing of it was.
    func storageError(isWrite: Bool) -> ChatStorageError {
        let (code, message) = meaning
        let error = ChatStorageError(code, message, cause: cause)
        return isWrite ? error.beforeWriting : error
    }

    /// The engine's side of the error.
    var cause: ChatStorageError.Cause {
        ChatStorageError.Cause(engine: "PostgreSQL", code: sqlState, constraint: constraint, table: table)
    }

    /// The one place where a SQLSTATE becomes a code.
    private var meaning: (ChatStorageError.Code, String) {
        switch sqlState {
        case "23505" where constraint == SchemaDefinition.messagesKey:
            return (.damaged, "a conversation's last sequence is below its messages'")
        case "23514" where constraint == SchemaDefinition.roleConstraint:
            return (.invalidRole, "the database does not take the role of a message")
        case "25006": return (.readOnly, "the server takes no writes; it is a standby or set to read only")
        case "3D000":
            // Not `unavailable`: waiting does not make the database, and whoever runs the server has to act.
            return (.accessDenied, "the server has no database of this name")
        case "42501": return (.accessDenied, "the database user lacks a privilege")
        case "42P01", "3F000": return (.notPrepared, "the store has no schema; call prepare() first")
        case "55P03": return (.unavailable, "a lock was not to be had within the lock timeout")
        case "57014": return (.unavailable, "the server cancelled the statement, most often at the statement timeout")
        case "XX001", "XX002": return (.damaged, "the database is corrupt")
        case "40001", "40P01": return (.unavailable, "other transactions were in the way each time it was tried")
        default: break
        }
        switch sqlState.prefix(2) {
        case "28": return (.accessDenied, "the server refuses the user or the password")
        case "08", "53", "57", "58": return (.unavailable, "the server cannot serve the call at present")
        case "22": return (.damaged, "the database holds a value that the library does not write")
        case "23", "42", "P0":
            return (.schemaMismatch, "the database refused a statement that suits the schema as the library makes it")
        default: return (.unavailable, "the server failed")
        }
    }
}

extension ServerError {
    /// Reads an error result of libpq; nil when libpq made it up itself, because the connection broke.
    init?(_ result: OpaquePointer) {
        func field(_ code: Unicode.Scalar) -> String? {
            PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) }
        }
        guard let sqlState = field("C") else { return nil }
        // The field V is the severity in English, whatever the server's language.
        let severity = field("V")
        self.init(
            sqlState: sqlState, isFatal: severity == "FATAL" || severity == "PANIC", constraint: field("n"),
            table: field("t"))
    }
}

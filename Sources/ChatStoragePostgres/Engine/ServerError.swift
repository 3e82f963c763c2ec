import CLibPQ
import ChatStorageCore

/// An error of the server without its texts: the primary message can quote values, DETAIL the row.
struct ServerError: Error, Sendable, Hashable {
    /// The SQLSTATE, five characters (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
    let sqlState: String
    /// Whether the server ends the session with it.
    var isFatal = false
    /// The constraint that refused, if there is one; a distributed engine names none, so nothing may depend on it.
    var constraint: String?
    /// The table concerned, if there is one.
    var table: String?

    /// Whether other transactions kept the server from finishing this one, so that it can be run again.
    var isTransactionConflict: Bool { sqlState == "40001" || sqlState == "40P01" }

    /// Whether the rows of a prepared statement have changed their type.
    var isOfChangedRows = false

    /// Whether the statement was not prepared because of an error before it on the same connection.
    var isOfForgottenStatement = false

    /// Whether a prepared statement is gone or another's, or its rows have changed their type.
    var isStatementOutdated: Bool { isOfMissingStatement || isOfChangedRows }

    /// Whether others prepare or remove statements in the session, as behind a pooler: a statement is gone (26000), or
    /// is already there (42P05).
    var isOfSharedSession: Bool { isOfMissingStatement && !isOfForgottenStatement }

    private var isOfMissingStatement: Bool { sqlState == "26000" || sqlState == "42P05" }

    /// Whether the session is still in another call's failed transaction, whose COMMIT was refused unread.
    var isOfAbortedTransaction: Bool { sqlState == "25P02" }

    /// Whether it is about the connection: class 08, which a pooler sends when its own connection to the server broke.
    var isOfConnection: Bool { sqlState.hasPrefix("08") }

    /// Whether the server gave up a wait for a lock.
    var isLockTimeout: Bool { sqlState == "55P03" }

    /// Whether the statement may have failed because of a lock: lock timeout or statement timeout.
    var isOfLock: Bool { sqlState == "55P03" || sqlState == "57014" }

    /// A row of the same key already exists.
    static let uniqueViolation = "23505"

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
        case "25006": return (.readOnly, "the server takes no writes; it is a standby or set to read only")
        case "28P01": return (.accessDenied, "the server refuses the password, or does not know the user")
        case "3D000":
            // Not `unavailable`: waiting does not make the database, and the server's admin has to act.
            return (.accessDenied, "the server has no database of this name")
        case "40001", "40P01": return (.unavailable, "conflicts with other transactions ended every attempt")
        case "42501":
            return (.accessDenied, "the database user lacks a privilege\(table.map { " on the table \($0)" } ?? "")")
        case "42P01", "3F000": return (.notPrepared, "the store's tables are not there; call prepare() first")
        case "53100": return (.unavailable, "the server's disk is full")
        case "53200": return (.unavailable, "the server has no memory left")
        case "53300": return (.unavailable, "the server takes no more connections, in all or for this user or database")
        case "55P03": return (.unavailable, "a lock was not available within the lock timeout or the call timeout")
        case "57014": return (.unavailable, "the server cancelled the statement, most often at the statement timeout")
        case "57P01", "57P02": return (.unavailable, "the server is stopping, or an admin ended the connection")
        case "57P03": return (.unavailable, "the server is starting, recovering or stopping")
        case "XX001", "XX002": return (.damaged, "the database is corrupt")
        default: return meaningOfClass
        }
    }

    private var meaningOfClass: (ChatStorageError.Code, String) {
        switch sqlState.prefix(2) {
        case "08": (.unavailable, "the connection to the server failed")
        case "22": (.damaged, "the database holds a value that the library does not write")
        case "23":
            (.schemaMismatch, "a constraint that is not the library's refused the write")
        case "28":
            (
                .accessDenied,
                "the server does not let this user in from here: it has no such user, or no rule for the connection"
            )
        case "0A", "42", "P0":
            (
                .schemaMismatch,
                "the database refused a statement of the library: its schema is not as the library makes it"
            )
        case "53", "57": (.unavailable, "the server cannot serve the call at present")
        case "58": (.unavailable, "the server could not read or write its files")
        default: (.unavailable, "the server failed")
        }
    }
}

extension ServerError {
    /// Reads an error result of libpq; nil if libpq made it up because the connection broke.
    ///
    /// - Parameter tables: The tables that it may name.
    init?(_ result: OpaquePointer, tables: [String]) {
        func field(_ code: Unicode.Scalar) -> String? {
            PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) }
        }
        guard let sqlState = field("C") else { return nil }
        // The field V is the severity in English, whatever the server's language.
        let severity = field("V")
        self.init(
            sqlState: sqlState, isFatal: severity == "FATAL" || severity == "PANIC", constraint: field("n"),
            table: field("t")
                ?? (sqlState == "42501" ? field("M").flatMap { Self.ownTable(in: $0, among: tables) } : nil))
        isOfChangedRows = Self.isOfChangedRows(sqlState, function: field("R"))
    }

    /// Whether an error "feature not supported" means that a prepared statement's rows have changed their type.
    ///
    /// The message can be in any language, but the reporting function of the server's source has a fixed name
    /// (`src/backend/utils/cache/plancache.c`).
    static func isOfChangedRows(_ sqlState: String, function: String?) -> Bool {
        sqlState == "0A000" && function == "RevalidateCachedQuery"
    }

    /// The table of the library that a message names, in any language; nothing else of the message is kept.
    ///
    /// For a missing privilege the server does not report the table as a field.
    static func ownTable(in message: String, among tables: [String]) -> String? {
        let words = message.split { !($0 == "_" || $0.isLetter || $0.isNumber) }
        return tables.first { words.contains($0[...]) }
    }
}

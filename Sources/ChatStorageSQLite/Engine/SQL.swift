import Synchronization

/// A statement of the library's own, which each connection prepares once.
///
/// Parameters are numbered; a comment beside the text says what each is.
struct SQL: Sendable {
    private static let count = Atomic(0)

    let text: String
    /// Its index among the statements of a connection.
    let slot: Int

    /// Makes a statement; call it once for each, as the value of a `static let`.
    init(_ text: SQLText) {
        self.text = text.text
        slot = Self.count.add(1, ordering: .relaxed).oldValue
    }
}

/// A part of a statement: literals in the code, with other parts between them.
///
/// It takes no `String`, so no data can get into a statement.
struct SQLText: Sendable, ExpressibleByStringInterpolation {
    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) {}

        mutating func appendLiteral(_ literal: StaticString) {
            text += literal.description
        }

        mutating func appendInterpolation(_ part: SQLText) {
            text += part.text
        }

        mutating func appendInterpolation(_ number: Int32) {
            text += "\(number)"
        }
    }

    fileprivate let text: String

    init(stringLiteral literal: StaticString) {
        text = literal.description
    }

    init(stringInterpolation: StringInterpolation) {
        text = stringInterpolation.text
    }

    /// Makes a list of parts, with commas between them.
    init(list parts: [SQLText]) {
        text = parts.map(\.text).joined(separator: ", ")
    }
}

/// The statements of every connection, whatever its tables are.
extension SQL {
    static let begin = SQL("BEGIN IMMEDIATE")
    static let beginReading = SQL("BEGIN")
    static let commit = SQL("COMMIT")
    static let rollback = SQL("ROLLBACK")
    static let savepoint = SQL("SAVEPOINT call")
    static let releaseSavepoint = SQL("RELEASE call")
    static let rollbackToSavepoint = SQL("ROLLBACK TO call")
    static let encoding = SQL("PRAGMA encoding")
    static let pageSize = SQL("PRAGMA page_size")
    static let journalMode = SQL("PRAGMA journal_mode")
    static let useWriteAheadLog = SQL("PRAGMA journal_mode = WAL")
    static let useRollbackJournal = SQL("PRAGMA journal_mode = DELETE")
}

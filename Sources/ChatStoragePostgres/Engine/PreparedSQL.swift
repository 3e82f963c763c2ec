/// An SQL statement of the library.
///
/// It is an object, so that calls share it.
final class PreparedSQL: Sendable {
    /// The name under which connections prepare it; nil for one that is sent as text each time.
    let name: String?
    /// The text, with `$1`, `$2` and so on for values.
    let sql: String
    /// The types of the parameters.
    let parameters: [ParameterType]

    /// Makes a statement that connections prepare.
    init(_ name: String, _ parameters: [ParameterType], _ sql: String) {
        self.name = name
        self.sql = sql
        self.parameters = parameters
    }

    /// Makes a statement that is sent as text.
    init(text sql: String, _ parameters: [ParameterType] = []) {
        name = nil
        self.sql = sql
        self.parameters = parameters
    }
}

extension PreparedSQL {
    static let begin = PreparedSQL("chatstorage_begin", [], "BEGIN ISOLATION LEVEL READ COMMITTED")
    static let commit = PreparedSQL("chatstorage_commit", [], "COMMIT")
    /// It is sent as text, as the next one is: a connection makes them once.
    static let beginSnapshot = PreparedSQL(text: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    /// The transaction's first statement, which takes the snapshot.
    ///
    /// It also lifts the limits on the transaction's idle time and whole time, since a body may pause.
    static let keepSnapshot = PreparedSQL(
        text: """
            SELECT set_config('idle_in_transaction_session_timeout', '0', true),
                   CASE WHEN current_setting('transaction_timeout', true) IS NOT NULL
                       THEN set_config('transaction_timeout', '0', true) END
            """)
    /// Statements up to the next Sync are one transaction, so `true` limits the settings to this group.
    static let setTimeouts = PreparedSQL(
        "chatstorage_set_timeouts", [.text, .text],
        "SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true)")
}

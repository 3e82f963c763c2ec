import ChatStorageCore

/// What the database user was about to do when it lacked a privilege, and which privileges that needs.
///
/// The server's own sentence can be in any language and is not kept.
enum MissingPrivilege {
    case reading, writing
    case migrating
    case addingRoles
    case makingTables
    case makingSchema

    /// The error with the privileges that the action needs; every other error unchanged.
    func explaining(_ error: any Error, in schema: SchemaName) -> any Error {
        guard let error = error as? ChatStorageError, error.code == .accessDenied, error.cause?.code == "42501" else {
            return error
        }
        return ChatStorageError(
            error.code, "\(error.message); \(sentence(schema.quoted))", writeOutcome: error.writeOutcome,
            cause: error.cause)
    }

    private func sentence(_ schema: String) -> String {
        switch self {
        case .reading: "reading takes USAGE on the PostgreSQL schema \(schema) and SELECT on the library's tables in it"
        case .writing:
            """
            writing takes USAGE on the PostgreSQL schema \(schema), SELECT on the library's tables in it, INSERT, \
            UPDATE and DELETE on conversations, chat_messages and conversation_labels
            """
        case .migrating:
            """
            the tables in the PostgreSQL schema \(schema) are an older version's; their owner migrates them, with USAGE \
            and CREATE on the schema
            """
        case .addingRoles:
            """
            the tables in the PostgreSQL schema \(schema) take fewer roles than the configuration names; their owner adds \
            them, with USAGE on the schema
            """
        case .makingTables:
            "the PostgreSQL schema \(schema) has no tables of the library, and making them takes USAGE and CREATE on it"
        case .makingSchema: "there is no PostgreSQL schema \(schema), and making it takes CREATE on the database"
        }
    }
}

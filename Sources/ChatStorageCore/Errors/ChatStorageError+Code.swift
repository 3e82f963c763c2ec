extension ChatStorageError {
    /// The kinds of error; more can be added, so a `switch` needs a default.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case invalidArgument, invalidRole, invalidCursor
            case conversationExists, conversationNotFound, messageNotFound, conflict, idempotencyMismatch
            case tooManyLabels, metadataTooLarge
            case unavailable, accessDenied, readOnly, damaged
            case notPrepared, schemaTooNew, schemaMismatch
            case closed
        }

        private let kind: Kind

        private init(_ kind: Kind) {
            self.kind = kind
        }

        /// An argument breaks a limit or is not valid; nothing was written.
        ///
        /// For a text that is too long or too short the message names the field, the limit and the length.
        public static let invalidArgument = Code(.invalidArgument)
        /// A message's role is not one that the store takes; nothing was written.
        public static let invalidRole = Code(.invalidRole)
        /// A cursor is damaged or belongs to another tenant.
        public static let invalidCursor = Code(.invalidCursor)
        /// A conversation of this id exists; it was left as it is.
        public static let conversationExists = Code(.conversationExists)
        /// The conversation that the call needs does not exist.
        public static let conversationNotFound = Code(.conversationNotFound)
        /// The message that the call needs does not exist.
        public static let messageNotFound = Code(.messageNotFound)
        /// The conversation or the message changed since the caller read it, or a page begins after a message that is
        /// not on its path.
        ///
        /// The call wrote nothing; the checkpoints of an answer under way stay.
        public static let conflict = Code(.conflict)
        /// A key was used before for another message; nothing was written.
        public static let idempotencyMismatch = Code(.idempotencyMismatch)
        /// The conversation would have more than 32 labels; nothing was written.
        public static let tooManyLabels = Code(.tooManyLabels)
        /// The metadata would have more than 64 KiB; nothing was written.
        public static let metadataTooLarge = Code(.metadataTooLarge)
        /// The database cannot be reached, is full or is locked too long; the call may succeed later.
        public static let unavailable = Code(.unavailable)
        /// The database or the file's permissions refuse this user, the server has no such database, or the file was
        /// removed or replaced; also what a write to a snapshot or to an immutable file throws.
        public static let accessDenied = Code(.accessDenied)
        /// The server is a standby or set to read only; the call may succeed later, on another host.
        public static let readOnly = Code(.readOnly)
        /// The file is not a database, or the database is corrupt or holds what no backend writes.
        public static let damaged = Code(.damaged)
        /// The store has no schema, an older one, or not all roles of the configuration: call
        /// ``ChatStorageBackend/prepare(_:)`` first.
        public static let notPrepared = Code(.notPrepared)
        /// The store's schema was made by a newer version of the library, which this one cannot use.
        public static let schemaTooNew = Code(.schemaTooNew)
        /// The store has tables of the library's names that the library did not make, or does not keep text as UTF-8.
        ///
        /// Also if a constraint or trigger that others have added refuses a write; the cause names the constraint.
        public static let schemaMismatch = Code(.schemaMismatch)
        /// The storage was closed.
        public static let closed = Code(.closed)

        /// The code's name as it is written in Swift: `conversationExists`.
        public var description: String { kind.rawValue }

        /// The code's name in snake case, for interfaces to other languages: `conversation_exists`.
        public var snakeCaseName: String {
            kind.rawValue.reduce(into: "") { name, character in
                name += character.isUppercase ? "_\(character.lowercased())" : String(character)
            }
        }
    }
}

extension ChatStorageError {
    /// What every call throws once the storage is closed.
    package static let closed = ChatStorageError(.closed, "the storage is closed")
    /// What writes to a snapshot throw.
    package static let snapshotIsReadOnly = ChatStorageError(
        .accessDenied, "a snapshot shows the store as it was at one moment, and takes no writes")
    /// What reads of a snapshot throw once its transaction is over.
    package static let snapshotIsLost = ChatStorageError(
        .unavailable, "the transaction that showed the store at one moment is over; take another snapshot")
}

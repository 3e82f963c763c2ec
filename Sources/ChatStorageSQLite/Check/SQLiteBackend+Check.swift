public import ChatStorageCore

extension SQLiteBackend {
    /// What a check of a store's file found.
    public struct CheckReport: Sendable {
        /// The version of the file's schema; nil if it cannot be read.
        public internal(set) var schemaVersion: Int?
        /// How many tenants have conversations.
        public internal(set) var tenants = 0
        /// How many conversations were checked.
        public internal(set) var conversations = 0
        /// How many messages were checked.
        public internal(set) var messages = 0
        /// Whether everything was checked; false if damage kept the rest from being read, or the schema does not fit.
        public internal(set) var isComplete = true
        /// The first thousand problems.
        public internal(set) var problems: [CheckProblem] = []
        /// How many problems there are, including those that are not in ``problems``.
        public internal(set) var problemCount = 0
    }

    /// Something in a store's file that is not as the library writes it.
    public struct CheckProblem: Sendable, Hashable {
        /// What a problem is about; more can be added, so a `switch` needs a default.
        public struct Kind: Sendable, Hashable, CustomStringConvertible {
            private enum Name: String {
                case file, schema, foreignKey, conversation, message, tree, labels, metadata
            }

            private let name: Name

            private init(_ name: Name) { self.name = name }

            /// The structure of the file: SQLite's `integrity_check`.
            public static let file = Kind(.file)
            /// The tables: missing, or of another version.
            public static let schema = Kind(.schema)
            /// Rows without the row that they belong to.
            public static let foreignKey = Kind(.foreignKey)
            /// A conversation's own row: its times, its counts, its JSON.
            public static let conversation = Kind(.conversation)
            /// A message's own row: its times, its state, its JSON.
            public static let message = Kind(.message)
            /// What each message follows, and where the head is.
            public static let tree = Kind(.tree)
            /// The rows that find a label's conversations.
            public static let labels = Kind(.labels)
            /// Metadata that is kept beside its conversation's row.
            public static let metadata = Kind(.metadata)

            /// The name: `foreignKey`.
            public var description: String { name.rawValue }
        }

        /// What it is about.
        public let kind: Kind
        /// The tenant; nil for the default tenant, and where there is no conversation.
        public let tenant: String?
        /// The conversation, if it is known.
        public let conversationID: ConversationID?
        /// The message, if it is about one.
        public let sequence: Int64?
        /// A sentence that quotes no text of a chat.
        public let message: String
    }

    /// Checks the whole file for damage, and changes nothing.
    ///
    /// It checks the structure of the file (`PRAGMA integrity_check`), the version of the schema, and that every row
    /// has the row that it belongs to. For each conversation it checks that its row and its messages can be read, JSON
    /// included; its counts, sequences and times; what each message follows, the head, and whether it is marked as
    /// branched; and the rows of its labels and its metadata.
    ///
    /// It reads one state of the file, while others read and write it, and keeps one message in memory. With a rollback
    /// journal writers wait until it is done.
    ///
    /// - Returns: What was found. If damage keeps the rest of the file from being read, a problem says so and the
    ///   report is not complete.
    /// - Throws: `ChatStorageError` with the code `notPrepared` if there is no file; `damaged` if it is no database at
    ///   all; `unavailable`, `accessDenied`, `closed`; `CancellationError`.
    public func check() async throws -> CheckReport {
        let schema = store.schema
        return try await store.readingWholeFile { database, checkCancellation in
            try database.read { database in
                try database.snapshot {
                    var check = StoreCheck(database, schema)
                    return try check.run(checkCancellation)
                }
            }
        }
    }
}

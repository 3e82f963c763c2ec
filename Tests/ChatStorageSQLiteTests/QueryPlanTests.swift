import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStorageSQLite

/// The plans of all statements, whatever an `ANALYZE` left in the file.
@Suite struct QueryPlanTests {
    /// What `ANALYZE` found: rows, then how many of them have the same first column, first two columns, and so on.
    enum Statistics: String, CaseIterable {
        case none
        /// A conversation a tenant, a message a conversation.
        case short
        /// One tenant has all conversations, one conversation all messages.
        case long
        /// The tables' keys tell much, the other indexes nothing.
        case misleading

        fileprivate var rows: [(table: String, index: String, text: String)] {
            let (keys, others) =
                switch self {
                case .none: ("", "")
                case .short: ("20000 1 1 1", "20000 1 1 1")
                case .long: ("20000 20000 20000 1", "20000 20000 1 1")
                case .misleading: ("20000 1 1 1", "20000 20000 20000 20000")
                }
            guard self != .none else { return [] }
            return [
                ("conversations", "conversations", keys.split(separator: " ").prefix(3).joined(separator: " ")),
                ("conversations", "conversations_recency", others),
                ("chat_messages", "sqlite_autoindex_chat_messages_1", keys),
                ("chat_messages", "chat_messages_key", others),
            ]
        }
    }

    private let folder: TemporaryFolder
    private var path: String { folder.path(of: "chat.db") }

    init() async throws {
        folder = try TemporaryFolder()
        let backend = try await SQLiteBackend(path: folder.path(of: "chat.db"))
        try await backend.prepare()
        try await backend.close()
    }

    private func plan(_ query: Query, _ statistics: Statistics) throws -> [String] {
        try TestSQLiteConnection(path: path).execute("ANALYZE; DELETE FROM sqlite_stat1")
        for row in statistics.rows {
            try TestSQLiteConnection(path: path).execute(
                "INSERT INTO sqlite_stat1 VALUES ('\(row.table)', '\(row.index)', '\(row.text)')")
        }
        // Statistics are read when a file is opened.
        return try TestSQLiteConnection(path: path).execute("EXPLAIN QUERY PLAN \(query.sql)").compactMap {
            $0.last ?? nil
        }
    }

    @Test(arguments: Statistics.allCases)
    func everyStatementUsesAnIndexAndSortsNothing(statistics: Statistics) throws {
        for query in Query.allCases where "\(query.sql)".contains("WHERE") && query != .ownTableNames {
            let plan = try plan(query, statistics)
            #expect(!plan.isEmpty, "\(query)")
            for step in plan {
                #expect(!step.contains("SCAN") && !step.contains("TEMP B-TREE"), "\(query): \(step)")
            }
        }
    }

    @Test(arguments: Statistics.allCases)
    func pagesAndKeysAreRangesOfTheirIndex(statistics: Statistics) throws {
        let conversation = "SEARCH c USING PRIMARY KEY (tenant=? AND conversation_id=?)"
        let key = "SEARCH m USING INDEX sqlite_autoindex_chat_messages_1 (tenant=? AND conversation_id=?"
        let recency = "SEARCH conversations USING INDEX conversations_recency (tenant=? AND updated_at_us"
        let expected: [(Query, [String])] = [
            (.readConversation, ["SEARCH conversations USING PRIMARY KEY (tenant=? AND conversation_id=?)"]),
            (.tiedConversations, ["\(recency)=? AND conversation_id>?)"]),
            (.olderConversations, ["\(recency)<?)"]),
            (.messagesBefore, [conversation, "\(key) AND sequence<?)"]),
            (.messagesAfter, [conversation, "\(key) AND sequence>?)"]),
            (
                .messageOfKey,
                [
                    conversation,
                    "SEARCH m USING INDEX chat_messages_key (tenant=? AND conversation_id=? AND message_key=?)",
                ]
            ),
        ]
        for (query, steps) in expected { #expect(try plan(query, statistics) == steps) }
    }
}

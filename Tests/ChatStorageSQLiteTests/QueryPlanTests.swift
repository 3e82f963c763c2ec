import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStorageSQLite

/// The plans of all statements, whatever an `ANALYZE` left in the file.
@Suite struct QueryPlanTests: SQLiteSuite {
    /// What `ANALYZE` found: rows, then how many of them have the same first column, first two columns, and so on.
    enum Statistics: String, CaseIterable {
        case none
        /// A conversation a tenant, a message a conversation.
        case short
        /// One tenant has all conversations, one conversation all messages.
        case long
        /// The tables' keys look selective, the other indexes useless.
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
            // The statistics of an index of two columns.
            func short(_ text: String) -> String { text.split(separator: " ").prefix(3).joined(separator: " ") }
            return [
                ("conversations", "sqlite_autoindex_conversations_1", short(keys)),
                ("conversations", "conversations_recency", others),
                ("chat_messages", "sqlite_autoindex_chat_messages_1", short(keys)),
                ("chat_messages", "chat_messages_key", short(others)),
                ("chat_messages", "chat_messages_parent", others),
                ("chat_messages", "chat_messages_streaming", short(others)),
                ("conversation_labels", "conversation_labels", keys + " 1"),
                ("conversation_labels", "conversation_labels_conversation", short(others)),
            ]
        }
    }

    /// The statements on the tables, by their names.
    private static let statements: [(name: String, sql: SQL)] = [
        ConversationTable.sql as Any, ConversationList.sql, TenantList.sql, MessageTable.sql, LabelTable.sql,
        MetadataTable.sql, OrphanRows.sql, RoleTable.sql, ConversationTree.sql, UnfinishedList.sql,
    ].flatMap { table in
        Mirror(reflecting: table).children.compactMap { name, value in (value as? SQL).map { (name ?? "", $0) } }
    }

    let folder: TemporaryFolder

    init() async throws {
        folder = try TemporaryFolder()
        try await folder.openStore().close()
    }

    private func plan(_ sql: SQL, _ statistics: Statistics) throws -> [String] {
        try TestSQLiteConnection(path: path).execute("ANALYZE; DELETE FROM sqlite_stat1")
        for row in statistics.rows {
            try TestSQLiteConnection(path: path).execute(
                "INSERT INTO sqlite_stat1 VALUES ('\(row.table)', '\(row.index)', '\(row.text)')")
        }
        // Statistics are read when a file is opened.
        return try TestSQLiteConnection(path: path).execute("EXPLAIN QUERY PLAN \(sql.text)").compactMap {
            $0.last ?? nil
        }
    }

    @Test(arguments: Statistics.allCases)
    func everyStatementUsesAnIndexAndSortsNothing(statistics: Statistics) throws {
        #expect(Self.statements.count > 15)
        for (name, sql) in Self.statements where sql.text.contains("WHERE") {
            let plan = try plan(sql, statistics)
            #expect(!plan.isEmpty, "\(name)")
            for step in plan {
                #expect(!step.contains("SCAN") && !step.contains("TEMP B-TREE"), "\(name): \(step)")
            }
        }
    }

    @Test(arguments: Statistics.allCases)
    func pagesAndKeysAreRangesOfTheirIndex(statistics: Statistics) throws {
        let id = "sqlite_autoindex_conversations_1 (tenant=? AND conversation_id=?)"
        let conversation = "SEARCH c USING COVERING INDEX \(id)"
        let messages = "SEARCH m USING INDEX sqlite_autoindex_chat_messages_1 (conversation=?"
        let recency = "SEARCH c USING INDEX conversations_recency (tenant=? AND updated_at_us"
        let label = "SEARCH l USING PRIMARY KEY (tenant=? AND label=? AND updated_at_us"
        let newest = "\(messages) AND sequence=?) LEFT-JOIN"
        let number = "SEARCH c USING INTEGER PRIMARY KEY (rowid=?)"
        let ofConversation = "SEARCH conversation_labels USING COVERING INDEX conversation_labels_conversation"
        let jumps = "SEARCH chat_messages USING COVERING INDEX chat_messages_parent (conversation=?"
        let tenants = "SEARCH conversations USING INDEX conversations_recency (tenant>?)"
        let (conversations, list, table) = (ConversationTable.sql, ConversationList.sql, MessageTable.sql)
        let expected: [(SQL, [String])] = [
            (conversations.find, ["SEARCH c USING INDEX \(id)"]),
            (conversations.findFully, ["SEARCH c USING INDEX \(id)"]),
            (conversations.place, ["SEARCH conversations USING INDEX \(id)"]),
            (conversations.extend, ["SEARCH conversations USING INTEGER PRIMARY KEY (rowid=?)"]),
            (list.tied, ["\(recency)=? AND conversation_id>?)"]),
            (list.older, ["\(recency)<?)"]),
            (list.tiedOnward, ["\(recency)=? AND conversation_id>?)"]),
            (list.tiedWithKey, ["\(recency)=? AND conversation_id>?)"]),
            (list.olderWithKey, ["\(recency)<?)"]),
            (list.tiedWithNewest, ["\(recency)=? AND conversation_id>?)", newest]),
            (list.olderWithNewest, ["\(recency)<?)", newest]),
            (list.tiedOfLabel, ["\(label)=? AND conversation_id>?)", number]),
            (list.olderOfLabel, ["\(label)<?)", number]),
            (MetadataTable.sql.find, [conversation, "SEARCH b USING INTEGER PRIMARY KEY (rowid=?)"]),
            (LabelTable.sql.move, ["\(ofConversation) (conversation=?)"]),
            (LabelTable.sql.delete, ["\(ofConversation) (conversation=?)"]),
            (LabelTable.sql.other, ["\(ofConversation) (conversation=?)"]),
            (TenantList.sql.from, [tenants]), (TenantList.sql.after, [tenants]),
            // Whether it has branched stands in the row.
            (table.before, ["SEARCH c USING INDEX \(id)", "\(messages) AND sequence<?)"]),
            (table.after, ["SEARCH c USING INDEX \(id)", "\(messages) AND sequence>?)"]),
            (table.beforeOfAll, [conversation, "\(messages) AND sequence<?)"]),
            (table.afterOfAll, [conversation, "\(messages) AND sequence>?)"]),
            (table.down, ["\(messages) AND sequence<?)"]),
            (table.up, ["\(messages) AND sequence>? AND sequence<?)"]),
            (ConversationTree.sql.jumpNotAfter, ["\(jumps) AND sequence<?)"]),
            (ConversationTree.sql.anyJump, ["\(jumps))"]),
            (
                UnfinishedList.sql.from,
                ["SEARCH m USING INDEX chat_messages_streaming (conversation>?)", number]
            ),
            (table.ofSequence, [conversation, "\(messages) AND sequence=?)"]),
            (
                table.newest,
                ["SEARCH chat_messages USING INDEX sqlite_autoindex_chat_messages_1 (conversation=?)"]
            ),
            (table.ofKey, [conversation, "SEARCH m USING INDEX chat_messages_key (conversation=? AND message_key=?)"]),
        ]
        for (sql, steps) in expected { #expect(try plan(sql, statistics) == steps) }
    }
}

import ChatStorageCore
import Foundation
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// What an engine that distributes the tables needs: nothing that only one server knows.
@Suite(.timeLimit(.minutes(5))) struct DistributedTests {
    /// A worker has transactions, rows' places and session settings of its own, and names constraints by its shards.
    @Test(arguments: [false, true])
    func noStatementDependsOnOneServer(isDistributed: Bool) throws {
        let statements = Statements(SchemaName(name: "chat"), isDistributed: isDistributed).all
        #expect(statements.count >= 35)
        let names = [
            "xmin", "xmax", "cmin", "cmax", "ctid", "oid", "tableoid", #"pg_\w+"#, #"txid_\w+"#, #"current_\w+"#,
            "session_user", "set_config", "nextval", "currval", "lastval", #"set\s+local"#, #"on\s+constraint"#,
            #"\w+_(pkey|fkey|key|check)"#, #"conversations_\w+"#, #"chat_messages_\w+"#, #"conversation_labels_\w+"#,
        ]
        let forbidden = try Regex(#"(?i)\b(\#(names.joined(separator: "|")))\b"#).wordBoundaryKind(.simple)
        for statement in statements {
            let sql = statement.sql.replacing("message_key", with: "")
            #expect(try forbidden.firstMatch(in: sql) == nil, "\(statement.name ?? ""): \(sql)")
        }
        for sql in ["a.xmin = 1", "pg_current_xact_id()", "current_setting('x')", "ON CONFLICT ON CONSTRAINT x"] {
            #expect(try forbidden.firstMatch(in: sql) != nil)
        }
    }

    @Test(arguments: ["23505", "23514", "23503"])
    func noErrorDependsOnAConstraintsName(sqlState: String) {
        let names = [
            nil, "conversations_pkey", "chat_messages_pkey", "chat_messages_key", "chat_messages_role_check",
            "chat_messages_pkey_102029",
        ]
        let errors = names.map { ServerError(sqlState: sqlState, constraint: $0).storageError(isWrite: true) }
        #expect(Set(errors.map(\.code)) == [.schemaMismatch])
        #expect(Set(errors.map(\.message)).count == 1)
    }

    /// Calls a body with a backend on tables whose constraints have other names than the library gave them.
    private func withRenamedConstraints(
        _ body: (_ backend: PostgresBackend, _ schema: String) async throws -> Void
    ) async throws {
        try await withBackend { backend, schema in
            try await TestPostgres.execute(
                """
                ALTER TABLE \(schema).conversations RENAME CONSTRAINT conversations_pkey TO conversations_pkey_102008;
                ALTER TABLE \(schema).chat_messages RENAME CONSTRAINT chat_messages_pkey TO chat_messages_pkey_102029;
                ALTER INDEX \(schema).chat_messages_key RENAME TO chat_messages_key_102029
                """)
            try await body(backend, schema)
        }
    }

    @Test func aConversationThatExistsIsNotRestored() async throws {
        try await withRenamedConstraints { backend, _ in
            try await backend.append(.user("kept"), to: "c")
            let time = Timestamp(microsecondsSinceEpoch: 0)
            await expectError(.conversationExists) {
                try await backend.restoreConversation(ConversationSnapshot(id: "c", createdAt: time, updatedAt: time))
            }
            #expect(try await backend.history(of: "c") == [.user("kept")])
        }
    }

    @Test func callersOfOneKeyGetOneMessage() async throws {
        try await withRenamedConstraints { backend, schema in
            let other = try await PostgresBackend(configuration(TestPostgres.url(), schema))
            for round in 1...10 {
                let stored = try await withThrowingTaskGroup(of: Message.self) { group in
                    for caller in 0..<16 {
                        let backend = caller % 2 == 0 ? backend : other
                        group.addTask {
                            try await backend.append(.user("x", key: "k"), to: ConversationID("round \(round)"))
                        }
                    }
                    return try await group.reduce(into: Set<Message>()) { $0.insert($1) }
                }
                #expect(stored.count == 1)
            }
            try await other.close()
        }
    }

    @Test func messagesAboveTheLastSequenceAreDamage() async throws {
        try await withRenamedConstraints { backend, schema in
            try await backend.append([.user("1"), .user("2")], to: "c")
            try await TestPostgres.execute("UPDATE \(schema).conversations SET last_sequence = 1")
            for key in [nil, "k"] {
                await expectError(.damaged) { try await backend.append(.user("3", key: key), to: "c") }
            }
            #expect(try await backend.messages(of: "c").map(\.sequence) == [1, 2])
        }
    }

    /// The page takes the foreign keys away and makes them anew.
    @Test func theDocumentedForeignKeysAreTheLibrarysOwn() throws {
        let page = TestedPackage.url(of: "Sources/ChatStoragePostgres/Documentation.docc/DistributedTables.md")
        func words(_ text: some StringProtocol) -> String {
            text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        let statements = try words(String(contentsOf: page, encoding: .utf8))
        let definitions = SchemaDefinition(SchemaName(name: "chat"), SchemaVersion.all).statements.joined()
            .map { words($0.replacing("\"chat\"", with: "chat")) }.filter { $0.contains("FOREIGN KEY") }
        let documented = statements.matches(of: /ADD (CONSTRAINT .*? ON DELETE CASCADE)/)
        #expect(documented.count == definitions.count && definitions.count == 2)
        for match in documented { #expect(definitions.contains { $0.contains(match.1) }) }
    }

    @Test func appendsAreNotMerged() {
        func append(_ statements: Statements) -> Call {
            let append = Append(MessageValues([.user("x")]), to: ConversationKey(tenant: "", id: "c"), statements)
            return Call(append.request, purpose: .session, deadline: .now)
        }
        #expect(append(Statements(SchemaName(name: "s"))).isMergeable)
        #expect(!append(Statements(SchemaName(name: "s"), isDistributed: true)).isMergeable)
    }

    /// The keys were looked for before another caller stored them, the version was read afterwards.
    @Test func aConflictIsLookedAtAgainWhereThereAreKeys() async throws {
        let store = try await PostgresStore(.init(url: TestPostgres.url()))
        func answer(_ lastSequence: Int) async throws -> QueryResult {
            let row = MessageTable.row(sequence: "\(lastSequence)::bigint", createdAt: "'0001-01-01Z'::timestamptz")
            return try await store.result(
                of: .read(PreparedSQL(text: "SELECT 'before', \(row), 0::bigint, false, NULL::bigint, true")), nil)
        }
        let (another, same) = (try await answer(2), try await answer(1))
        let condition = AppendCondition.unchanged(ConversationVersion(createdAt: .earliest, lastSequence: 1))
        func append(_ key: String?) -> ConditionalAppend {
            let new = NewMessages([.user("x", key: key)], to: "c", if: condition)
            return ConditionalAppend(
                new, MessageValues(new.messages), to: ConversationKey(tenant: "", id: "c"), hasLabels: false,
                Statements(SchemaName(name: "s")))
        }
        func expectConflict(_ append: inout ConditionalAppend) {
            let error = #expect(throws: ChatStorageError.self) { try append.stored(another) }
            #expect(error?.code == .conflict)
        }
        func isUndecided(_ append: inout ConditionalAppend, by answer: QueryResult) throws -> Bool {
            try append.stored(answer) == nil
        }
        var keyed = append("k")
        // That it has looked again before, for another reason, proves nothing about this version.
        #expect(try isUndecided(&keyed, by: same))
        #expect(try isUndecided(&keyed, by: another))
        expectConflict(&keyed)
        var keyless = append(nil)
        #expect(try isUndecided(&keyless, by: same))
        expectConflict(&keyless)
        await store.close()
    }
}

import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// Applications that use tables which somebody else has made, with the rights that the documentation gives them.
@Suite struct PrivilegeTests {
    @Test func theDocumentedStatementsAreThoseOfPrepare() throws {
        let documented = try DocumentedPrivileges(schema: "chat").versions
        let versions = SchemaDefinition(SchemaName(name: "chat"), SchemaVersion.all).statements
        for (documented, own) in zip(documented, versions) {
            #expect(
                Self.words(documented.split(separator: ";\n").map(String.init).joined(separator: "\n;\n"))
                    == Self.words(own.joined(separator: "\n;\n").replacing("\"chat\"", with: "chat")))
        }
        #expect(documented.count == versions.count)
    }

    private static func words(_ text: String) -> [Substring] { text.split(whereSeparator: \.isWhitespace) }

    @Test func whoHasTheDocumentedRightsCanMakeEveryCall() async throws {
        try await DocumentedPrivileges.withTables { server, privileges in
            let backend = try await privileges.open(on: server)
            try await backend.prepare()
            for call in Self.calls { try await call(backend) }
            try await backend.close()
        }
    }

    @Test func everyDocumentedRightIsNeeded() async throws {
        try await DocumentedPrivileges.withTables { server, privileges in
            try await Self.expectNeed(
                of: privileges.grants.flatMap(Self.singleRights), by: privileges.application, for: Self.calls,
                privileges, server)
        }
    }

    @Test func whoMayOnlyReadReadsAndWritesNothing() async throws {
        try await DocumentedPrivileges.withTables { server, privileges in
            let schema = privileges.schema
            let reader = "reader_\(schema)"
            let tables = ["conversations", "chat_messages", "conversation_labels", "chat_storage_schema"]
            let rights = ["USAGE ON SCHEMA \(schema)"] + tables.map { "SELECT ON \(schema).\($0)" }
            try await server.execute("CREATE ROLE \(reader) LOGIN")
            for right in rights { try await server.execute("GRANT \(right) TO \(reader)") }
            let writer = try await privileges.open(on: server)
            try await writer.append(.user("x"), to: "plain")

            let backend = try await privileges.open(on: server, as: reader)
            try await backend.prepare()
            for call in Self.reads { try await call(backend) }
            #expect(try await backend.history(of: "plain") == [.user("x")])
            for (number, call) in Self.writes.enumerated() {
                let error = await #expect(throws: ChatStorageError.self) { try await call(backend) }
                #expect(error?.code == .accessDenied && error?.cause?.code == "42501", "\(number)")
            }
            try await backend.close()
            #expect(try await writer.history(of: "plain") == [.user("x")])
            #expect(try await writer.conversations(limit: 10).map(\.id) == ["plain"])
            try await writer.close()
            try await Self.expectNeed(of: rights, by: reader, for: Self.reads, privileges, server)
        }
    }

    /// Expects that without any one of a role's rights some calls are refused, for that reason.
    private static func expectNeed(
        of rights: [String], by role: String, for calls: [Call], _ privileges: DocumentedPrivileges,
        _ server: PostgresServer
    ) async throws {
        #expect(!rights.isEmpty)
        for right in rights {
            try await server.execute("REVOKE \(right) FROM \(role)")
            var refusals: [ChatStorageError] = []
            let backend = try await privileges.open(on: server, as: role)
            for call in [{ try await $0.prepare() }] + calls {
                do {
                    try await call(backend)
                } catch let error as ChatStorageError {
                    refusals.append(error)
                }
            }
            try await backend.close()
            #expect(refusals.contains { $0.code == .accessDenied }, "\(right) is not needed")
            for error in refusals {
                // Calls that follow from one that was refused find no conversation or no message.
                #expect([.accessDenied, .conversationNotFound, .messageNotFound].contains(error.code), "\(error)")
                if error.code == .accessDenied { try Self.expect(error, toName: right, privileges) }
            }
            try await server.execute("GRANT \(right) TO \(role)")
        }
    }

    /// Expects that an error names a missing right, such as `SELECT ON chat.conversations`, and what it is on.
    private static func expect(
        _ error: ChatStorageError, toName right: String, _ privileges: DocumentedPrivileges
    ) throws {
        let words = right.split(whereSeparator: { $0 == " " || $0 == "." }).map(String.init)
        let table = words.contains("SCHEMA") ? nil : words.last
        #expect(error.cause == .init(engine: "PostgreSQL", code: "42501", table: table))
        #expect(error.message.contains("lacks a privilege\(table.map { " on the table \($0);" } ?? ";")"), "\(error)")
        let sentence = try #require(error.message.split(separator: "; ").last)
        #expect(sentence.contains(words[0]) && sentence.contains("\"\(privileges.schema)\""), "\(error)")
    }

    /// The rights of a statement, each with what it is on: `SELECT ON chat.conversations`.
    private static func singleRights(_ grant: String) -> [String] {
        guard let parts = grant.wholeMatch(of: /GRANT (.+) (ON .+) TO .+;/) else {
            Issue.record("\(grant) is not understood")
            return []
        }
        return parts.1.split(separator: ", ").map { "\($0) \(parts.2)" }
    }

    @Test func preparingWithoutTheRightIsDeniedAndChangesNothing() async throws {
        try await DocumentedPrivileges.withRoles { server, privileges in
            let schema = privileges.schema
            let backend = try await privileges.open(on: server)
            func expectDenial(saying sentence: String) async {
                let error = await #expect(throws: ChatStorageError.self) { try await backend.prepare() }
                #expect(error?.code == .accessDenied && error?.message.contains(sentence) == true, "\(error as Any)")
            }
            func prepareIsDenied() async throws {
                await expectDenial(
                    saying: "\"\(schema)\" has no tables of the library, and making them takes USAGE and CREATE")
                let tables = try await server.execute(
                    "SELECT relname FROM pg_class WHERE relnamespace = '\(schema)'::regnamespace")
                #expect(tables.isEmpty)
            }
            // Denied both where the role may not even look into the schema, and where it may.
            try await prepareIsDenied()
            try await server.execute("GRANT USAGE ON SCHEMA \(schema) TO \(privileges.application)")
            try await prepareIsDenied()
            try await backend.close()
        }
    }

    @Test func migratingWithoutTheRightIsDeniedAndChangesNothing() async throws {
        try await DocumentedPrivileges.withTables { server, privileges in
            let schema = privileges.schema
            func open(as role: String) async throws -> PostgresBackend {
                try await PostgresBackend(
                    configuration(server.url(of: role), schema), versions: SchemaVersion.all + [.languages])
            }
            let backend = try await open(as: privileges.application)
            let error = await #expect(throws: ChatStorageError.self) { try await backend.prepare() }
            #expect(error?.code == .accessDenied)
            #expect(error?.message.contains("\"\(schema)\" are an older version's; their owner") == true)
            await expectError(.notPrepared) { try await backend.conversation("c") }
            let version = "SELECT schema_version FROM \(schema).chat_storage_schema"
            #expect(try await server.execute(version) == [["1"]])
            let owner = try await open(as: privileges.owner)
            try await owner.prepare()
            try await owner.close()
            #expect(try await server.execute(version) == [["2"]])
            // The rights stay as they were granted.
            try await backend.prepare()
            for call in Self.calls { try await call(backend) }
            try await backend.close()
        }
    }

    @Test func aSchemaThatCannotBeMadeIsNamed() async throws {
        try await DocumentedPrivileges.withTables { server, privileges in
            // Such as by a mistake in its name.
            let backend = try await PostgresBackend(
                configuration(server.url(of: privileges.application), "\(privileges.schema)t"))
            let error = await #expect(throws: ChatStorageError.self) { try await backend.prepare() }
            #expect(error?.code == .accessDenied)
            #expect(
                error?.message == """
                    the database user lacks a privilege; there is no PostgreSQL schema "\(privileges.schema)t", and making \
                    it takes CREATE on the database
                    """)
            try await backend.close()
        }
    }

    private typealias Call = @Sendable (PostgresBackend) async throws -> Void

    /// Every operation, in all forms that are statements of their own.
    private static let calls = additions + reads + removals
    private static let writes = additions + removals

    private static let additions: [Call] = [
        { try await $0.append(.user("x"), to: "plain") },
        { try await $0.append(.user("x"), to: "plain", if: .exists) },
        { try await $0.append(.user("x", key: "k"), to: "plain") },
        { backend in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<64 {
                    group.addTask { try await backend.append(.user("x"), to: ConversationID("\(number)")) }
                }
                try await group.waitForAll()
            }
        },
        { _ = try await $0.getOrCreateConversation("plain") },
        { _ = try await $0.getOrCreateConversation("other") },
        { try await $0.updateTitle(of: "plain", to: "x") },
        { backend in
            guard let conversation = try await backend.conversation("plain") else { return }
            try await backend.append(.user("x"), to: "plain", if: .unchanged(since: conversation))
        },
        { try await $0.append(ChatMessage(role: .user, parts: [.text("x"), .text("y")]), to: "plain") },
        { try await $0.append(NewMessages([.user("x")], to: "plain", marksRead: true)) },
        { try await $0.append(.user("x"), to: "labelled", if: .create(labels: ["x", "y"])) },
        { try await $0.append(.user("x"), to: "labelled") },
        { backend in
            try await backend.updateConversation("plain", .adding(label: "y"))
            try await backend.updateConversation("plain", .removing(label: "y"))
        },
        { try await $0.updateConversation("plain", .metadata(.setting("x", to: 1))) },
        { try await $0.updateConversation("plain", .read(through: 1)) },
        { backend in
            let last = try await backend.messages(of: "plain", limit: 1).last
            guard let last else { throw ChatStorageError(.conversationNotFound, "no message") }
            try await backend.updateMetadata(
                of: last.sequence, .setting("x", to: .integer(.random(in: 1...(.max)))), in: "plain")
        },
        { backend in
            let first = try await backend.append(.user("x"), to: "branched").sequence
            let second = try await backend.append(.user("y"), to: "branched", .insteadOf(first)).sequence
            try await backend.append(.assistant("z"), to: "branched", .after(second))
        },
        { try await $0.updateConversation("branched", .head(1)) },
        { try await $0.updateConversation("branched", .show(branch: 2)) },
        { backend in
            let new = NewMessages([.assistant("")], to: "branched", isStreaming: true)
            let answer = try await backend.append(new).messages[0]
            let revised = try await backend.reviseMessage(MessageRevision(of: answer, body: .assistant("x")))
            try await backend.reviseMessage(MessageRevision(of: revised, state: .complete))
        },
        { try await $0.createConversation("created \(UInt64.random(in: 0...(.max)))") },
        { backend in
            let time = Timestamp(microsecondsSinceEpoch: 0)
            try await backend.restoreConversation(
                ConversationSnapshot(
                    id: ConversationID("restored \(UInt64.random(in: 0...(.max)))"), createdAt: time, updatedAt: time,
                    lastSequence: 1, messages: [.init(sequence: 1, role: .user, content: "x", createdAt: time)]))
        },
    ]

    private static let reads: [Call] = [
        { _ = try await $0.messages(of: "plain") },
        { _ = try await $0.messages(of: "plain", .after(1), limit: .max) },
        { _ = try await $0.messages(of: "plain", .before(2), limit: 1) },
        { _ = try await $0.conversation("plain") },
        { _ = try await $0.conversations(limit: 1) },
        { for try await _ in $0.allConversations() {} },
        { _ = try await $0.conversations(ConversationQuery(with: ["x"], preview: 10)) },
        { _ = try await $0.conversations(ConversationQuery(without: ["x"])) },
        { _ = try await $0.messages(MessageQuery(of: "plain", .keys(["k"]))) },
        { _ = try await $0.messages(MessageQuery(of: "plain", .sequences([1]))) },
        { _ = try await $0.messages(MessageQuery(of: "branched", on: .through(2))) },
        { _ = try await $0.messages(MessageQuery(of: "branched", on: .all)) },
        { _ = try await $0.forks(of: "branched") },
        { _ = try await $0.unfinishedMessages(UnfinishedQuery(notRevisedFor: .zero)) },
        { _ = try await $0.tenants(TenantQuery()) },
    ]

    private static let removals: [Call] = [
        { try await $0.removeMessages(MessageRemoval(.messages([2]), of: "branched")) },
        { try await $0.removeMessages(MessageRemoval(.from(1), of: "branched")) },
        { try await $0.clearMessages(of: "plain") },
        { try await $0.deleteConversation(ConversationDeletion("labelled", without: ["z"])) },
        { try await $0.deleteConversation("plain") },
    ]
}

extension DocumentedPrivileges {
    /// A store for a role, or for the application's.
    fileprivate func open(on server: PostgresServer, as role: String? = nil) async throws -> PostgresBackend {
        try await PostgresBackend(configuration(server.url(of: role ?? application), schema))
    }
}

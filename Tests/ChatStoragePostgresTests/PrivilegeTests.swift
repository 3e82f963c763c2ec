import ChatStorageCore
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// Applications that use tables which somebody else has made, with the rights that the documentation gives them.
@Suite struct PrivilegeTests {
    @Test func theDocumentedStatementsAreThoseOfPrepare() throws {
        let documented = try DocumentedPrivileges(schema: "chat").versions
        let definition = SchemaDefinition(SchemaName(name: "chat"))
        for (documented, own) in zip(documented, [definition.version1, definition.version2]) {
            #expect(
                Self.words(documented.split(separator: ";\n").map(String.init).joined(separator: "\n;\n"))
                    == Self.words(own.joined(separator: "\n;\n").replacing("\"chat\"", with: "chat")))
        }
        #expect(documented.count == Int(SchemaDefinition.version))
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
            for right in privileges.grants.flatMap(Self.singleRights) {
                try await server.execute("REVOKE \(right) FROM \(privileges.application)")
                var refusals: [ChatStorageError] = []
                let backend = try await privileges.open(on: server)
                for call in [{ try await $0.prepare() }] + Self.calls {
                    do {
                        try await call(backend)
                    } catch let error as ChatStorageError {
                        refusals.append(error)
                    }
                }
                try await backend.close()
                #expect(!refusals.isEmpty, "\(right) is not needed")
                for error in refusals {
                    // Calls that follow from one that was refused find no conversation.
                    #expect(error.code == .accessDenied || error.code == .conversationNotFound, "\(error)")
                    if error.code == .accessDenied {
                        #expect(error.cause?.code == "42501" && error.message.contains("privilege"))
                    }
                }
                try await server.execute("GRANT \(right) TO \(privileges.application)")
            }
        }
    }

    /// The rights of a statement, each with what it is on: `SELECT ON chat.conversations`.
    private static func singleRights(_ grant: String) -> [String] {
        guard let parts = grant.wholeMatch(of: /GRANT (.+) (ON .+) TO .+;/) else { return [] }
        return parts.1.split(separator: ", ").map { "\($0) \(parts.2)" }
    }

    @Test func preparingWithoutTheRightIsDeniedAndChangesNothing() async throws {
        try await DocumentedPrivileges.withRoles { server, privileges in
            let schema = privileges.schema
            let backend = try await privileges.open(on: server)
            func prepareIsDenied() async throws {
                await expectError(.accessDenied) { try await backend.prepare() }
                let tables = try await server.execute(
                    "SELECT relname FROM pg_class WHERE relnamespace = '\(schema)'::regnamespace")
                #expect(tables.isEmpty)
            }
            // Neither where the schema may not even be looked into, nor where it may.
            try await prepareIsDenied()
            try await server.execute("GRANT USAGE ON SCHEMA \(schema) TO \(privileges.application)")
            try await prepareIsDenied()
            // Nor is an old version's schema migrated.
            for statements in [privileges.versions[0]] + privileges.grants {
                try await privileges.executeAsOwner(statements, on: server)
            }
            await expectError(.accessDenied) { try await backend.prepare() }
            await expectError(.notPrepared) { try await backend.conversation("c") }
            #expect(try await server.execute("SELECT version FROM \(schema).chat_storage_schema") == [["1"]])
            try await privileges.executeAsOwner(privileges.versions[1], on: server)
            try await backend.prepare()
            for call in Self.calls { try await call(backend) }
            try await backend.close()
        }
    }

    /// Every operation, in all forms that are statements of their own.
    private static let calls: [@Sendable (PostgresBackend) async throws -> Void] = [
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
        { _ = try await $0.messages(of: "plain") },
        { _ = try await $0.messages(of: "plain", .after(1), limit: .max) },
        { _ = try await $0.messages(of: "plain", .before(2), limit: 1) },
        { _ = try await $0.conversations(limit: 1) },
        { backend in
            guard let conversation = try await backend.conversation("plain") else { return }
            try await backend.append(.user("x"), to: "plain", if: .unchanged(since: conversation))
        },
        { for try await _ in $0.allConversations() {} },
        { try await $0.clearMessages(of: "plain") },
        { try await $0.deleteConversation("plain") },
        { try await $0.createConversation("created \(UInt64.random(in: 0...(.max)))") },
        { backend in
            let time = Timestamp(microsecondsSinceEpoch: 0)
            try await backend.restoreConversation(
                ConversationSnapshot(
                    id: ConversationID("restored \(UInt64.random(in: 0...(.max)))"), createdAt: time, updatedAt: time,
                    lastSequence: 1, messages: [.init(sequence: 1, role: .user, content: "x", createdAt: time)]))
        },
    ]
}

extension DocumentedPrivileges {
    /// A store for the application's role.
    fileprivate func open(on server: PostgresServer) async throws -> PostgresBackend {
        try await PostgresBackend(configuration(server.url(of: application), schema))
    }
}

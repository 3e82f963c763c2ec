import ChatStorageCore
import ChatStoragePostgres
import ChatStorageSQLite
import ChatStorageTransfer

/// Code of the guides that opens stores and moves chats between them, as it stands there.
enum ProductionExamples {
    static func begin() async throws -> [ChatMessage] {
        let backend = try await SQLiteBackend(path: "chat.db")
        try await backend.prepare()
        let chats = backend.tenant("user-42")

        try await chats.append([.system("You plan trips."), .user("A weekend in Kyoto?")], to: "trip")
        let history = try await chats.history(of: "trip")
        return history
    }

    static func openWithTools() async throws -> SQLiteBackend {
        let backend = try await SQLiteBackend(.init(path: "chat.db", roles: .withTools))
        try await backend.prepare()
        return backend
    }

    static func prepareAsOwner() async throws {
        var configuration = PostgresBackend.Configuration(url: "postgres://chat_owner@db.example.com/chats")
        configuration.schema = "chat"
        let backend = try await PostgresBackend(configuration)
        try await backend.prepare()
        try await backend.close()
    }

    static func importFile(_ backend: some ChatStorageBackend, path: String) async throws -> ImportSummary {
        let importer = Importer(storage: backend.tenant("user-42"))
        let summary = try await importer.run(ChatFile(path: path)) { event in
            if case .invalid(let reason) = event.outcome { print("line \(event.line):", reason) }
        }
        print(summary.imported, "conversations,", summary.messages, "messages")
        return summary
    }
}

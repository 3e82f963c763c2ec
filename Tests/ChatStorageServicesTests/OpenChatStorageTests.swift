import ChatStorageBackends
import ChatStorageCore
import ChatStorageInMemory
import ChatStoragePostgres
import ChatStorageSQLite
import ChatStorageServices
import TestSupport
import Testing

@Suite struct OpenChatStorageTests {
    @Test func aURLNamesItsBackend() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "chat.db")
        #expect(try await openChatStorage("memory:") is InMemoryBackend)
        for url in ["sqlite:\(path)", path] {
            let backend = try await openChatStorage(url)
            #expect(backend is SQLiteBackend)
            try await backend.prepare()
            try await backend.append(.user("Hi"), to: "trip")
            try await backend.close()
        }
        let reopened = try await openChatStorage("sqlite:\(path)")
        #expect(try await reopened.messages(of: "trip").count == 2)
        try await reopened.close()
        let server = try await openChatStorage("postgres://nobody@localhost/nothing")
        #expect(server is PostgresBackend)
        try await server.close()
    }

    @Test func itTakesTheRolesThatItIsToTake() async throws {
        let folder = try TemporaryFolder()
        for url in ["memory:", "sqlite:\(folder.path(of: "chat.db"))"] {
            let backend = try await openChatStorage(url, roles: .withTools)
            try await backend.prepare()
            try await backend.append(ChatMessage(role: .developer, content: "Be brief."), to: "trip")
            try await backend.close()
        }
    }

    @Test func theObserverIsToldByEachKind() async throws {
        let folder = try TemporaryFolder()
        // Nobody listens at the last URL; the call ends at once, and is reported all the same.
        for url in ["memory:", "sqlite:\(folder.path(of: "chat.db"))", "postgres://nobody@127.0.0.1:1/nothing"] {
            let observer = RecordingObserver()
            let backend = try await openChatStorage(url, observer: observer, postgres: { $0.callTimeout = .seconds(1) })
            try? await backend.prepare()
            #expect(observer.calls.map(\.operation) == [.prepare], "\(url)")
            try await backend.close()
        }
    }

    @Test func eachKindHasItsOwnConfiguration() async throws {
        var seen: [String] = []
        let folder = try TemporaryFolder()
        let path = folder.path(of: "chat.db")
        for url in ["memory:", "sqlite:\(path)", "postgres://nobody@localhost/nothing"] {
            let backend = try await openChatStorage(
                url,
                sqlite: { configuration in
                    seen.append(configuration.path)
                    configuration.readers = 1
                },
                postgres: { configuration in
                    seen.append(configuration.url)
                    configuration.connections = 2
                })
            try await backend.close()
        }
        #expect(seen == [path, "postgres://nobody@localhost/nothing"])
        let error = await #expect(throws: ChatStorageError.self) {
            try await openChatStorage("sqlite:\(path)", sqlite: { $0.readers = 0 })
        }
        #expect(error?.code == .invalidArgument)
    }

    @Test(arguments: ["", "mysql://secret@host/db", "sqlite://chat.db", "host=db password=secret"])
    func whatIsNoURLIsRefusedWithoutBeingQuoted(url: String) async throws {
        let error = await #expect(throws: ChatStorageError.self) { try await openChatStorage(url) }
        #expect(error?.code == .invalidArgument && error?.message.contains("secret") == false)
    }

    @Test func aURLNamesItsSystem() throws {
        #expect(DatabaseSystem(try StoreURL("memory:")) == .memory)
        #expect(DatabaseSystem(try StoreURL("chat.db")).name == "sqlite")
        #expect(DatabaseSystem(try StoreURL("postgres://host/db")).name == "postgresql")
    }
}

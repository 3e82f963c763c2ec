import ChatStorageCore
import ChatStorageInMemory
import ChatStoragePostgres
import ChatStorageSQLite
import Configuration
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import ChatStorageConfiguration

@Suite struct StoreConfigurationTests {
    private func read(_ values: [AbsoluteConfigKey: ConfigValue]) async throws -> StoreConfiguration {
        try await StoreConfiguration(ConfigReader(provider: InMemoryProvider(values: values)))
    }

    private func problem(_ values: [AbsoluteConfigKey: ConfigValue]) async -> String {
        let error = await #expect(throws: ChatStorageError.self) { try await read(values) }
        #expect(error?.code == .invalidArgument)
        return error?.message ?? ""
    }

    @Test func aURLIsEnough() async throws {
        #expect(try await read(["chatstorage.url": "memory:"]).open() is InMemoryBackend)
        let server = try await read(["chatstorage.url": "postgres://me:secret@localhost/db"])
        #expect(try await server.open() is PostgresBackend)
        #expect(!"\(server)".contains("secret"))
        #expect(server.postgres?.connections == 8 && server.roles == .standard)
    }

    @Test func everyKeyOfSQLiteIsRead() async throws {
        let configuration = try #require(
            try await read([
                "chatstorage.url": "sqlite:chat.db", "chatstorage.roles": "with-tools",
                "chatstorage.sqlite.access": "immutable", "chatstorage.sqlite.journalMode": "delete",
                "chatstorage.sqlite.durability": "process-end", "chatstorage.sqlite.erasesDeletedText": true,
                "chatstorage.sqlite.busyTimeout": 0.5, "chatstorage.sqlite.readers": 2,
                "chatstorage.sqlite.waitingCalls": 3,
            ]).sqlite)
        #expect(configuration.path == "chat.db" && configuration.roles == .withTools)
        #expect(configuration.access == .immutable && configuration.journalMode == .delete)
        #expect(configuration.durability == .processEnd && configuration.erasesDeletedText)
        #expect(configuration.busyTimeout == .milliseconds(500))
        #expect(configuration.readers == 2 && configuration.waitingCalls == 3)
    }

    @Test func everyKeyOfPostgreSQLIsRead() async throws {
        let configuration = try #require(
            try await read([
                "chatstorage.url": "postgres://localhost/db", "chatstorage.postgres.schema": "chats",
                "chatstorage.postgres.tls": "verify-ca", "chatstorage.postgres.isBehindPooler": true,
                "chatstorage.postgres.mergesAppends": false, "chatstorage.postgres.connections": 2,
                "chatstorage.postgres.connectTimeout": 3.0, "chatstorage.postgres.callTimeout": 4.5,
                "chatstorage.postgres.statementTimeout": 0.25, "chatstorage.postgres.lockTimeout": 0.0,
                "chatstorage.postgres.callsPerConnection": 5, "chatstorage.postgres.bytesPerConnection": 6,
                "chatstorage.postgres.waitingCalls": 7,
            ]).postgres)
        #expect(configuration.url == "postgres://localhost/db" && configuration.schema == "chats")
        #expect(configuration.tls == .verifyCA && configuration.isBehindPooler && !configuration.mergesAppends)
        #expect(configuration.connections == 2 && configuration.callsPerConnection == 5)
        #expect(configuration.bytesPerConnection == 6 && configuration.waitingCalls == 7)
        #expect(configuration.connectTimeout == .seconds(3) && configuration.callTimeout == .milliseconds(4_500))
        #expect(configuration.statementTimeout == .milliseconds(250) && configuration.lockTimeout == .zero)
    }

    @Test func environmentVariablesDo() async throws {
        let folder = try TemporaryFolder()
        let provider = EnvironmentVariablesProvider(environmentVariables: [
            "CHATSTORAGE_URL": "sqlite:\(folder.path(of: "chat.db"))", "CHATSTORAGE_SQLITE_BUSY_TIMEOUT": "2",
            "CHATSTORAGE_SQLITE_ERASES_DELETED_TEXT": "true", "CHATSTORAGE_SQLITE_READERS": "2",
        ])
        let configuration = try await StoreConfiguration(ConfigReader(provider: provider))
        #expect(configuration.sqlite?.busyTimeout == .seconds(2) && configuration.sqlite?.readers == 2)
        #expect(configuration.sqlite?.erasesDeletedText == true)
        let backend = try await configuration.open()
        try await backend.prepare()
        try await backend.append(.user("Hi"), to: "trip")
        try await backend.close()
    }

    @Test func anAppNamesItsOwnScope() async throws {
        let config = ConfigReader(
            provider: InMemoryProvider(values: [
                "app.chats.url": "memory:", "app.archive.url": "sqlite:archive.db", "app.archive.sqlite.readers": 0,
            ]))
        let chats = try await StoreConfiguration(config.scoped(to: "app"), under: "chats")
        #expect(chats.url == .memory)
        let error = await #expect(throws: ChatStorageError.self) {
            try await StoreConfiguration(config, under: "app.archive")
        }
        #expect(error?.message == "the configuration's app.archive.sqlite.readers is 0; it must be 1 or more")
        let other = await #expect(throws: ChatStorageError.self) { try await StoreConfiguration(config, under: []) }
        #expect(other?.message == "the configuration's url is missing")
    }

    @Test func aWrongValueIsAnErrorThatNamesItsKey() async throws {
        #expect(await problem([:]) == "the configuration's chatstorage.url is missing")
        #expect(await problem(["chatstorage.url": "mysql://secret@host"]).contains("chatstorage.url names no store"))
        #expect(await !problem(["chatstorage.url": "mysql://secret@host"]).contains("secret"))
        let sqlite: [AbsoluteConfigKey: ConfigValue] = ["chatstorage.url": "sqlite:chat.db"]
        #expect(
            await problem(sqlite.merging(["chatstorage.sqlite.durability": "sometimes"]) { $1 })
                == "the configuration's chatstorage.sqlite.durability must be one of power-loss, process-end")
        #expect(
            await problem(sqlite.merging(["chatstorage.roles": "all"]) { $1 })
                == "the configuration's chatstorage.roles must be one of standard, with-tools")
        #expect(
            await problem(sqlite.merging(["chatstorage.sqlite.readers": "many"]) { $1 })
                == "the configuration's chatstorage.sqlite.readers cannot be read as an integer")
        #expect(
            await problem(sqlite.merging(["chatstorage.sqlite.erasesDeletedText": 7]) { $1 })
                == "the configuration's chatstorage.sqlite.erasesDeletedText cannot be read as true or false")
        for wrong in [-1.0, .infinity, .nan, 1e12] {
            #expect(
                await problem(
                    sqlite.merging(["chatstorage.sqlite.busyTimeout": ConfigValue(.double(wrong), isSecret: false)]) {
                        $1
                    }
                ) == "the configuration's chatstorage.sqlite.busyTimeout must be 0.0 to 1e9 seconds")
        }
    }

    @Test func aValueForAnotherKindOfStoreIsAnError() async throws {
        let reason = "is for another kind of store than the URL names"
        for (url, key, value) in [
            ("sqlite:chat.db", "chatstorage.postgres.connections", ConfigValue(.int(3), isSecret: false)),
            ("postgres://localhost/db", "chatstorage.sqlite.durability", "power-loss"),
            ("memory:", "chatstorage.sqlite.readers", ConfigValue(.int(3), isSecret: false)),
            ("memory:", "chatstorage.postgres.schema", "chats"),
        ] as [(String, String, ConfigValue)] {
            let values: [AbsoluteConfigKey: ConfigValue] = [
                "chatstorage.url": ConfigValue(.string(url), isSecret: false),
                AbsoluteConfigKey(key.split(separator: ".").map(String.init)): value,
            ]
            #expect(await problem(values) == "the configuration's \(key) \(reason)")
        }
    }

    @Test func onlyTheURLIsASecret() async throws {
        let reports = Reports()
        let values: [AbsoluteConfigKey: ConfigValue] = [
            "chatstorage.url": "postgres://me:secret@localhost/db", "chatstorage.postgres.schema": "chats",
        ]
        _ = try await StoreConfiguration(
            ConfigReader(provider: InMemoryProvider(values: values), accessReporter: reports))
        let secrets = reports.values.filter { $0.value.isSecret }.keys
        #expect(Array(secrets) == ["chatstorage.url"])
        #expect(reports.values["chatstorage.postgres.schema"] != nil)
    }

    @Test func theDocumentationListsEveryKey() throws {
        let source = TestedPackage.url(of: "Sources/ChatStorageConfiguration/StoreConfiguration.swift")
        let text = try String(contentsOf: source, encoding: .utf8)
        let documented = text.matches(of: /(?m)^\/\/\/ \| `([a-zA-Z.]+)`/).map { String($0.1) }
        let keys =
            Settings<SQLiteBackend.Configuration>.all.list.map(\.key)
            + Settings<PostgresBackend.Configuration>.all.list.map(\.key)
        #expect(documented == ["url", "roles"] + keys)
    }
}

/// Keeps what was read.
private final class Reports: AccessReporter {
    private let read = Mutex<[String: ConfigValue]>([:])
    var values: [String: ConfigValue] { read.withLock { $0 } }

    func report(_ event: AccessEvent) {
        guard case .success(let value?) = event.result else { return }
        read.withLock { $0["\(event.metadata.key)"] = value }
    }
}

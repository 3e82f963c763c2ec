import ChatStorageBackends
import ChatStorageConfiguration
import ChatStorageCore
import ChatStoragePostgres
import ChatStorageSQLite
import ChatStorageServices
import Configuration
import Logging
import ServiceLifecycle
import UnixSignals

/// The code of the three products' pages, as it stands there.
enum ServicesExamples {
    static func serve(
        _ path: String, _ logger: Logger, _ server: (any ChatStorageBackend, AnswerTasks) -> any Service
    ) async throws {
        let metrics = MetricsObserver(system: .sqlite)
        var configuration = SQLiteBackend.Configuration(path: path)
        configuration.observer = StorageObservers([LoggingObserver(logger, system: .sqlite), metrics])
        let backend = try await SQLiteBackend(configuration).traced(as: .sqlite)

        var options = ChatStorageService.Configuration()
        options.metrics = metrics
        let store = try ChatStorageService(backend, configuration: options, logger: logger)
        let group = ServiceGroup(
            services: [store, server(backend, store.answers)], gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger)
        try await group.run()
    }

    static func write(
        _ answers: AnswerTasks, _ chats: any ChatStorage, _ id: ConversationID, _ pieces: AsyncStream<String>
    ) async throws -> Message {
        let writing = try answers.start {
            try await chats.append(streaming: .assistant, to: id) { draft in
                for try await piece in pieces { draft.append(piece) }
            }
        }
        return try await writing.value
    }

    static func keepNinetyDays(_ options: inout ChatStorageService.Configuration) {
        var retention = ConversationRetention.Configuration(age: .seconds(90 * 86_400))
        retention.sparedLabels = ["pinned"]
        options.retention = retention
    }

    static func otherNames() -> MetricsObserver {
        var names = MetricsObserver.Names()
        names.operationDuration = "chats_call_duration"
        names.batchSize = nil  // not made
        let metrics = MetricsObserver(system: .postgresql, names: names)
        return metrics
    }

    static func openByURL() async throws -> any ChatStorageBackend {
        let backend = try await openChatStorage(
            "sqlite:chat.db", sqlite: { $0.readers = 8 }, postgres: { $0.connections = 16 })
        try await backend.prepare()
        return backend
    }

    static func openAsConfigured() async throws -> any ChatStorageBackend {
        let config = ConfigReader(provider: EnvironmentVariablesProvider())
        let store = try await StoreConfiguration(config)
        let backend = try await store.open()
        try await backend.prepare()
        return backend
    }
}

func isReady(_ backend: any ChatStorageBackend) async -> Bool {
    do {
        try await backend.ping()
        return true
    } catch {
        return false
    }
}

import ChatStorageCore
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import UnixSignals

/// The server: a store, a model, and what is said between them over HTTP.
public struct ChatServer: Sendable {
    /// What a server is made of.
    public struct Configuration: Sendable {
        /// Where the chats are; by default the file `chats.db`.
        public var store = StoreURL.sqlite(path: "chats.db")
        /// What answers; by default a stub.
        public var model: any ChatModel = StubModel()
        /// Whose requests are answered; by default anybody's.
        public var tokens = Tokens.anyName
        /// The address to listen at; by default this machine only.
        public var host = "127.0.0.1"
        /// The port; 0 for any that is free.
        public var port = 8080
        /// The time between two checkpoints of an answer, and so between what its client is sent.
        public var checkpointInterval = Duration.milliseconds(100)
        /// After how long without a word from its server an answer is ended.
        public var unfinishedAfter = Duration.seconds(60)
        /// How long answers go on after the server was asked to stop.
        public var grace = Duration.seconds(10)
        /// How much of a conversation the model is given.
        public var window = HistoryWindow.tokens(60_000)
        /// Called with the port, once the server listens.
        public var onListening: @Sendable (Int) -> Void = { _ in }

        /// Makes the defaults.
        public init() {}
    }

    private let configuration: Configuration
    private let logger: Logger

    /// Makes a server.
    public init(_ configuration: Configuration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Runs the server until a signal asks it to stop.
    ///
    /// It then takes no new answers, gives those under way a while, closes its connections, and last the store.
    public func run() async throws {
        do {
            try await serve()
        } catch {
            // The service that closes the model may not have started.
            try? await configuration.model.close()
            throw error
        }
    }

    private func serve() async throws {
        let feed = AnswerFeed(silence: min(.seconds(1), configuration.unfinishedAfter / 2))
        let store = try await openStore(configuration.store)
        let backend = InterceptedBackend(store, interceptor: feed)
        do {
            try await backend.prepare()
        } catch {
            try? await backend.close()
            throw error
        }
        let answers = Answers(
            model: configuration.model, checkpoints: checkpoints, grace: configuration.grace, logger: logger)
        let service = AnswerService(
            answers: answers, feed: feed, model: configuration.model, window: configuration.window)
        let recovery = RecoveryService(backend: backend, silence: configuration.unfinishedAfter, logger: logger)
        // They end in the other order: answers first, the store last.
        var group = ServiceGroupConfiguration(
            services: [
                StoreService(backend: backend), ModelService(model: configuration.model), recovery,
                application(backend, service), feed, answers,
            ],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = configuration.grace + .seconds(20)
        try await ServiceGroup(configuration: group).run()
    }

    private var checkpoints: AnswerCheckpoints {
        AnswerCheckpoints(
            interval: configuration.checkpointInterval, bytesPerSecond: 1 << 20,
            keepAlive: configuration.unfinishedAfter / 4)
    }

    private func application(_ backend: any ChatStorageBackend, _ service: AnswerService) -> some Service {
        let router = Router(context: ServerContext.self)
        router.add(middleware: ErrorMiddleware<ServerContext>())
        PageRoutes().add(to: router)
        router.get("health") { _, _ in "ok" }
        let authentication = Authentication(tokens: configuration.tokens, backend: backend)
        let api = router.group("v1").add(middleware: authentication).group(context: UserContext.self)
        ModelsRoutes(model: service.model).add(to: api)
        CompletionsRoutes(service: service).add(to: api)
        ResponsesRoutes(service: service).add(to: api)
        ConversationsRoutes().add(to: api)
        let page = router.group("app").add(middleware: authentication).group(context: UserContext.self)
        ChatsRoutes().add(to: page)
        let onListening = configuration.onListening
        return Application(
            router: router,
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: configuration.port), serverName: "chat-server"),
            onServerRunning: { onListening($0.localAddress?.port ?? 0) }, logger: logger)
    }
}

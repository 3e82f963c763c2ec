public import ChatStorageCore
public import Logging
public import ServiceLifecycle

/// Deletes conversations that were not updated for a while, of all tenants or some, again and again.
///
/// Each conversation is deleted whole, and looked at again when it is. Any number of processes can run this on one
/// store at once, though one is enough. A ``ChatStorageService`` runs it if its configuration says so; here it is a
/// service of its own.
public struct ConversationRetention: Service {
    /// What is deleted, and when.
    public struct Configuration: Sendable {
        /// How long a conversation was not updated before it is deleted, above zero.
        public var age: Duration
        /// Conversations with any of these labels stay; by default none is spared.
        public var sparedLabels: Set<Label> = []
        /// The tenants, nil among them for the default one; by default (nil) all that the store has.
        public var tenants: [String?]?
        /// How often conversations are looked for, above zero, a tenth sooner or later; by default each hour.
        ///
        /// The first time is within the first tenth of it.
        public var interval = Duration.seconds(3_600)

        /// Makes a configuration.
        ///
        /// - Parameter age: How long a conversation was not updated before it is deleted, above zero.
        public init(age: Duration) {
            self.age = age
        }

        func check() throws {
            try age.check("the age of conversations that are deleted", isInterval: true)
            try interval.check("the interval of retention", isInterval: true)
        }
    }

    private let backend: any ChatStorageBackend
    private let configuration: Configuration
    private let periodic: Periodic
    private let now: @Sendable () -> Timestamp
    private let logger: Logger

    /// Makes the service.
    ///
    /// - Parameters:
    ///   - backend: The store, which something else prepares and closes.
    ///   - configuration: What is deleted, and when.
    ///   - clock: What intervals are measured by; by default `ContinuousClock`.
    ///   - now: What a conversation's age is measured by; by default the system's clock.
    ///   - logger: Where it logs what it deleted, at the level notice, and errors, as warnings.
    /// - Throws: `ChatStorageError` with the code `invalidArgument` for a configuration out of its bounds.
    public init(
        _ backend: any ChatStorageBackend, configuration: Configuration,
        clock: any Clock<Duration> = ContinuousClock(), now: @escaping @Sendable () -> Timestamp = Timestamp.now,
        logger: Logger
    ) throws {
        try configuration.check()
        self.backend = backend
        self.configuration = configuration
        self.now = now
        self.logger = logger
        periodic = Periodic(every: configuration.interval, clock: clock)
    }

    /// Runs until graceful shutdown or cancellation.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await periodic.run("Deleting old conversations", logger: logger) { try await deleteOldConversations() }
        }
    }

    private func deleteOldConversations() async throws {
        let time = now() - configuration.age
        let tenants: [String?] =
            if let tenants = configuration.tenants { tenants } else { try await backend.allTenants().map(\.name) }
        var sum = DeletionCount()
        for tenant in tenants {
            let count = try await backend.deleteConversations(
                ofTenant: tenant, updatedBefore: time, without: configuration.sparedLabels)
            sum.conversations += count.conversations
            sum.messages += count.messages
        }
        guard sum.conversations > 0 else { return }
        logger.notice(
            "Old conversations were deleted",
            metadata: [
                "chatstorage.conversations": "\(sum.conversations)", "chatstorage.messages": "\(sum.messages)",
            ])
    }
}

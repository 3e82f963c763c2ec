public import ChatStorageCore
public import Logging
public import ServiceLifecycle

/// Regularly deletes conversations that were not updated for a while, of all tenants or some.
///
/// Each conversation is deleted completely, and only if it is still old enough at that moment. Any number of processes
/// can run this on one store at once, but one is enough. A ``ChatStorageService`` runs it if its configuration says so;
/// this type is for running it separately.
public struct ConversationRetention: Service {
    /// What is deleted, and when.
    public struct Configuration: Sendable {
        /// How long a conversation must have gone without an update to be deleted, above zero.
        public var age: Duration
        /// Conversations with any of these labels stay; by default none is spared.
        public var sparedLabels: Set<Label> = []
        /// The tenants, with nil for the default one; by default (nil) all that the store has.
        public var tenants: [String?]?
        /// How often to search for conversations, above zero, up to a tenth sooner or later; by default each hour.
        ///
        /// The first search is within the first tenth of the interval.
        public var interval = Duration.seconds(3_600)

        /// Makes a configuration.
        ///
        /// - Parameter age: How long a conversation must have gone without an update to be deleted, above zero.
        public init(age: Duration) {
            self.age = age
        }

        func check() throws {
            try age.check("retention.age", isInterval: true)
            try interval.check("retention.interval", isInterval: true)
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
    ///   - clock: The clock that measures intervals; by default `ContinuousClock`.
    ///   - now: The time from which a conversation's age counts back; by default the system's clock.
    ///   - logger: Logs what was deleted, at the level notice, and errors, as warnings.
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

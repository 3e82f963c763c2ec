public import ChatStorageCore

/// Conversations in the memory of this process: for an app's unit tests, and the model of what all backends do.
///
/// It keeps the contract's rules, the codes of its errors and its limits included, so that a function that works on it
/// works on a database too. Nothing outlives the last reference to the backend. Any number of tasks may use it at once.
///
/// ```swift
/// @Test func remembersTheQuestion() async throws {
///     let storage = InMemoryBackend()
///     try await storage.prepare()
///     try await storage.append(.user("A weekend in Kyoto?"), to: "trip")
///     #expect(try await storage.history(of: "trip") == [.user("A weekend in Kyoto?")])
/// }
/// ```
public final class InMemoryBackend: ChatStorageBackend {
    /// What a store starts with.
    public struct Configuration: Sendable {
        /// Where times come from; by default the system's clock.
        ///
        /// It may stand still or step back: ``Conversation/updatedAt`` then stays. Times outside the years 1 to 9999
        /// are moved to their ends. It is asked in the middle of calls, so it cannot use the backend itself.
        public var clock: @Sendable () -> Timestamp
        /// Conversations of the default tenant that are there from the start; by default none.
        public var conversations: [ConversationSnapshot]

        /// Makes a configuration.
        public init(
            clock: @escaping @Sendable () -> Timestamp = Timestamp.now, conversations: [ConversationSnapshot] = []
        ) {
            self.clock = clock
            self.conversations = conversations
        }
    }

    private let store: InMemoryStore

    /// Opens an empty store.
    ///
    /// - Parameter clock: Where times come from; by default the system's clock.
    public init(clock: @escaping @Sendable () -> Timestamp = Timestamp.now) {
        store = InMemoryStore(clock: clock)
    }

    /// Opens a store as a configuration says.
    ///
    /// - Throws: ``ChatStorageError`` with the codes of ``ChatStorage/restoreConversation(_:)`` for a conversation that
    ///   cannot be stored or comes twice.
    public init(_ configuration: Configuration) throws {
        store = InMemoryStore(clock: configuration.clock)
        try store.preload(configuration.conversations)
    }

    /// Opens an empty store by its URL, `memory:`.
    ///
    /// - Throws: ``ChatStorageError`` with the code `invalidArgument` for the URL of another kind of store.
    public convenience init(url: String) throws {
        guard try StoreURL(url) == .memory else {
            throw ChatStorageError(.invalidArgument, "the URL is not of an in-memory store, which is memory:")
        }
        self.init()
    }

    /// None: nothing is kept beyond the process, and only this value and its tenants' handles reach it.
    public var capabilities: Capabilities { [] }

    /// Makes the store ready.
    ///
    /// As on the other backends, calls before it are `notPrepared`, so that an app's tests notice when it is forgotten.
    ///
    /// There is no schema to create or to look for, so every ``Preparation`` succeeds.
    public func prepare(_ preparation: Preparation) async throws {
        try store.prepare()
    }

    /// Closes the store and frees its memory.
    public func close() async throws {
        store.close()
    }

    /// The handle on the default tenant.
    public var defaultTenant: InMemoryTenant {
        InMemoryTenant(store: store, tenant: store.defaultTenant)
    }

    /// The handle on a tenant.
    public func tenant(_ name: String) -> InMemoryTenant {
        InMemoryTenant(store: store, tenant: store.tenant(name))
    }
}

extension InMemoryBackend: CountsTenants {
    /// How many tenants have conversations, not counting one of them.
    package func countTenants(besides tenant: String?) async throws -> Int {
        try store.countTenants(besides: tenant)
    }
}

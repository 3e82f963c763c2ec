public import ChatStorageCore
import ChatStorageSupport

/// Conversations in the memory of this process: for an app's unit tests, and as the model for all backends.
///
/// It keeps the contract's rules, with its error codes and limits, so a function that works on it works on a database
/// too. Nothing outlives the last reference to the backend. Any number of tasks may use it at once.
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
    /// How a store starts.
    public struct Configuration: Sendable {
        /// Where times come from; by default the system's clock.
        ///
        /// It may stand still or step back: `Conversation/updatedAt` then stays. Times outside the years 1 to 9999 are
        /// moved to the nearest end. The store asks it in the middle of calls, so it must not use the backend itself.
        public var clock: @Sendable () -> Timestamp
        /// Conversations of the default tenant that are there from the start; by default none.
        public var conversations: [ConversationSnapshot]
        /// The roles that messages can have; by default those of plain chats.
        public var roles: RoleSet
        /// Gets a report of each call that ends; by default there is none.
        public var observer: (any StorageObserver)?

        /// Makes a configuration.
        public init(
            clock: @escaping @Sendable () -> Timestamp = Timestamp.now, conversations: [ConversationSnapshot] = [],
            roles: RoleSet = .standard, observer: (any StorageObserver)? = nil
        ) {
            self.clock = clock
            self.conversations = conversations
            self.roles = roles
            self.observer = observer
        }
    }

    private let store: InMemoryStore

    /// Opens an empty store.
    ///
    /// - Parameters:
    ///   - clock: Where times come from; by default the system's clock.
    ///   - roles: The roles that messages can have; by default those of plain chats.
    public init(clock: @escaping @Sendable () -> Timestamp = Timestamp.now, roles: RoleSet = .standard) {
        store = InMemoryStore(clock: clock, roles: roles)
    }

    /// Opens a prepared store with conversations in one expression, for previews and tests.
    ///
    /// ```swift
    /// let chats = InMemoryBackend.prepared(with: [.init("trip", title: "Kyoto", [.user("Hi"), .assistant("Hello")])])
    /// ```
    ///
    /// The conversations can have messages of all roles that a store can take, `RoleSet/withTools`, and are read whole.
    /// Messages that are appended afterwards must have one of the `roles`, as on any other backend. A conversation that
    /// no store can keep, such as one with a message of another role, is left out: to find out why, use ``init(_:)`` in
    /// a test.
    ///
    /// - Parameters:
    ///   - conversations: The conversations of the default tenant.
    ///   - roles: The roles that further messages can have; by default those of plain chats.
    public static func prepared(
        with conversations: [ConversationSnapshot] = [], roles: RoleSet = .standard
    ) -> InMemoryBackend {
        let backend = InMemoryBackend(roles: roles)
        for conversation in conversations { try? backend.store.preload([conversation], roles: .withTools) }
        try? backend.store.prepare()
        return backend
    }

    private init(_ store: InMemoryStore) {
        self.store = store
    }

    /// A separate backend with the same content, not prepared, like a reopened disk; for tests of the suite.
    package func copy() -> InMemoryBackend { InMemoryBackend(store.copy()) }

    /// Runs a body that reads the store as it is at one moment, whatever is written meanwhile.
    ///
    /// It first notes all conversations; other calls wait for that. It copies messages only of conversations that are
    /// written while the body runs.
    public func withSnapshot<Result: Sendable>(
        _ body: (any ChatStorageBackend) async throws -> Result
    ) async throws -> Result {
        if store.isSnapshot { return try await body(self) }
        guard store.snapshots.begin() else { throw ChatStorageError.closed }
        defer { store.snapshots.end() }
        let snapshot = try store.snapshot()
        defer {
            snapshot.refuseCalls()
            snapshot.free()
        }
        return try await body(InMemoryBackend(snapshot))
    }

    /// Opens a store as a configuration says.
    ///
    /// - Throws: `ChatStorageError` with the codes of `ChatStorage/restoreConversation(_:)` for a conversation that
    ///   cannot be stored or comes twice.
    public init(_ configuration: Configuration) throws {
        store = InMemoryStore(
            clock: configuration.clock, roles: configuration.roles, observer: configuration.observer)
        try store.preload(configuration.conversations, roles: configuration.roles)
    }

    /// Opens an empty store by its URL, `memory:`.
    ///
    /// - Throws: `ChatStorageError` with the code `invalidArgument` for the URL of another kind of store.
    public convenience init(url: String) throws {
        guard try StoreURL(url) == .memory else {
            throw ChatStorageError(.invalidArgument, "an in-memory store needs the URL memory:")
        }
        self.init()
    }

    /// Snapshots alone: nothing outlives the process, and only this value and its tenants' handles reach the store.
    public var capabilities: Capabilities { .snapshots }

    /// Makes the store ready.
    ///
    /// As on the other backends, calls before it fail with `notPrepared`, so that an app's tests notice if the app
    /// forgets it.
    ///
    /// There is no schema, so every `Preparation` succeeds.
    public func prepare(_ preparation: Preparation) async throws {
        try await CallMeter.measure(store.observer, .prepare, tenant: nil, nil) { _ in try store.prepare() }
    }

    /// Closes the store and frees its memory, once the answers under way have ended.
    public func close() async throws {
        await store.endingAnswers.wait()
        store.refuseCalls()
        await store.snapshots.close()
        store.free()
    }

    /// Reads a page of the tenants that have conversations.
    public func tenants(_ query: TenantQuery) async throws -> TenantPage {
        try await CallMeter.measure(store.observer, .tenants, tenant: nil, nil) { _ in try store.tenants(query) }
    }

    /// Reads a page of the answers under way that nobody has written for a while, over all tenants.
    public func unfinishedMessages(_ query: UnfinishedQuery) async throws -> UnfinishedPage {
        try await CallMeter.measure(store.observer, .unfinishedMessages, tenant: nil, nil) { _ in
            try store.unfinishedMessages(query)
        }
    }

    /// Nothing waits here and nothing is connected, so all counts are zero.
    public func statistics() async throws -> StorageStatistics {
        try store.checkIsOpen()
        return StorageStatistics()
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

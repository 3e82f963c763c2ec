/// A store: a database file, a server's database, a process's memory.
///
/// It is also a ``ChatStorage``, on the default tenant, which has no name. The part of an app that opens the store
/// knows its backend; the rest is given a ``ChatStorage`` and can neither close nor migrate anything.
///
/// ## One store for many users
///
/// A server gives each user a tenant, and takes its name from what authenticates the request:
///
/// ```swift
/// let chats = backend.tenant(token.subject)
/// ```
///
/// A missing claim must not open chats that all requests without one share. So no name reaches the default tenant:
/// every call on a tenant with an empty name fails with `invalidArgument`, reads too. A server never calls the backend
/// itself or ``defaultTenant``; they are for apps that have one user.
///
/// A backend of your own implements the requirements below and ``ChatStorage`` on its tenants' handles; the calls on
/// the backend itself go to ``defaultTenant``.
public protocol ChatStorageBackend: ChatStorage {
    /// The handle on one tenant.
    associatedtype Tenant: ChatStorage

    /// What the backend promises beyond the rules that bind all of them.
    var capabilities: Capabilities { get }

    /// Makes the store ready: creates its schema, migrates one of an older version, or only looks at it.
    ///
    /// It can run any number of times and in many processes at once. On a current schema it changes nothing and needs
    /// only the right to read.
    ///
    /// - Parameter preparation: Whether the schema may be changed.
    /// - Throws: ``ChatStorageError`` with the code `schemaTooNew` if a newer version of the library made the schema,
    ///   `schemaMismatch` if tables of its names exist that it did not make, `notPrepared` if the schema needs a change
    ///   that ``Preparation/verify`` does not make; nothing is changed then.
    func prepare(_ preparation: Preparation) async throws

    /// Closes the store. Calls under way finish or fail cleanly; every later call, on any tenant, fails with `closed`.
    ///
    /// Answers that are being written end as ``MessageState/failed``, with what came; it waits until that is stored.
    /// Closing again does nothing.
    func close() async throws

    /// The handle on the default tenant, which has no name: what the backend itself forwards its calls to.
    ///
    /// It is for apps that have one user; ``tenant(_:)`` never gives it.
    var defaultTenant: Tenant { get }

    /// The handle on a tenant: an isolated namespace in the store, usually one end user.
    ///
    /// Handles are cheap: they share the store's connections, and need not be kept or closed.
    ///
    /// - Parameter name: 1 to 100 Unicode scalars without U+0000, compared as UTF-8 bytes. Every call on a handle with
    ///   any other name fails with `invalidArgument`. So does an empty name, most often a missing claim.
    func tenant(_ name: String) -> Tenant

    /// Reads a page of the tenants that have conversations, by the UTF-8 bytes of their names, the default one first.
    ///
    /// It counts, so a page takes longer if its tenants have more conversations.
    ///
    /// - Parameter query: Where the page begins, and how many tenants it has at most.
    func tenants(_ query: TenantQuery) async throws -> TenantPage

    /// Deletes all conversations of a tenant, one by one, each whole.
    ///
    /// What calls on the tenant write meanwhile may survive, so an app locks the user out first. An erasure that failed
    /// or was cancelled has deleted some; call it again. It does not read titles, labels and metadata, so damaged ones
    /// do not stop it.
    ///
    /// - Parameters:
    ///   - name: The tenant's name; nil is the default tenant.
    ///   - isDryRun: Whether it only counts, and deletes nothing.
    /// - Returns: What was deleted, or would be.
    /// - Throws: ``ChatStorageError``, with the code `damaged` if the list has conversations that deletions again and
    ///   again do not find, as in a damaged index; all others are deleted then.
    func eraseTenant(_ name: String?, isDryRun: Bool) async throws -> DeletionCount

    /// Deletes a tenant's conversations that were not updated since a time, one by one, each whole.
    ///
    /// Each deletion checks again that its conversation was not updated meanwhile. Nothing is deleted unless this is
    /// called.
    ///
    /// - Parameters:
    ///   - name: The tenant's name; nil is the default tenant.
    ///   - time: Conversations updated at it or later stay.
    ///   - labels: Conversations with any of these labels stay.
    ///   - isDryRun: Whether it only counts, and deletes nothing.
    /// - Returns: What was deleted, or would be.
    func deleteConversations(
        ofTenant name: String?, updatedBefore time: Timestamp, without labels: Set<Label>, isDryRun: Bool
    ) async throws -> DeletionCount

    /// Reads a page of the answers under way that nobody has written for a while, over all tenants.
    ///
    /// Their writers died. ``endUnfinishedMessages(notRevisedFor:as:)`` ends them.
    ///
    /// - Parameter query: For how long nobody has written them, where the page begins, and how many it has at most.
    func unfinishedMessages(_ query: UnfinishedQuery) async throws -> UnfinishedPage

    /// Runs a body that reads the store as it is at one moment, whatever is written meanwhile.
    ///
    /// For what must fit together over many conversations, such as an export of the whole store:
    ///
    /// ```swift
    /// let total = try await backend.withSnapshot { snapshot in
    ///     try await snapshot.tenants(TenantQuery()).items.reduce(0) { $0 + $1.messages }
    /// }
    /// ```
    ///
    /// The moment is between the call and the body's beginning. The snapshot only reads: writes fail with
    /// `accessDenied`. It is closed when the body has ended. Closing the backend waits for that, so a body must not
    /// close the backend whose snapshot it got. A snapshot of a snapshot is of the same moment.
    ///
    /// Without the capability ``Capabilities/snapshots`` there is no snapshot: the body gets the backend itself.
    ///
    /// - Parameter body: Gets the snapshot, which must not be used after the body has returned. Cancelling does not
    ///   interrupt the body; its calls then throw `CancellationError`.
    /// - Returns: What the body returns.
    /// - Throws: What the body throws; ``ChatStorageError`` with the code `closed`, `notPrepared` or `unavailable` if
    ///   no snapshot could be taken.
    func withSnapshot<Result: Sendable>(
        _ body: (any ChatStorageBackend) async throws -> Result
    ) async throws -> Result

    /// What the store is doing at this moment.
    ///
    /// It waits for no call and reads nothing from the database, so it answers when the database does not.
    ///
    /// - Throws: ``ChatStorageError`` with the code `closed`.
    func statistics() async throws -> StorageStatistics
}

extension ChatStorageBackend {
    /// Makes the store ready: creates its schema, or migrates one of an older version.
    ///
    /// It is ``prepare(_:)`` with ``Preparation/migrate``.
    public func prepare() async throws {
        try await prepare(.migrate)
    }

    /// Runs the body on the backend itself, without a snapshot.
    ///
    /// A backend that wraps another one and passes on its capabilities must pass on this call too.
    public func withSnapshot<Result: Sendable>(
        _ body: (any ChatStorageBackend) async throws -> Result
    ) async throws -> Result {
        try await body(self)
    }

    /// Checks that the store answers: for a server's readiness probe.
    ///
    /// It looks for a conversation of the default tenant, and takes as long as such a call does.
    ///
    /// - Throws: ``ChatStorageError`` with the code of what is wrong, such as `notPrepared`, `closed` or `unavailable`.
    public func ping() async throws {
        _ = try await defaultTenant.conversation("ping")
    }

    /// Creates a conversation of the default tenant.
    @discardableResult
    public func createConversation(_ new: NewConversation) async throws -> Conversation {
        try await defaultTenant.createConversation(new)
    }

    /// Reads a conversation of the default tenant.
    public func conversation(_ id: ConversationID) async throws -> Conversation? {
        try await defaultTenant.conversation(id)
    }

    /// Changes a conversation of the default tenant.
    @discardableResult
    public func updateConversation(
        _ id: ConversationID, _ change: ConversationChange
    ) async throws -> Conversation? {
        try await defaultTenant.updateConversation(id, change)
    }

    /// Deletes a conversation of the default tenant and all its messages.
    @discardableResult
    public func deleteConversation(_ deletion: ConversationDeletion) async throws -> Bool {
        try await defaultTenant.deleteConversation(deletion)
    }

    /// Reads a page of the default tenant's conversations.
    public func conversations(_ query: ConversationQuery) async throws -> ConversationPage {
        try await defaultTenant.conversations(query)
    }

    /// Appends messages to a conversation of the default tenant.
    @discardableResult
    public func append(_ new: NewMessages) async throws -> AppendResult {
        try await defaultTenant.append(new)
    }

    /// Changes a message of a conversation of the default tenant.
    @discardableResult
    public func reviseMessage(_ revision: MessageRevision) async throws -> Message {
        try await defaultTenant.reviseMessage(revision)
    }

    /// Reads a page of the messages of a conversation of the default tenant.
    public func messages(_ query: MessageQuery) async throws -> MessagePage {
        try await defaultTenant.messages(query)
    }

    /// Reads where a conversation of the default tenant has branched.
    public func forks(of id: ConversationID) async throws -> [Fork] {
        try await defaultTenant.forks(of: id)
    }

    /// Removes messages of a conversation of the default tenant.
    @discardableResult
    public func removeMessages(_ removal: MessageRemoval) async throws -> Int {
        try await defaultTenant.removeMessages(removal)
    }

    /// Stores a conversation of the default tenant exactly as it was elsewhere.
    @discardableResult
    public func restoreConversation(_ snapshot: ConversationSnapshot) async throws -> Conversation {
        try await defaultTenant.restoreConversation(snapshot)
    }

    /// The answers whose ends are being written through the store.
    public var endingAnswers: EndingAnswers { defaultTenant.endingAnswers }
}

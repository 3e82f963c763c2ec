public import ChatStorageCore

/// A store that one check has for itself.
///
/// `handles(_:)`, `reopen()` and `remove()` are required. The other functions let the suite check what cannot be seen
/// through the library; if one is missing, the checks that need it are reported as skipped or as not applicable,
/// with the reason.
public protocol ConformanceStore: Sendable {
    /// Opens handles on the store's data, independent of each other if the backend can have several.
    ///
    /// If the backend does not declare `multiProcess`, return the same handle every time. Do not prepare the handles;
    /// the suite prepares and closes them.
    ///
    /// - Parameter count: How many, 1 or more.
    func handles(_ count: Int) async throws -> [any ChatStorageBackend]

    /// Opens the store again, as an app does when it starts again.
    ///
    /// The suite has closed all handles before, or called ``abandon()``.
    func reopen() async throws -> any ChatStorageBackend

    /// Opens a handle whose configuration has these roles: on the store's data if the backend can have several handles,
    /// otherwise on an empty store.
    ///
    /// Do not prepare it; the suite prepares and closes it. The other handles take the standard roles.
    func handle(taking roles: RoleSet) async throws -> any ChatStorageBackend

    /// Leaves the open handles as a sudden end of their process would; ``reopen()`` follows.
    ///
    /// The suite does not use them again until it closes them at the end. By default nothing happens. If a backend's
    /// handles keep others out, for example by a lock file, release that here without writing anything.
    func abandon() async throws

    /// Removes the store with everything in it, after its handles were closed.
    func remove() async throws

    /// The prefix of the names of all tenants that a check uses; by default empty, for a store that is the check's own.
    ///
    /// For a store that holds other data, such as one in production, return a prefix that nothing else uses. The tenant
    /// with exactly this name stands for the default one. Checks that need a store of their own do not run on such a
    /// store.
    var tenantPrefix: String { get }

    /// Writes to the store behind the library's back, in the engine's own language.
    ///
    /// - Returns: Whether the engine took the write or refused it by one of its constraints.
    /// - Throws: Anything else that went wrong; the check then fails.
    func writePastLibrary(_ write: RawWrite) async throws -> RawWrite.Outcome

    /// Everything in the store, its schema and its rows, as text of any form; the suite compares it before and after.
    func contents() async throws -> String

    /// Keeps writers out of the store while the body runs, as another program's long transaction does.
    ///
    /// - Parameter body: Gets a prepared handle that waits for locks as briefly as possible.
    func withWritersLockedOut(_ body: @Sendable (any ChatStorageBackend) async throws -> Void) async throws
}

extension ConformanceStore {
    /// The store is the check's own.
    public var tenantPrefix: String { "" }

    /// The handles keep no other handle out.
    public func abandon() async throws {}

    /// Not offered by this harness.
    public func handle(taking roles: RoleSet) async throws -> any ChatStorageBackend {
        throw MissingFromHarness("a handle that takes other roles")
    }

    /// Not offered by this harness.
    public func writePastLibrary(_ write: RawWrite) async throws -> RawWrite.Outcome {
        throw MissingFromHarness("a way to write past the library")
    }

    /// Not offered by this harness.
    public func contents() async throws -> String {
        throw MissingFromHarness("a way to read the store's contents past the library")
    }

    /// Not offered by this harness.
    public func withWritersLockedOut(_ body: @Sendable (any ChatStorageBackend) async throws -> Void) async throws {
        throw MissingFromHarness("a way to lock writers out")
    }
}

/// Thrown by a harness for what it does not offer; the check is then skipped, and the run is not a full pass.
///
/// A few checks do not apply instead.
public struct MissingFromHarness: Error, CustomStringConvertible {
    /// What is missing; the words follow "the harness does not offer".
    public let what: String

    /// Names what is missing.
    public init(_ what: String) {
        self.what = what
    }

    /// What is missing, as a sentence.
    public var description: String { "the harness does not offer \(what)" }
}

/// Thrown by a store that holds other data and must not be used in this way; the check then does not apply.
///
/// Throw it from ``ConformanceStore/writePastLibrary(_:)``, ``ConformanceStore/contents()``,
/// ``ConformanceStore/withWritersLockedOut(_:)``, ``ConformanceStore/handle(taking:)`` and
/// ``ConformanceStore/abandon()`` of a store that has a ``ConformanceStore/tenantPrefix``. From anywhere else it is a
/// failure like any other error.
public struct NotApplicableToStore: Error, CustomStringConvertible {
    /// Why; the words follow "the check does not apply:".
    public let reason: String

    /// Gives the reason.
    public init(_ reason: String) {
        self.reason = reason
    }

    /// The reason.
    public var description: String { reason }
}

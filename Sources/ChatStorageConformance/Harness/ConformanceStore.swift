public import ChatStorageCore

/// A store that one check has for itself.
///
/// The first three functions are required. The others let the suite check what cannot be seen through the library; a
/// check that needs one which is missing is reported as skipped, with the reason.
public protocol ConformanceStore: Sendable {
    /// Opens handles on the store's data, independent of each other where the backend can have several.
    ///
    /// A backend that does not declare `multiProcess` gives the same handle as often as asked for. The handles are not
    /// prepared; the suite prepares and closes them.
    ///
    /// - Parameter count: How many, 1 or more.
    func handles(_ count: Int) async throws -> [any ChatStorageBackend]

    /// Opens the store again, as an app does when it starts again.
    ///
    /// All handles were closed before, or ``abandon()`` was called.
    func reopen() async throws -> any ChatStorageBackend

    /// Opens a handle whose configuration has other roles than the others': on the store's data where the backend can
    /// have several handles, on an empty store otherwise.
    ///
    /// It is not prepared; the suite prepares and closes it. The other handles take the standard roles.
    func handle(taking roles: RoleSet) async throws -> any ChatStorageBackend

    /// Leaves the open handles as the sudden end of their process leaves them, for ``reopen()`` to follow.
    ///
    /// The suite does not use them again until it closes them at the end. By default nothing happens: only a backend
    /// whose handles keep others out, as by a lock file, has something to let go of here, without writing anything.
    func abandon() async throws

    /// Removes the store and all that is in it, after its handles were closed.
    func remove() async throws

    /// What precedes the names of all tenants that a check uses; empty, as by default, if the store is the check's own.
    ///
    /// A store that holds other data, such as one in production, names tenants here that nothing else uses. The tenant
    /// with exactly this name stands for the default one. Checks that need a store of their own do not run on it.
    var tenantPrefix: String { get }

    /// Writes to the store behind the library's back, in the engine's own language.
    ///
    /// - Returns: Whether the engine took the write or refused it by one of its constraints.
    /// - Throws: Anything else that went wrong; the check then fails.
    func writePastLibrary(_ write: RawWrite) async throws -> RawWrite.Outcome

    /// All that the store holds, its schema and its rows, as text of any form, for comparing before and after.
    func contents() async throws -> String

    /// Keeps writers out of the store, as another program's long transaction does, while the body runs.
    ///
    /// - Parameter body: Gets a prepared handle that waits for locks as shortly as it can be made to.
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

/// What a harness throws for what it does not offer; the check is then skipped, and the run is not a full pass.
public struct MissingFromHarness: Error, CustomStringConvertible {
    /// What is missing, in words that follow "the harness does not offer".
    public let what: String

    /// Names what is missing.
    public init(_ what: String) {
        self.what = what
    }

    /// What is missing, as a sentence.
    public var description: String { "the harness does not offer \(what)" }
}

/// Thrown by a store that holds other data, for what must not be done to it; the check then does not apply.
///
/// It counts from ``ConformanceStore/writePastLibrary(_:)``, ``ConformanceStore/contents()``,
/// ``ConformanceStore/withWritersLockedOut(_:)``, ``ConformanceStore/handle(taking:)`` and
/// ``ConformanceStore/abandon()`` of a store that has a ``ConformanceStore/tenantPrefix``. From anywhere else it is a
/// failure like any other error.
public struct NotApplicableToStore: Error, CustomStringConvertible {
    /// Why, in words that follow "the check does not apply:".
    public let reason: String

    /// Says why.
    public init(_ reason: String) {
        self.reason = reason
    }

    /// The reason.
    public var description: String { reason }
}

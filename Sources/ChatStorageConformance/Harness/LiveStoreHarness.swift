public import ChatStorageCore
import Synchronization

/// Checks a store that is in use: each check works in tenants of its own, which are removed afterwards.
///
/// The harness hands out handles that cannot name any other tenant, so no check can reach the store's other data.
/// Checks that need a store of their own do not apply. Call ``end()`` after the run, even if it failed or was
/// cancelled:
///
/// ```swift
/// let harness = LiveStoreHarness(name: "production") { try await MyBackend(url) }
/// let report = await ConformanceSuite.run(on: harness)
/// try await harness.end()
/// ```
public final class LiveStoreHarness: ConformanceHarness {
    /// The store's name in reports.
    public let name: String
    /// The prefix of the names of all tenants in the run; it is random, and has 41 scalars.
    public let tenantPrefix: String

    let open: @Sendable () async throws -> any ChatStorageBackend
    private let command: @Sendable (_ checkID: String, _ seed: UInt64) -> String?
    private let state = Mutex(State())

    private struct State {
        var stores = 0
        var tenants: Set<[UInt8]> = []
        /// The open handles by their numbers; a handle without `multiProcess` has a number for each store that shares
        /// it.
        var handles: [Int: (base: any ChatStorageBackend, tenantPrefix: String)] = [:]
        var opened = 0
        var hasEnded = false

        mutating func add(_ base: any ChatStorageBackend, _ tenantPrefix: String) -> OpenHandle {
            opened += 1
            handles[opened] = (base, tenantPrefix)
            return OpenHandle(base: base, number: opened)
        }

        /// The open handle, if the backend can have only one; a store that does not share it yet gets a number for it.
        mutating func share(_ tenantPrefix: String) -> OpenHandle? {
            guard let base = handles.values.first?.base, !base.capabilities.contains(.multiProcess) else { return nil }
            if let number = handles.first(where: { $0.value.tenantPrefix == tenantPrefix })?.key {
                return OpenHandle(base: base, number: number)
            }
            return add(base, tenantPrefix)
        }
    }

    /// A handle with its number.
    struct OpenHandle {
        let base: any ChatStorageBackend
        let number: Int
    }

    /// Makes the harness for a store, which must be prepared.
    ///
    /// - Parameters:
    ///   - name: The store's name in reports.
    ///   - command: The command that runs one check again, if there is one.
    ///   - open: Opens the store. If the backend declares `multiProcess`, the handles must be independent of each
    ///     other; otherwise the harness opens the store again only when it is closed. The harness prepares each handle.
    public init(
        name: String, command: @escaping @Sendable (_ checkID: String, _ seed: UInt64) -> String? = { _, _ in nil },
        open: @escaping @Sendable () async throws -> any ChatStorageBackend
    ) {
        self.name = name
        self.command = command
        self.open = open
        let digits = String(UInt64.random(in: 0...(.max)), radix: 16)
        tenantPrefix = "chatstorage-conformance-" + String(repeating: "0", count: 16 - digits.count) + digits + "-"
    }

    /// The command that the harness was given.
    public func command(toRun checkID: String, seed: UInt64) -> String? { command(checkID, seed) }

    /// Gives the store, with tenants that no other check uses.
    public func makeStore() -> any ConformanceStore {
        let number = state.withLock { state in
            state.stores += 1
            return state.stores
        }
        return LiveStore(harness: self, tenantPrefix: "\(tenantPrefix)\(number)/")
    }

    /// Closes every handle of the run and removes all data that is left in its tenants.
    ///
    /// After that, a check that was abandoned at its time limit or by a cancellation cannot write any more.
    ///
    /// - Throws: ``Leftover`` if a tenant could not be emptied; an error of the store.
    public func end() async throws {
        let handles = state.withLock { state in
            state.hasEnded = true
            defer { state.handles = [:] }
            return state.handles.values.map(\.base)
        }
        for handle in handles { try? await handle.close() }
        // Only now: a call that was under way when its handle was closed may have been a tenant's first.
        try await empty(state.withLock(\.tenants))
    }

    /// Opens a handle that can only work in the tenants of a prefix.
    func openHandle(tenantPrefix: String) async throws -> any ChatStorageBackend {
        confined(try await acquireHandle(for: tenantPrefix), to: tenantPrefix)
    }

    /// Opens a handle on the whole store, or shares the open one if the backend can have only one.
    ///
    /// - Parameters:
    ///   - tenantPrefix: The prefix of the run's store that needs it.
    ///   - isRemoving: Whether it is for the removal, which may open one after the end.
    func acquireHandle(for tenantPrefix: String, isRemoving: Bool = false) async throws -> OpenHandle {
        if let shared = state.withLock({ $0.share(tenantPrefix) }) { return shared }
        let handle = try await open()
        let (own, shared) = state.withLock { state -> (OpenHandle?, OpenHandle?) in
            guard isRemoving || !state.hasEnded else { return (nil, nil) }
            // Another task may have opened one meanwhile.
            if let shared = state.share(tenantPrefix) { return (nil, shared) }
            return (state.add(handle, tenantPrefix), nil)
        }
        if let own { return own }
        try await handle.close()
        guard let shared else { throw CancellationError() }
        return shared
    }

    /// Whether an open handle is shared by all stores.
    fileprivate var sharesHandle: Bool {
        state.withLock { $0.handles.values.contains { !$0.base.capabilities.contains(.multiProcess) } }
    }

    /// Closes a handle unless other stores share it.
    func release(_ handle: OpenHandle) async throws {
        let isShared = state.withLock { state in
            guard !handle.base.capabilities.contains(.multiProcess) else { return false }
            state.handles[handle.number] = nil
            return !state.handles.isEmpty
        }
        guard !isShared else { return }
        try await handle.base.close()
        state.withLock { _ = $0.handles.removeValue(forKey: handle.number) }
    }

    /// Removes the data in the tenants that were used under a prefix.
    func removeTenants(of prefix: String) async throws {
        try await empty(state.withLock { state in state.tenants.filter { $0.starts(with: prefix.utf8) } })
    }

    fileprivate func noteTenant(_ name: String) {
        // As bytes, since canonically equal names are different tenants.
        state.withLock { _ = $0.tenants.insert(Array(name.utf8)) }
    }

    private func confined(_ handle: OpenHandle, to prefix: String) -> any ChatStorageBackend {
        confined(handle.base, number: handle.number, to: prefix)
    }

    fileprivate func confined(
        _ base: some ChatStorageBackend, number: Int, to prefix: String
    ) -> any ChatStorageBackend {
        ConfinedBackend(base: base, number: number, harness: self, tenantPrefix: prefix)
    }
}

private struct LiveStore: ConformanceStore {
    let harness: LiveStoreHarness
    let tenantPrefix: String

    func handles(_ count: Int) async throws -> [any ChatStorageBackend] {
        let first = try await reopen()
        guard first.capabilities.contains(.multiProcess) else { return Array(repeating: first, count: count) }
        var handles = [first]
        for _ in 1..<max(count, 1) { handles.append(try await reopen()) }
        return handles
    }

    func reopen() async throws -> any ChatStorageBackend { try await harness.openHandle(tenantPrefix: tenantPrefix) }

    func remove() async throws { try await harness.removeTenants(of: tenantPrefix) }

    /// A row that a constraint failed to refuse could not be removed again through the library.
    func writePastLibrary(_ write: RawWrite) throws -> RawWrite.Outcome {
        throw NotApplicableToStore("a store in use is not written to past the library")
    }

    func contents() throws -> String {
        throw NotApplicableToStore("a store in use is not read as a whole")
    }

    func abandon() throws {
        // If all handles are one, another would open the store beside the abandoned one.
        guard !harness.sharesHandle else {
            throw NotApplicableToStore("a store in use is not opened twice by a backend without multiProcess")
        }
    }

    func withWritersLockedOut(_ body: @Sendable (any ChatStorageBackend) async throws -> Void) throws {
        throw NotApplicableToStore("others write to a store in use")
    }

    func handle(taking roles: RoleSet) throws -> any ChatStorageBackend {
        throw NotApplicableToStore("a store in use keeps its roles")
    }
}

/// A backend that hands out only tenants of a prefix, each as a handle of the base.
private struct ConfinedBackend<Base: ChatStorageBackend>: ChatStorageBackend {
    let base: Base
    let number: Int
    let harness: LiveStoreHarness
    let tenantPrefix: String

    var capabilities: Capabilities { base.capabilities }

    func prepare(_ preparation: Preparation) async throws { try await base.prepare(preparation) }

    func close() async throws {
        try await harness.release(LiveStoreHarness.OpenHandle(base: base, number: number))
    }

    /// The tenant whose name is only the prefix.
    var defaultTenant: Base.Tenant { confined(to: tenantPrefix) }

    func tenant(_ name: String) -> Base.Tenant {
        // A backend that wrongly accepts an empty name would open the store's own chats; this name is also invalid.
        guard !name.isEmpty else { return base.tenant(tenantPrefix + "\0") }
        return confined(to: name.utf8.starts(with: tenantPrefix.utf8) ? name : tenantPrefix + name)
    }

    /// Lists all tenants of the store; the checks pick their own.
    func tenants(_ query: TenantQuery) async throws -> TenantPage { try await base.tenants(query) }

    /// Lists the answers under way of all tenants of the store; the checks pick their own.
    func unfinishedMessages(_ query: UnfinishedQuery) async throws -> UnfinishedPage {
        try await base.unfinishedMessages(query)
    }

    func withSnapshot<Result: Sendable>(
        _ body: (any ChatStorageBackend) async throws -> Result
    ) async throws -> Result {
        try await base.withSnapshot { snapshot in
            try await body(harness.confined(snapshot, number: number, to: tenantPrefix))
        }
    }

    /// The statistics of the whole store.
    func statistics() async throws -> StorageStatistics { try await base.statistics() }

    private func confined(to name: String) -> Base.Tenant {
        harness.noteTenant(name)
        return base.tenant(name)
    }
}

package import ChatStorageCore
import Synchronization

/// The tools of a check's body: handles on a store of its own, expectations, random numbers.
package final class CheckContext: Sendable {
    package let seed: UInt64
    /// How many random calls the check of random calls makes.
    let randomCalls: Int
    let recorder: CallRecorder
    let failureRecorder: FailureRecorder
    private let harness: any ConformanceHarness
    private let store: any ConformanceStore
    private let state = Mutex(State())

    private struct State {
        var handles: [InterceptedBackend] = []
        var otherStores: [any ConformanceStore] = []
    }

    init(
        harness: any ConformanceHarness, store: any ConformanceStore, recorder: CallRecorder,
        failures: FailureRecorder, seed: UInt64, randomCalls: Int
    ) {
        self.randomCalls = randomCalls
        self.harness = harness
        self.store = store
        self.recorder = recorder
        failureRecorder = failures
        self.seed = seed
    }

    /// Whether the store is the check's own and holds no other data.
    var ownsStore: Bool { store.tenantPrefix.isEmpty }

    /// The store's name for the tenant that checks call by this name.
    package func tenantName(_ name: String) -> String { store.tenantPrefix + name }

    // MARK: Handles

    /// Opens a prepared handle on the store.
    package func open() async throws -> InterceptedBackend {
        let backend = try await openUnprepared()
        try await backend.prepare()
        return backend
    }

    /// Opens prepared handles on the store, independent of each other if the backend can have several.
    package func open(handles count: Int) async throws -> [InterceptedBackend] {
        let backends = try await openUnprepared(handles: count)
        for backend in backends { try await backend.prepare() }
        return backends
    }

    /// Opens a handle on the store, not prepared.
    package func openUnprepared() async throws -> InterceptedBackend {
        let backends = try await openUnprepared(handles: 1)
        return try require(backends.first, "the harness gives the handle that it is asked for")
    }

    /// Opens a handle that takes other roles, on the store if the backend can have several handles, or else on another
    /// one.
    package func openUnprepared(taking roles: RoleSet) async throws -> InterceptedBackend {
        adopt(try await allowingForStoresInUse { try await store.handle(taking: roles) }, of: store)
    }

    /// Opens a prepared handle that takes other roles.
    package func open(taking roles: RoleSet) async throws -> InterceptedBackend {
        let backend = try await openUnprepared(taking: roles)
        try await backend.prepare()
        return backend
    }

    /// Opens handles on the store, not prepared.
    package func openUnprepared(handles count: Int) async throws -> [InterceptedBackend] {
        try await store.handles(count).map { adopt($0, of: store) }
    }

    /// Closes all handles and opens the store again, prepared.
    package func reopen() async throws -> InterceptedBackend {
        try await closeHandles()
        let backend = adopt(try await store.reopen(), of: store)
        try await backend.prepare()
        return backend
    }

    /// Opens the store again, prepared, without closing its handles, as after the sudden end of a process.
    package func reopenWithoutClosing() async throws -> InterceptedBackend {
        try await allowingForStoresInUse { try await store.abandon() }
        let backend = adopt(try await store.reopen(), of: store)
        try await backend.prepare()
        return backend
    }

    /// Makes another store and opens a prepared handle on it.
    package func openOtherStore() async throws -> InterceptedBackend {
        let other = try await harness.makeStore()
        state.withLock { $0.otherStores.append(other) }
        let backend = try require(
            await other.handles(1).first, "the harness gives the handle that it is asked for")
        let adopted = adopt(backend, of: other)
        try await adopted.prepare()
        return adopted
    }

    /// Makes another store, gives the body prepared handles on it, and then closes and removes it.
    package func withFreshStore<Success>(
        handles count: Int, _ body: ([InterceptedBackend]) async throws -> Success
    ) async throws -> Success {
        let fresh = try await harness.makeStore()
        let handles = try await fresh.handles(count).enumerated().map { index, backend in
            InterceptedBackend(
                backend, interceptor: RecordingInterceptor(recorder: recorder, handle: "handle \(index + 1)"),
                tenantPrefix: fresh.tenantPrefix)
        }
        let result: Result<Success, any Error>
        do {
            for handle in handles { try await handle.prepare() }
            result = .success(try await body(handles))
        } catch {
            result = .failure(error)
        }
        var failure: (any Error)?
        for handle in handles {
            do { try await handle.close() } catch { failure = error }
        }
        try await fresh.remove()
        let success = try result.get()
        if let failure { throw failure }
        return success
    }

    /// Keeps writers out of the store while the body runs with a handle that hardly waits.
    package func withWritersLockedOut(_ body: @Sendable (InterceptedBackend) async throws -> Void) async throws {
        try await allowingForStoresInUse {
            try await store.withWritersLockedOut { try await body(self.adopt($0, of: self.store)) }
        }
    }

    private func adopt(_ backend: any ChatStorageBackend, of store: any ConformanceStore) -> InterceptedBackend {
        state.withLock { state in
            let interceptor = RecordingInterceptor(recorder: recorder, handle: "handle \(state.handles.count + 1)")
            let handle = InterceptedBackend(backend, interceptor: interceptor, tenantPrefix: store.tenantPrefix)
            state.handles.append(handle)
            return handle
        }
    }

    // MARK: Past the library

    /// Writes in the engine's own language; see ``RawWrite``.
    package func writePastLibrary(_ write: RawWrite) async throws -> RawWrite.Outcome {
        try await allowingForStoresInUse { try await store.writePastLibrary(write) }
    }

    /// Writes in the engine's own language; if the harness cannot do that, the check does not apply.
    package func writePastLibraryIfOffered(_ write: RawWrite) async throws -> RawWrite.Outcome {
        do {
            return try await writePastLibrary(write)
        } catch let error as MissingFromHarness {
            throw CheckDoesNotApply(reason: "\(error)")
        }
    }

    /// Everything in the store.
    package func contents() async throws -> String {
        try await allowingForStoresInUse { try await store.contents() }
    }

    /// Ends the check as not applicable if a store that holds other data does not allow something.
    private func allowingForStoresInUse<Success>(_ body: () async throws -> Success) async throws -> Success {
        do {
            return try await body()
        } catch let error as NotApplicableToStore where !ownsStore {
            throw CheckDoesNotApply(reason: error.reason)
        }
    }

    // MARK: Randomness and concurrency

    /// A generator that the run's seed determines.
    ///
    /// - Parameter stream: The number of one of several independent generators.
    package func random(stream: Int = 0) -> SplitMix64 {
        SplitMix64(seed: seed &+ UInt64(truncatingIfNeeded: stream) &* 0x0123_4567_89ab_cdef)
    }

    /// Runs the body many times at once and returns the results in order.
    package func concurrently<Success: Sendable>(
        _ count: Int, _ body: @escaping @Sendable (Int) async throws -> Success
    ) async throws -> [Success] {
        try await withThrowingTaskGroup(of: (Int, Success).self) { group in
            for index in 0..<count { group.addTask { (index, try await body(index)) } }
            var results: [(Int, Success)] = []
            for try await result in group { results.append(result) }
            return results.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// Lets other tasks run for a random time, so that the next call comes at a random moment of theirs; returns at once
    /// for a limit of zero.
    package func letTimePass(upTo limit: Duration, using random: inout SplitMix64) async {
        guard limit > .zero else { return }
        let end = ContinuousClock.now + limit * Double.random(in: 0...1, using: &random)
        repeat { await Task.yield() } while ContinuousClock.now < end
    }

    // MARK: Failures and the end

    var failures: [CheckFailure] { failureRecorder.failures }

    func record(_ failure: CheckFailure) { failureRecorder.record(failure) }

    private func closeHandles() async throws {
        let handles = state.withLock { state in
            defer { state.handles = [] }
            return state.handles
        }
        var failure: (any Error)?
        for handle in handles {
            do { try await handle.close() } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Closes all handles and removes the stores; if that fails, the check fails.
    func end() async {
        func recordingFailure(_ body: () async throws -> Void) async {
            do {
                try await body()
            } catch {
                record(CheckFailure("the store is closed and removed after the check", actual: "\(error)"))
            }
        }
        await recordingFailure { try await closeHandles() }
        for other in state.withLock(\.otherStores) { await recordingFailure { try await other.remove() } }
        await recordingFailure { try await store.remove() }
    }
}

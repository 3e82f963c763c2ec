import ChatStorageCore
import Synchronization

/// All tenants' conversations behind one lock; every call holds it for as long as it takes and never waits inside.
final class InMemoryStore: Sendable {
    private struct State {
        enum Phase {
            case new, prepared, closed
        }

        var phase = Phase.new
        var tenants: [UTF8Text: TenantConversations] = [:]
    }

    private let clock: @Sendable () -> Timestamp
    private let state = Mutex(State())
    /// Calls never wait here, so a task in a loop would keep its thread for ever.
    private let pace = Pace()

    init(clock: @escaping @Sendable () -> Timestamp) {
        self.clock = clock
    }

    func preload(_ snapshots: [ConversationSnapshot]) throws {
        for snapshot in snapshots { try Validation.check(snapshot, roles: Role.standard) }
        try state.withLock { state in
            guard !snapshots.isEmpty else { return }
            let conversations = TenantConversations()
            state.tenants[UTF8Text("")] = conversations
            for snapshot in snapshots { _ = try conversations.restore(snapshot) }
        }
    }

    func prepare() throws {
        try state.withLock { state in
            guard state.phase != .closed else { throw ChatStorageError.closed }
            state.phase = .prepared
        }
    }

    func close() {
        // What was stored leaves the closure, so that it is freed outside the lock.
        _ = state.withLock { state in
            state.phase = .closed
            let tenants = state.tenants
            state.tenants = [:]
            return tenants
        }
    }

    /// Reads one tenant's conversations; `nothing` is the answer for a tenant that has none.
    func read<Result: Sendable>(
        _ tenant: UTF8Text, checking check: () throws -> Void, otherwise nothing: Result,
        _ body: (TenantConversations) throws -> Result
    ) async throws -> Result {
        let arguments = try checked(tenant, check)
        if pace.isOver() { await Task.yield() }
        return try state.withLock { state in
            try Self.admit(state.phase, arguments)
            guard let conversations = state.tenants[tenant] else { return nothing }
            return try body(conversations)
        }
    }

    /// Changes one tenant's conversations; a tenant is there while it has conversations.
    func write<Result: Sendable>(
        _ tenant: UTF8Text, checking check: () throws -> Void,
        _ body: (TenantConversations, _ now: Timestamp) throws -> Result
    ) async throws -> Result {
        let arguments = try checked(tenant, check)
        if pace.isOver() { await Task.yield() }
        return try state.withLock { state in
            try Self.admit(state.phase, arguments)
            let now = min(max(clock(), Timestamp.earliest), Timestamp.latest)
            if let conversations = state.tenants[tenant] {
                defer { if conversations.isEmpty { state.tenants[tenant] = nil } }
                return try body(conversations, now)
            }
            let conversations = TenantConversations()
            defer { if !conversations.isEmpty { state.tenants[tenant] = conversations } }
            return try body(conversations, now)
        }
    }

    /// Checks a call's arguments outside the lock; what is wrong with them is told only after the store's own state.
    private func checked(_ tenant: UTF8Text, _ check: () throws -> Void) throws -> Swift.Result<Void, any Error> {
        try Task.checkCancellation()
        return Swift.Result {
            try Validation.check(tenant: tenant.text)
            try check()
        }
    }

    private static func admit(_ phase: State.Phase, _ arguments: Swift.Result<Void, any Error>) throws {
        switch phase {
        case .closed: throw ChatStorageError.closed
        case .new: throw ChatStorageError(.notPrepared, "the store is not prepared; call prepare() first")
        case .prepared: try arguments.get()
        }
    }
}

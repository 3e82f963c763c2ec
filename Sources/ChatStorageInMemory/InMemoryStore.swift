import ChatStorageCore
import ChatStorageSupport
import Synchronization

/// All tenants' conversations behind one lock; every call holds it throughout and never waits inside.
final class InMemoryStore: Sendable {
    /// A tenant's conversations; its handles keep a reference, so that no call must look them up by name.
    ///
    // `@unchecked Sendable`: `conversations` alone can change, and the store reads and changes it under its lock only.
    final class Tenant: @unchecked Sendable {
        let name: String
        /// The name as an observer gets it: nil for the default tenant.
        let observedName: String?
        /// What is wrong with the name, if something is.
        let check: Result<Void, any Error>
        // Swift would check at run time whether two changes of it overlap, which the lock excludes.
        @exclusivity(unchecked)
        fileprivate(set) var conversations = TenantConversations()

        fileprivate init(_ name: String) {
            self.name = name
            observedName = name
            check = Result { try Validation.check(tenant: name) }
        }

        /// The default tenant, which has no name that could be wrong.
        fileprivate init() {
            name = ""
            observedName = nil
            check = .success(())
        }
    }

    private struct State {
        enum Phase {
            case new, prepared, closed
        }

        var phase = Phase.new
        /// The tenants that have names.
        var tenants: [UTF8Text: Tenant] = [:]
        /// At this many tenants, those without conversations and handles are removed.
        var tenantsToTidy = 1_024
    }

    private let clock: @Sendable () -> Timestamp
    let roles: RoleSet
    let observer: (any StorageObserver)?
    private let state = Mutex(State())
    let defaultTenant = Tenant()
    let endingAnswers = EndingAnswers()
    /// The bodies that read snapshots.
    let snapshots = WorkUnderWay()
    /// Calls never wait here, so without it a task in a loop would keep its thread for ever.
    private let yieldPolicy = YieldPolicy()

    /// Whether it is a snapshot of another store, and takes no writes.
    let isSnapshot: Bool

    init(
        clock: @escaping @Sendable () -> Timestamp, roles: RoleSet, observer: (any StorageObserver)? = nil,
        isSnapshot: Bool = false
    ) {
        self.clock = clock
        self.roles = roles
        self.observer = observer
        self.isSnapshot = isSnapshot
    }

    /// Puts conversations whose messages have roles of this set into the default tenant.
    func preload(_ snapshots: [ConversationSnapshot], roles: RoleSet) throws {
        for snapshot in snapshots { try Validation.check(snapshot, roles: roles) }
        try state.withLock { _ in
            for snapshot in snapshots { _ = try defaultTenant.conversations.restore(snapshot) }
        }
    }

    /// The tenant of a name, which all its handles share.
    func tenant(_ name: String) -> Tenant {
        state.withLock { state in
            if let tenant = state.tenants[UTF8Text(name)] { return tenant }
            if state.tenants.count >= state.tenantsToTidy { Self.tidy(&state) }
            let tenant = Tenant(name)
            // Nothing can be stored under an invalid name.
            guard case .success = tenant.check else { return tenant }
            state.tenants[UTF8Text(name)] = tenant
            return tenant
        }
    }

    /// Reads a page of the tenants that have conversations.
    func tenants(_ query: TenantQuery) throws -> TenantPage {
        try state.withLock { state in
            try Self.admit(state.phase, Result { try Validation.check(query) })
            let all = [defaultTenant] + state.tenants.values
            let page = all.filter { tenant in
                !tenant.conversations.isEmpty && query.after.map { $0.precedesInUTF8(tenant.name) } ?? true
            }
            let rows = query.limit == .max ? query.limit : query.limit + 1
            let summaries = page.sorted { $0.name.precedesInUTF8($1.name) }.prefix(rows).map { tenant in
                let count = tenant.conversations.count
                return TenantSummary(
                    name: tenant === defaultTenant ? nil : tenant.name, conversations: count.conversations,
                    messages: count.messages)
            }
            return TenantPage(Array(summaries), limit: query.limit)
        }
    }

    /// Reads a page of the answers under way that nobody has written for a while.
    func unfinishedMessages(_ query: UnfinishedQuery) throws -> UnfinishedPage {
        let time = clock() - query.notRevisedFor
        return try state.withLock { state in
            try Self.admit(state.phase, Result { try Validation.check(query) })
            var found: [UnfinishedMessage] = []
            let tenants = ([defaultTenant] + state.tenants.values).sorted { $0.name.precedesInUTF8($1.name) }
            guard query.limit > 0 else { return UnfinishedPage([], limit: 0) }
            // One more shows that there is a next page.
            let most = query.limit == .max ? query.limit : query.limit + 1
            let first = query.after?.tenant ?? ""
            for tenant in tenants where found.count < most && !tenant.name.precedesInUTF8(first) {
                let start = tenant.name.hasSameUTF8(as: first) ? query.after?.message : nil
                let name = tenant === defaultTenant ? nil : tenant.name
                found += tenant.conversations.unfinished(after: start, since: time, limit: most - found.count)
                    .map { UnfinishedMessage(tenant: name, message: $0) }
            }
            return UnfinishedPage(found, limit: query.limit)
        }
    }

    /// Forgets tenants that have no conversations and no handles.
    private static func tidy(_ state: inout State) {
        var forgotten: [UTF8Text] = []
        var place = state.tenants.startIndex
        while place != state.tenants.endIndex {
            if isKnownUniquelyReferenced(&state.tenants.values[place]),
                state.tenants.values[place].conversations.isEmpty
            {
                forgotten.append(state.tenants.keys[place])
            }
            state.tenants.formIndex(after: &place)
        }
        for name in forgotten { state.tenants[name] = nil }
        state.tenantsToTidy = max(1_024, state.tenants.count * 2)
    }

    /// A separate store with the same content, not prepared.
    func copy() -> InMemoryStore {
        let copy = InMemoryStore(clock: clock, roles: roles)
        state.withLock { fill(copy, $0) }
        return copy
    }

    /// A store with the same content that takes no writes.
    func snapshot() throws -> InMemoryStore {
        let copy = InMemoryStore(clock: clock, roles: roles, observer: observer, isSnapshot: true)
        try state.withLock { state in
            try Self.admit(state.phase, .success(()))
            fill(copy, state)
        }
        try copy.prepare()
        return copy
    }

    private func fill(_ copy: InMemoryStore, _ state: State) {
        copy.defaultTenant.conversations = defaultTenant.conversations.copied()
        copy.state.withLock { copied in
            for (name, tenant) in state.tenants {
                let copy = Tenant(tenant.name)
                copy.conversations = tenant.conversations.copied()
                copied.tenants[name] = copy
            }
        }
    }

    func prepare() throws {
        try state.withLock { state in
            guard state.phase != .closed else { throw ChatStorageError.closed }
            state.phase = .prepared
        }
    }

    func checkIsOpen() throws {
        if state.withLock({ $0.phase }) == .closed { throw ChatStorageError.closed }
    }

    func refuseCalls() {
        state.withLock { $0.phase = .closed }
    }

    /// Frees the memory of a closed store.
    func free() {
        // The contents leave the closure, so that they are freed outside the lock.
        _ = state.withLock { state in
            defer { state.tenants = [:] }
            return ([defaultTenant] + state.tenants.values).map { tenant in
                let conversations = tenant.conversations
                tenant.conversations = TenantConversations()
                return conversations
            }
        }
    }

    /// Reads one tenant's conversations.
    // Inlined: a task looks for its executor at each asynchronous call and return, which is a tenth of an append.
    @inline(__always)
    func read<Result: Sendable>(
        _ tenant: Tenant, _ meter: CallMeter?, checking check: () throws -> Void,
        _ body: (inout TenantConversations) throws -> Result
    ) async throws -> Result {
        let arguments = try checked(tenant, check)
        if yieldPolicy.isDue() { await Task.yield() }
        return try state.withLock { state in
            meter?.workBegan()
            try Self.admit(state.phase, arguments)
            return try body(&tenant.conversations)
        }
    }

    /// Changes one tenant's conversations.
    @inline(__always)
    func write<Result: Sendable>(
        _ tenant: Tenant, _ meter: CallMeter?, checking check: () throws -> Void,
        _ body: (inout TenantConversations, _ now: Timestamp) throws -> Result
    ) async throws -> Result {
        try await read(tenant, meter, checking: check) { conversations in
            if isSnapshot { throw ChatStorageError.snapshotIsReadOnly }
            return try body(&conversations, min(max(clock(), Timestamp.earliest), Timestamp.latest))
        }
    }

    /// Checks a call's arguments outside the lock; an error of the store's own state still takes precedence.
    private func checked(_ tenant: Tenant, _ check: () throws -> Void) throws -> Swift.Result<Void, any Error> {
        try Task.checkCancellation()
        return Swift.Result {
            try tenant.check.get()
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

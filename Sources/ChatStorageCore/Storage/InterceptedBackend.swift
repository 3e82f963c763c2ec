/// A backend whose every call goes through an interceptor.
public struct InterceptedBackend: ChatStorageBackend {
    /// The backend that is wrapped.
    public let base: any ChatStorageBackend
    private let interceptor: any StorageInterceptor
    private let tenantPrefix: String

    /// Wraps a backend.
    ///
    /// - Parameters:
    ///   - base: The backend.
    ///   - interceptor: What gets each call, and decides what to do with it.
    public init(_ base: any ChatStorageBackend, interceptor: any StorageInterceptor) {
        self.init(base, interceptor: interceptor, tenantPrefix: "")
    }

    /// Wraps a backend.
    ///
    /// - Parameter tenantPrefix: What precedes each tenant's name in the store.
    package init(_ base: any ChatStorageBackend, interceptor: any StorageInterceptor, tenantPrefix: String) {
        self.base = base
        self.interceptor = interceptor
        self.tenantPrefix = tenantPrefix
    }

    /// What the wrapped backend promises.
    public var capabilities: Capabilities { base.capabilities }

    /// Has the interceptor prepare the store.
    public func prepare(_ preparation: Preparation) async throws {
        try await interceptor.prepare(base, preparation)
    }

    /// Has the interceptor close the store.
    public func close() async throws { try await interceptor.close(base) }

    /// The handle on a tenant, whose every call goes through the interceptor.
    ///
    /// - Parameter name: The tenant's name, 1 to 100 Unicode scalars without U+0000.
    public func tenant(_ name: String) -> InterceptedStorage {
        InterceptedStorage(
            base.tenant(name.isEmpty ? nameless : tenantPrefix + name), tenant: name, interceptor: interceptor)
    }

    /// The handle on the default tenant, whose every call goes through the interceptor.
    public var defaultTenant: InterceptedStorage {
        InterceptedStorage(
            tenantPrefix.isEmpty ? base.defaultTenant : base.tenant(tenantPrefix), interceptor: interceptor)
    }

    /// Reads a page of the wrapped backend's tenants.
    public func tenants(_ query: TenantQuery) async throws -> TenantPage {
        guard !tenantPrefix.isEmpty else { return try await base.tenants(query) }
        // Names with the prefix are neighbours; the prefix alone is the default tenant.
        var after: String? = query.after.map { tenantPrefix + $0 } ?? String(tenantPrefix.dropLast())
        var found: [TenantSummary] = []
        while let start = after, found.count <= query.limit {
            let page = try await base.tenants(TenantQuery(after: start, limit: max(query.limit, 1)))
            for item in page.items {
                guard let name = item.name, name.hasPrefix(tenantPrefix) else { continue }
                let rest = String(name.dropFirst(tenantPrefix.count))
                found.append(
                    TenantSummary(
                        name: rest.isEmpty ? nil : rest, conversations: item.conversations, messages: item.messages))
            }
            after = page.items.contains { $0.name?.hasPrefix(tenantPrefix) ?? false } ? page.next : nil
        }
        return TenantPage(found, limit: query.limit)
    }

    /// Deletes all conversations of a tenant through the interceptor, then what the wrapped backend still finds.
    public func eraseTenant(_ name: String?, isDryRun: Bool) async throws -> DeletionCount {
        let count = try await deleteAllConversations(ofTenant: name, isDryRun: isDryRun)
        if !isDryRun {
            let own = name.map { tenantPrefix + $0 } ?? (tenantPrefix.isEmpty ? nil : tenantPrefix)
            _ = try await base.eraseTenant(own, isDryRun: false)
        }
        return count
    }

    /// Reads a page of the wrapped backend's answers under way, of the tenants that this one shows.
    public func unfinishedMessages(_ query: UnfinishedQuery) async throws -> UnfinishedPage {
        guard !tenantPrefix.isEmpty else { return try await base.unfinishedMessages(query) }
        var inner = query
        inner.after = query.after.map { .init(tenant: tenantPrefix + ($0.tenant ?? ""), message: $0.message) }
        var found: [UnfinishedMessage] = []
        repeat {
            let page = try await base.unfinishedMessages(inner)
            found += page.items.compactMap { item in
                guard let name = item.tenant, name.hasPrefix(tenantPrefix) else { return nil }
                let rest = String(name.dropFirst(tenantPrefix.count))
                return UnfinishedMessage(tenant: rest.isEmpty ? nil : rest, message: item.message)
            }
            inner.after = page.next
        } while inner.after != nil && found.count <= query.limit
        return UnfinishedPage(found, limit: query.limit)
    }

    /// Runs a body on a snapshot of the wrapped backend, whose every call goes through the interceptor.
    public func withSnapshot<Result: Sendable>(
        _ body: (any ChatStorageBackend) async throws -> Result
    ) async throws -> Result {
        try await base.withSnapshot { snapshot in
            try await body(InterceptedBackend(snapshot, interceptor: interceptor, tenantPrefix: tenantPrefix))
        }
    }

    /// What the wrapped backend's store is doing.
    public func statistics() async throws -> StorageStatistics { try await base.statistics() }

    /// The handle on a tenant; nil names the default one.
    package func storage(of tenant: String?) -> InterceptedStorage {
        tenant.map { self.tenant($0) } ?? defaultTenant
    }

    /// The default tenant through the backend's own functions; `defaultTenant` asks it for a handle instead.
    package var asDefaultTenant: InterceptedStorage {
        InterceptedStorage(tenantPrefix.isEmpty ? base : base.tenant(tenantPrefix), interceptor: interceptor)
    }

    /// What replaces an empty name: behind a prefix, another invalid name.
    ///
    /// The empty name itself is not passed on: a backend that wrongly accepts it would let checks write to the chats of
    /// a store in use.
    private var nameless: String { tenantPrefix.isEmpty ? "" : tenantPrefix + "\0" }
}

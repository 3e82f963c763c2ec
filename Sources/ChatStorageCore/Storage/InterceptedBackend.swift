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
    /// A backend that wrongly accepts an empty name would let checks write to the chats of a store in use.
    private var nameless: String { tenantPrefix.isEmpty ? "" : tenantPrefix + "\0" }
}

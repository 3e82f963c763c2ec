package import ChatStorageCore

/// A backend in front of another, to which everything that it does not define goes; a snapshot is its own.
package protocol ForwardingBackend: ChatStorageBackend where Tenant == Base.Tenant {
    associatedtype Base: ChatStorageBackend

    /// The backend that it stands before.
    var base: Base { get }
}

extension ForwardingBackend {
    package var capabilities: Capabilities { base.capabilities }
    package var defaultTenant: Base.Tenant { base.defaultTenant }

    package func tenant(_ name: String) -> Base.Tenant { base.tenant(name) }

    package func prepare(_ preparation: Preparation) async throws { try await base.prepare(preparation) }

    package func close() async throws { try await base.close() }

    package func tenants(_ query: TenantQuery) async throws -> TenantPage { try await base.tenants(query) }

    package func unfinishedMessages(_ query: UnfinishedQuery) async throws -> UnfinishedPage {
        try await base.unfinishedMessages(query)
    }

    package func statistics() async throws -> StorageStatistics { try await base.statistics() }
}

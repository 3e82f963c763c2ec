public import ChatStorageCore

extension ArchiveDigest {
    /// Reads a whole store, and makes the digest of all tenants' conversations.
    ///
    /// If the backend has the capability `snapshots`, it is the digest of one moment; otherwise it is meaningful only
    /// if nobody writes meanwhile. Memory holds eight conversations; without snapshots, also the ids of one tenant's
    /// conversations.
    ///
    /// - Throws: `ChatStorageError`; `CancellationError` when the task is cancelled.
    public init(of backend: any ChatStorageBackend) async throws {
        self = try await backend.withSnapshot { snapshot in
            let walk = StoreWalk(backend: snapshot)
            var digest = ArchiveDigest()
            try await walk.tenants { tenant in
                digest.add(try await Self.digest(of: tenant, in: walk, namingTenant: true))
            }
            return digest
        }
    }

    /// Reads a tenant's conversations, and makes their digest; the tenant's name has no part in it.
    ///
    /// - Parameters:
    ///   - tenant: The tenant's name; nil is the default tenant.
    ///   - backend: The store.
    public init(ofTenant tenant: String?, in backend: any ChatStorageBackend) async throws {
        self = try await backend.withSnapshot { snapshot in
            try await Self.digest(of: tenant, in: StoreWalk(backend: snapshot), namingTenant: false)
        }
    }

    private static func digest(
        of tenant: String?, in walk: StoreWalk, namingTenant: Bool
    ) async throws -> ArchiveDigest {
        var digest = ArchiveDigest()
        try await walk.conversations(of: tenant) { whole in
            ArchiveDigest(line: whole.line(tenant: namingTenant ? tenant : nil)[...], messages: whole.messages.count)
        } body: {
            digest.add($0)
        }
        return digest
    }
}

public import ChatStorageCore

extension ArchiveDigest {
    /// Reads a whole store, and makes the digest of all tenants' conversations.
    ///
    /// Each conversation is as it was at one moment; the digest means something when nobody writes meanwhile. Memory
    /// holds one conversation, and the ids of one tenant's.
    ///
    /// - Throws: `ChatStorageError`; `CancellationError` when the task is cancelled.
    public init(of backend: any ChatStorageBackend) async throws {
        self.init()
        let walk = StoreWalk(backend: backend)
        var digest = ArchiveDigest()
        try await walk.tenants { tenant in
            digest.add(try await Self.digest(of: tenant, in: walk, namingTenant: true))
        }
        self = digest
    }

    /// Reads a tenant's conversations, and makes their digest; the tenant's name has no part in it.
    ///
    /// - Parameters:
    ///   - tenant: The tenant's name; nil is the default tenant.
    ///   - backend: The store.
    public init(ofTenant tenant: String?, in backend: any ChatStorageBackend) async throws {
        self = try await Self.digest(of: tenant, in: StoreWalk(backend: backend), namingTenant: false)
    }

    private static func digest(
        of tenant: String?, in walk: StoreWalk, namingTenant: Bool
    ) async throws -> ArchiveDigest {
        var digest = ArchiveDigest()
        let storage = walk.storage(of: tenant)
        try await walk.conversations(of: tenant) { id in
            try Task.checkCancellation()
            guard let whole = try await WholeConversation.read(id, from: storage) else { return }
            digest.add(line: whole.line(tenant: namingTenant ? tenant : nil)[...], messages: whole.messages.count)
        }
        return digest
    }
}

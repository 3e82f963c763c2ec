import ChatStorageCore
import ChatStorageInMemory

extension StorageCall {
    /// Makes the call, and first prepares the store if the call writes and needs it.
    ///
    /// A call that every store refuses, or that has nothing to write, leaves the store as it is.
    ///
    /// - Parameters:
    ///   - backend: The store.
    ///   - tenant: The tenant's name; nil is the default one.
    ///   - roles: The roles that the store takes once it is prepared.
    ///   - prepare: Prepares the store.
    func perform(
        on backend: any ChatStorageBackend, tenant: String?, taking roles: RoleSet, prepare: () async throws -> Void
    ) async throws -> StorageReply {
        let storage = backend.storage(of: tenant)
        do {
            return try await perform(on: storage)
        } catch let error as ChatStorageError where error.code == .notPrepared && writes {
            if let reply = try await rehearse(tenant: tenant, taking: roles) { return reply }
            try await prepare()
            return try await perform(on: storage)
        }
    }

    /// Makes the call on an empty store in memory, which refuses the same arguments as any other.
    ///
    /// - Returns: The reply to a call that has nothing to write; nil if it must be made on the store itself.
    /// - Throws: The error of a call whose arguments no store takes.
    private func rehearse(tenant: String?, taking roles: RoleSet) async throws -> StorageReply? {
        let backend = InMemoryBackend(roles: roles)
        try await backend.prepare()
        do {
            let reply = try await perform(on: backend.storage(of: tenant))
            guard case .appended(let result) = reply, result.messages.isEmpty else { return nil }
            return reply
        } catch let error as ChatStorageError {
            // Other errors depend on what is stored.
            guard [.invalidArgument, .invalidRole].contains(error.code) else { return nil }
            throw error
        }
    }
}

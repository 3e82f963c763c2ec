import ChatStorageCore

extension LiveStoreHarness {
    /// Data of a run that could not be removed from a store.
    public struct Leftover: Error, Sendable, CustomStringConvertible {
        /// The run's tenants that are not empty.
        public let tenants: [String]

        /// The tenants' names.
        public var description: String { "conversations are left in \(tenants.joined(separator: ", "))" }
    }

    private static let page = 1_000
    /// How many deletes run at once: those that do share commits.
    private static let concurrentDeletes = 256

    /// Deletes every conversation of tenants, through a separate handle.
    ///
    /// - Throws: ``Leftover`` after emptying all other tenants; an error of the store.
    func empty(_ tenants: Set<[UInt8]>) async throws {
        guard !tenants.isEmpty else { return }
        let handle = try await acquireHandle(for: "", isRemoving: true)
        do {
            // Each handle may need this, though the store itself is prepared.
            try await handle.base.prepare()
            try await Self.empty(tenants, of: handle.base)
        } catch {
            try? await release(handle)
            throw error
        }
        try await release(handle)
    }

    private static func empty(_ tenants: Set<[UInt8]>, of backend: any ChatStorageBackend) async throws {
        var left: [String] = []
        var failure: (any Error)?
        for bytes in tenants {
            let name = String(decoding: bytes, as: UTF8.self)
            do {
                // Checks also use names outside the limits; such a tenant does not exist and holds nothing.
                guard (try? Validation.check(tenant: name)) != nil else { continue }
                if try await !empty(backend.tenant(name)) { left.append(name) }
            } catch let error as ChatStorageError where error.code == .schemaMismatch {
                // For example, another program's trigger refuses to delete.
                left.append(name)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        if !left.isEmpty { throw Leftover(tenants: left.sorted()) }
    }

    /// Deletes every conversation of a tenant.
    ///
    /// - Returns: Whether it is now empty.
    private static func empty(_ tenant: some ChatStorage) async throws -> Bool {
        while try await !tenant.conversations(limit: 1).isEmpty {
            let deleted = try await withThrowingTaskGroup(of: Bool.self) { group in
                var (deleted, underWay) = (0, 0)
                var cursor: ConversationCursor?
                var first: ConversationID?
                repeat {
                    let page = try await tenant.conversations(after: cursor, limit: page)
                    // A list that begins anew would never end.
                    if let first, page.items.first?.id == first { break }
                    first = first ?? page.items.first?.id
                    for id in page.items.map(\.id) {
                        if underWay < concurrentDeletes {
                            underWay += 1
                        } else if try await group.next() == true {
                            deleted += 1
                        }
                        group.addTask { try await tenant.deleteConversation(id) }
                    }
                    cursor = page.next
                } while cursor != nil
                for try await existed in group where existed { deleted += 1 }
                return deleted
            }
            // Otherwise a store that lists what it cannot delete would be asked forever.
            guard deleted > 0 else { return false }
        }
        return true
    }
}

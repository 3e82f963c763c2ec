/// A backend that counts its tenants.
///
/// It is for the command-line tool, whose user owns the store: a tenant's handle knows of no other (contract N2).
package protocol CountsTenants: ChatStorageBackend {
    /// How many tenants have conversations, not counting one of them.
    ///
    /// - Parameter tenant: The tenant that is not counted; nil for the default one.
    func countTenants(besides tenant: String?) async throws -> Int
}

/// A backend that counts its tenants.
///
/// It is for the command-line tool, whose user owns the store: a tenant's handle knows of no other (contract N2).
package protocol CountsTenants: ChatStorageBackend {
    /// How many tenants have conversations, one of them left out.
    ///
    /// - Parameter tenant: The name of the one that is left out; nil for the default tenant.
    func countTenants(besides tenant: String?) async throws -> Int
}

import ArgumentParser
import ChatStorageCore

/// Which store and whose chats: the options of the commands that work with chats.
struct StoreOptions: ParsableArguments {
    @OptionGroup var location: StoreLocation
    @OptionGroup var owner: TenantOptions

    var tenant: String? { owner.tenant }

    /// Opens the store, hands the tenant's chats to the body and closes the store.
    func withStorage<Result>(
        for use: StoreLocation.Use, on medium: MediumOptions? = nil,
        _ body: (any ChatStorage) async throws -> Result
    ) async throws -> Result {
        try await withBackend(for: use, on: medium) { try await body($0.storage(of: tenant)) }
    }

    /// Opens the store, hands it to the body and closes it.
    func withBackend<Result>(
        for use: StoreLocation.Use, on medium: MediumOptions? = nil,
        _ body: (any ChatStorageBackend) async throws -> Result
    ) async throws -> Result {
        try await withBackend(for: use, on: medium) { backend, _ in try await body(backend) }
    }

    /// Opens the store, hands it to the body with the roles that it takes there, and closes it.
    func withBackend<Result>(
        for use: StoreLocation.Use, taking roles: StoreLocation.Roles = .standard, on medium: MediumOptions? = nil,
        _ body: (any ChatStorageBackend, RoleSet) async throws -> Result
    ) async throws -> Result {
        // Checked first, so that a wrong name creates no store.
        if let tenant {
            guard !tenant.isEmpty else { throw Failure("--tenant is empty") }
            try Validation.check(tenant: tenant)
        }
        return try await location.withBackend(for: use, taking: roles, on: medium, body)
    }
}

extension ChatStorageBackend {
    /// The handle on a tenant's chats; nil names the default tenant.
    func storage(of tenant: String?) -> any ChatStorage {
        tenant.map { self.tenant($0) } ?? defaultTenant
    }
}

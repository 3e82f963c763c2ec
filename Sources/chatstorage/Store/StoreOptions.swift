import ArgumentParser
import ChatStorageCore

/// Which store and whose chats: the options that all commands have.
struct StoreOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The store: sqlite:PATH, postgres://... or memory: (default: $CHATSTORAGE_URL or sqlite:chat.db).",
            valueName: "url"))
    var store: String?

    @Option(
        help: ArgumentHelp(
            "Whose chats: a tenant's name (default: the tenant without a name); not for verify.", valueName: "name"))
    var tenant: String?

    @Option(
        help: ArgumentHelp(
            "The schema with a PostgreSQL store's tables (default: the one of the search_path that has them).",
            valueName: "name"))
    var schema: String?

    @Flag(
        help: """
            The PostgreSQL store is behind a pooler such as PgBouncer, which is noticed without this too. Statements \
            then have no names, and sessions keep their settings.
            """)
    var pooler = false

    /// What a command does to the store.
    enum Use {
        /// Reads; the store must be there and stays as it is.
        case reading
        /// Changes what is there; the store must be there and is migrated if it is old.
        case changing
        /// Brings something in; the store is made if it is not there.
        case filling
    }

    /// Opens the store, hands the tenant's chats to the body and closes the store.
    func withStorage<Result>(
        for use: Use, on medium: MediumOptions? = nil, _ body: (any ChatStorage) async throws -> Result
    ) async throws -> Result {
        try await withBackend(for: use, on: medium) { try await body($0.storage(of: tenant)) }
    }

    /// Opens the store, hands it to the body and closes it.
    func withBackend<Result>(
        for use: Use, on medium: MediumOptions? = nil, _ body: (any ChatStorageBackend) async throws -> Result
    ) async throws -> Result {
        // Before the store is made, so that a wrong name makes none.
        if let tenant { try Validation.check(tenant: tenant) }
        let backend = try await openBackend(for: use, immutable: medium?.immutable ?? false)
        do {
            let result = try await body(backend)
            try await backend.close()
            return result
        } catch {
            try? await backend.close()
            throw isAboutStore(error) ? naming(error) : error
        }
    }
}

extension ChatStorageBackend {
    /// The handle on a tenant's chats; nil names the default tenant.
    func storage(of tenant: String?) -> any ChatStorage {
        tenant.map { self.tenant($0) } ?? defaultTenant
    }
}

import ArgumentParser
import ChatStorageCore

/// Where a store is: the options that all commands have.
struct StoreLocation: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The store: sqlite:PATH, postgres://... or memory: (default: $CHATSTORAGE_URL or sqlite:chat.db).",
            valueName: "url"))
    var store: String?

    @Option(
        help: ArgumentHelp(
            "The schema with a PostgreSQL store's tables (default: the one of the search_path that has them).",
            valueName: "name"))
    var schema: String?

    @Flag(
        help: """
            The PostgreSQL store is behind a pooler such as PgBouncer; most poolers are noticed without this option. \
            The tool then uses unnamed statements and changes no session settings.
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
        /// May bring something in; the command prepares the store before the first write.
        case fillingLater
    }

    /// The roles that a command brings into the store.
    enum Roles {
        /// Those of plain chats, whatever else the store takes.
        case standard
        /// What the store takes already.
        case thoseOfStore
        /// What the store takes already; a new SQLite file or a store in memory takes those of chats with tools.
        case thoseOfStoreOrWithTools
        /// Those of chats with tools, which the store is made to take.
        case withTools
    }

    /// Opens the store, hands it to the body with the roles that it takes there, and closes it.
    func withBackend<Result>(
        for use: Use, taking roles: Roles = .standard, on medium: MediumOptions? = nil,
        _ body: (any ChatStorageBackend, RoleSet) async throws -> Result
    ) async throws -> Result {
        let (backend, roles) = try await openBackend(for: use, taking: roles, immutable: medium?.immutable ?? false)
        do {
            let result = try await body(backend, roles)
            try await backend.close()
            return result
        } catch {
            try? await backend.close()
            throw isAboutStore(error) ? naming(error) : error
        }
    }

    /// Opens the store, hands it to the body and closes it.
    func withBackend<Result>(
        for use: Use, on medium: MediumOptions? = nil, _ body: (any ChatStorageBackend) async throws -> Result
    ) async throws -> Result {
        try await withBackend(for: use, on: medium) { backend, _ in try await body(backend) }
    }
}

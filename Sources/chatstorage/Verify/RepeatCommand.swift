import ChatStorageCore

/// The command line that runs one check again, to be pasted into a shell.
struct RepeatCommand: Sendable {
    /// What the tool was started as.
    let program: String
    /// The store's URL, wherever it was given.
    let store: String
    /// The value of `--schema`.
    let schema: String?
    /// Whether `--pooler` was given.
    let pooler: Bool
    /// The value of `--random-calls`.
    let randomCalls: Int

    func text(checkID: String, seed: UInt64) -> String {
        """
        \(ShellWord.quoted(program)) verify --store \(storeValue)\(postgresOptions) --only \(checkID) --seed \(seed) \
        --random-calls \(randomCalls)
        """
    }

    /// What to do before the command can be run; nil if nothing is.
    var hint: String? {
        Self.mayHoldPassword(store) ? "The commands use $CHATSTORAGE_URL for the store's URL: set it to run them." : nil
    }

    private var postgresOptions: String {
        (schema.map { " --schema \(ShellWord.quoted($0))" } ?? "") + (pooler ? " --pooler" : "")
    }

    /// Reports are kept and passed on, and a password must not be in them.
    private var storeValue: String {
        Self.mayHoldPassword(store) ? #""$CHATSTORAGE_URL""# : ShellWord.quoted(store)
    }

    private static func mayHoldPassword(_ store: String) -> Bool {
        guard let url = try? StoreURL(store), url.postgresURI != nil else { return false }
        // A password follows a second colon before the last @, or is a parameter.
        let user = store.lastIndex(of: "@").map { store[..<$0] } ?? ""
        return user.drop { $0 != ":" }.dropFirst().contains(":") || store.lowercased().contains("password")
    }
}

import ChatStorageCore

/// The command line that runs one check again, to be pasted into a shell.
struct RepeatCommand: Sendable {
    /// The value of `--store`; nil if it was not given.
    let store: String?
    /// The value of `--random-calls`.
    let randomCalls: Int

    func text(checkID: String, seed: UInt64) -> String {
        "chatstorage verify\(storeOption) --only \(checkID) --seed \(seed) --random-calls \(randomCalls)"
    }

    private var storeOption: String {
        guard let store else { return "" }
        // Reports are kept and passed on, and a password must not be in them.
        return " --store \(Self.mayHoldPassword(store) ? #""$CHATSTORAGE_URL""# : Self.quoted(store))"
    }

    private static func mayHoldPassword(_ store: String) -> Bool {
        guard let url = try? StoreURL(store), case .postgres = url else { return false }
        // What is before the last @ has a colon beside the scheme's, or a parameter is a password.
        let user = store.lastIndex(of: "@").map { store[..<$0] } ?? ""
        return user.drop { $0 != ":" }.dropFirst().contains(":") || store.lowercased().contains("password")
    }

    private static func quoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "/:._-@%+,=".utf8.contains(byte)
            }
        }
        return isPlain ? text : "'" + text.replacing("'", with: #"'\''"#) + "'"
    }
}

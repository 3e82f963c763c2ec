import ChatStorageCore

extension Database {
    /// The names, of those that the library uses, that the database has something under, in order.
    ///
    /// SQLite's names ignore case, so an app's `Conversations` takes the name too.
    func ownTableNames() throws -> [String] {
        try run(.ownTableNames) { statement in
            var names: [String] = []
            while try statement.step() { names.append(try statement.text(0)) }
            return names
        }
    }

    /// The recorded version and the lowest that may still use the schema; nil if the table is not the library's.
    func recordedVersion() throws -> (version: Int64, minimumVersion: Int64)? {
        do {
            return try run(.recordedVersion) { statement in
                try statement.step() ? (statement.int64(0), statement.int64(1)) : nil
            }
        } catch let failure as SQLiteFailure where failure.isSQLError {
            return nil
        }
    }

    /// Whether the database has nothing in it.
    func isEmpty() throws -> Bool {
        try run(.tableCount) { try $0.step() && $0.int64(0) == 0 }
    }

    /// How the database keeps text: `UTF-8`, `UTF-16le` or `UTF-16be`.
    func encoding() throws -> String {
        try pragma(.encoding)
    }

    func pragma(_ query: Query) throws -> String {
        try run(query) { statement in
            guard try statement.step() else { return "" }
            let value = try statement.text(0)
            _ = try statement.step()
            return value
        }
    }
}

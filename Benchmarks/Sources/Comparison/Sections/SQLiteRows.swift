import ChatStorageCore
import ChatStorageSQLite
import Foundation

/// The rows on SQLite.
///
/// Every contender has a copy of one file that the library has filled.
struct SQLiteRows {
    private let bench: Bench
    private let filled: String

    init(_ bench: Bench) async throws {
        self.bench = bench
        filled = bench.newFile("filled")
        let backend = try await Self.open(filled)
        try await Bench.fill(backend)
        // Closing moves the log into the file, so that a copy of it is whole.
        try await backend.close()
        try await checkAgreement()
    }

    func rows() async throws -> [TableRow] {
        [
            appendRow(callers: 1, TableRow.Goal(limit: 0.9)),
            appendRow(callers: 64, TableRow.Goal(limit: 0.75)),
            try await readRow(callers: 1, TableRow.Goal(limit: 0.85, peer: 4)),
            try await readRow(callers: 64, TableRow.Goal(limit: 1.5)),
            try await listRow(),
        ]
    }

    /// Rows without goals, for a plot.
    func rows(callers: Int) async throws -> [TableRow] {
        [appendRow(callers: callers, TableRow.Goal()), try await readRow(callers: callers, TableRow.Goal())]
    }

    private func appendRow(callers: Int, _ goal: TableRow.Goal) -> TableRow {
        TableRow(
            operation: "append one message", backend: "SQLite", callers: callers, goal: goal,
            contenders: [
                Contender(.ours, "ChatStorage") { seconds in
                    try await onCopy { path in
                        let backend = try await Self.open(path)
                        let operation = AppendOne(storage: backend.defaultTenant)
                        let rate = try await Rate.measure(callers: callers, seconds: seconds, operation)
                        try await backend.close()
                        return rate
                    }
                },
                Contender(.limit, callers == 1 ? "C loop" : "C loop, \(callers) a transaction") { seconds in
                    try await onCopy { path in
                        let limit = try SQLiteLimit(path: path)
                        return try Rate.measure(seconds: seconds) { load in
                            try limit.transaction {
                                for _ in 0..<callers {
                                    load.seen &+= Int(try limit.append(load.message(), to: load.id()).sequence)
                                }
                            }
                            return callers
                        }
                    }
                },
                Contender(.peer, "GRDB") { seconds in
                    try await onCopy { path in
                        let peer = try GRDBPeer(path: path)
                        let operation = GRDBAppend(peer: peer)
                        let rate = try await Rate.measure(callers: callers, seconds: seconds, operation)
                        try peer.close()
                        return rate
                    }
                },
            ])
    }

    private func readRow(callers: Int, _ goal: TableRow.Goal) async throws -> TableRow {
        let backend = try await Self.open(copy())
        let limit = try SQLiteLimit(path: copy())
        let peer = try GRDBPeer(path: copy())
        return TableRow(
            operation: "last 20 messages", backend: "SQLite", callers: callers, goal: goal,
            contenders: [
                Contender(.ours, "ChatStorage") { seconds in
                    let operation = ReadLast(storage: backend.defaultTenant)
                    return try await Rate.measure(callers: callers, seconds: seconds, operation)
                },
                Contender(.limit, "C loop") { seconds in
                    try Rate.measure(seconds: seconds) { load in
                        load.seen &+= try limit.lastMessages(of: load.id(), limit: 20).count
                        return 1
                    }
                },
                Contender(.peer, "GRDB") { seconds in
                    try await Rate.measure(callers: callers, seconds: seconds, GRDBReadLast(peer: peer))
                },
            ])
    }

    private func listRow() async throws -> TableRow {
        let backend = try await Self.open(copy())
        let limit = try SQLiteLimit(path: copy())
        let peer = try GRDBPeer(path: copy())
        return TableRow(
            operation: "list 50 conversations", backend: "SQLite", callers: 1, goal: TableRow.Goal(limit: 0.7),
            contenders: [
                Contender(.ours, "ChatStorage") { seconds in
                    let operation = ListConversations(storage: backend.defaultTenant)
                    return try await Rate.measure(callers: 1, seconds: seconds, operation)
                },
                Contender(.limit, "C loop") { seconds in
                    try Rate.measure(seconds: seconds) { load in
                        // The library reads one more, to know whether there is a next page.
                        load.seen &+= try limit.conversations(limit: 51).count
                        return 1
                    }
                },
                Contender(.peer, "GRDB") { seconds in
                    try await Rate.measure(callers: 1, seconds: seconds, GRDBList(peer: peer))
                },
            ])
    }

    /// Checks that the limit and the peer return what the library returns, value by value.
    private func checkAgreement() async throws {
        let backend = try await Self.open(copy())
        let limit = try SQLiteLimit(path: copy())
        let peer = try GRDBPeer(path: copy())
        try Agreement.check(try peer.synchronous() == 2, "what GRDB's commits wait for")
        for id in Load.ids {
            let ours = try await backend.messages(of: id, limit: 20)
            try Agreement.check(ours.count == 20, "the library's last messages, their number")
            try Agreement.check(try limit.lastMessages(of: id, limit: 20) == ours, "SQLite's last messages, C loop")
            try Agreement.check(try await peer.lastMessages(of: id, limit: 20) == ours, "SQLite's last messages, GRDB")
        }
        let list = try await backend.conversations(limit: 50)
        try Agreement.check(try limit.conversations(limit: 51).prefix(50) == list[...], "SQLite's list, C loop")
        try Agreement.check(try await peer.conversations(limit: 50) == list, "SQLite's list, GRDB")
        for number in 0..<3 {
            let message = ChatMessage.user(Load.content(number))
            let ours = try await backend.append(message, to: Load.ids[0])
            let theirs = try limit.transaction { try limit.append(message, to: Load.ids[0]) }
            let peers = try await peer.append(message, to: Load.ids[0])
            for other in [theirs, peers] {
                try Agreement.check(
                    other.sequence == ours.sequence && other.chatMessage == ours.chatMessage, "SQLite's append")
            }
        }
        let lastSequences = [
            try await backend.messages(of: Load.ids[0], limit: 3), try limit.lastMessages(of: Load.ids[0], limit: 3),
            try await peer.lastMessages(of: Load.ids[0], limit: 3),
        ].map { $0.map(\.sequence) }
        try Agreement.check(Set(lastSequences).count == 1, "SQLite's messages after an append")
        try await backend.close()
        try peer.close()
    }

    private func copy() throws -> String {
        let path = bench.newFile("copy")
        try FileManager.default.copyItem(atPath: filled, toPath: path)
        return path
    }

    /// Runs a body on a new copy, so that no round meets what an earlier one appended.
    private func onCopy(_ body: (String) async throws -> Double) async throws -> Double {
        let path = try copy()
        defer { Bench.remove(path) }
        return try await body(path)
    }

    private static func open(_ path: String) async throws -> SQLiteBackend {
        let backend = try await SQLiteBackend(path: path)
        try await backend.prepare()
        return backend
    }
}

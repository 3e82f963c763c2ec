import ChatStorageCore
import Foundation
import TestSupport
import Testing

@testable import FailureWriter

/// A store that is there for one test.
enum TestedStore: Sendable {
    case sqlite(folder: TemporaryFolder, journalMode: String)
    case postgres(url: String, schema: String)

    /// The kinds, by the names that a report has.
    enum Kind: String, CaseIterable, CustomTestStringConvertible {
        case writeAheadLog = "SQLite, WAL"
        case rollbackJournal = "SQLite, rollback journal"
        case postgres = "PostgreSQL"

        var testDescription: String { rawValue }

        /// The kinds that a run is about.
        static func selected() throws -> [Kind] {
            try allCases.filter { try ($0 == .postgres ? TestBackends.postgres : .sqlite).isSelected() }
        }

        /// Calls the body with a store that nobody has made yet, and removes it afterwards.
        ///
        /// - Parameter isInMemory: Whether a file is to lie in memory, where the system offers that.
        func withStore<Result>(
            isInMemory: Bool = false, _ body: (TestedStore) async throws -> Result
        ) async throws -> Result {
            switch self {
            case .writeAheadLog:
                try await body(.sqlite(folder: TemporaryFolder(isInMemory: isInMemory), journalMode: "wal"))
            case .rollbackJournal:
                try await body(.sqlite(folder: TemporaryFolder(isInMemory: isInMemory), journalMode: "delete"))
            case .postgres:
                try await TestPostgres.withSchema { url, schema in
                    try await body(.postgres(url: url, schema: schema))
                }
            }
        }
    }

    var url: String {
        switch self {
        case .sqlite: "sqlite:\(path)"
        case .postgres(let url, _): url
        }
    }

    /// What the writer is told beside the URL.
    var setting: String {
        switch self {
        case .sqlite(_, let journalMode): journalMode
        case .postgres(_, let schema): schema
        }
    }

    /// Reads all conversations through the library, and closes it.
    ///
    /// - Returns: Nil when the writer was killed before there was a store.
    func read() async throws -> [String: [Message]]? {
        let backend = try await FailureWriter.open(url, setting: setting)
        do {
            let found = try await Self.readAll(backend)
            try await backend.close()
            return found
        } catch let error as ChatStorageError where error.code == .notPrepared {
            try await backend.close()
            return nil
        }
    }

    private static func readAll(_ backend: any ChatStorageBackend) async throws -> [String: [Message]] {
        var found: [String: [Message]] = [:]
        for try await conversation in backend.allConversations() {
            for try await message in backend.allMessages(of: conversation.id) {
                found[conversation.id.rawValue, default: []].append(message)
            }
        }
        return found
    }

    /// What the engine itself says about its file; nil where there is none.
    func integrity() throws -> String? {
        guard case .sqlite = self, FileManager.default.fileExists(atPath: path) else { return nil }
        let connection = try TestSQLiteConnection(path: path)
        let orphans = try connection.execute("PRAGMA foreign_key_check")
        guard orphans.isEmpty else { return "\(orphans.count) messages without a conversation" }
        return try connection.execute("PRAGMA integrity_check").compactMap { $0.first ?? nil }.joined(separator: ", ")
    }

    /// Runs a statement past the library.
    func execute(_ sql: String) async throws {
        switch self {
        case .sqlite: try TestSQLiteConnection(path: path).execute(sql)
        case .postgres(_, let schema): try await TestPostgres.execute("SET search_path = \(schema); \(sql)")
        }
    }

    private var path: String {
        guard case .sqlite(let folder, _) = self else { return "" }
        return folder.path(of: "chat.db")
    }
}

import ChatStorageConformance
import ChatStorageCore
import ChatStoragePostgres
import Foundation
import TestSupport
import Testing

@testable import FailureWriter

/// The disk of a server that is full in mid-transaction: calls are `unavailable`, nothing is half there, reads go on.
@Suite("PostgreSQL: a full disk") struct PostgresFullDiskTests {
    private static let callers = 8

    @Test("appends until the disk is full, and again once there is room")
    func appends() async throws {
        guard let server = try await PostgresServer.ifInstalled() else { return }
        let disk: SmallDisk
        do {
            disk = try SmallDisk(megabytes: 4)
        } catch let error as SmallDisk.CannotMount {
            print("Skipped the test of a PostgreSQL server's full disk: \(error)")
            return
        }
        try await giveTablespace(on: disk, to: server)
        let backend = try await PostgresBackend(url: "\(server.url)&options=-cdefault_tablespace%3Dsmall")
        try await backend.prepare()

        var figures = Figures("full disk, PostgreSQL")
        var ledger = Ledger()
        var generator = SplitMix64(seed: try SoakCount.seed)
        for round in 0..<5 {
            // The disk fills up at another place of a transaction each time.
            try disk.fill(bytes: 2_400_000 - round * 450_000 + .random(in: 0..<20_000, using: &generator))
            let refusals = try await withThrowingTaskGroup(of: ([Acknowledgement], ChatStorageError).self) { group in
                for caller in 0..<Self.callers {
                    group.addTask { try await append(to: backend, as: "\(round).\(caller)") }
                }
                var refusals: [ChatStorageError] = []
                for try await (acknowledged, error) in group {
                    ledger.add(acknowledged)
                    refusals.append(error)
                }
                return refusals
            }
            figures.faults += refusals.count
            for error in refusals {
                #expect(error.code == .unavailable && error.writeOutcome == .notApplied, "\(error)")
                #expect(error.cause?.code == "53100" && error.message.contains("disk is full"), "\(error)")
            }
            // Still full: what is stored can be read.
            #expect(ledger.compare(with: try await read(backend)) == (0, 0))
            try disk.makeRoom()
            try await backend.append(.user("room"), to: "room \(round)")
        }
        let (lost, doubled) = ledger.compare(with: try await read(backend))
        figures.add(ledger.count, lost: lost, doubled: doubled)
        try await backend.close()
        figures.report()
    }

    /// Has the server keep its tables on the disk.
    private func giveTablespace(on disk: SmallDisk, to server: PostgresServer) async throws {
        let data = try #require(try await server.execute("SHOW data_directory").first?.first ?? nil)
        let attributes = try FileManager.default.attributesOfItem(atPath: data)
        try FileManager.default.setAttributes(
            [.ownerAccountID: attributes[.ownerAccountID] as Any], ofItemAtPath: disk.folder.path)
        try await server.execute("CREATE TABLESPACE small LOCATION '\(disk.folder.path)'")
    }

    /// Appends until the storage refuses.
    private func append(
        to backend: PostgresBackend, as name: String
    ) async throws -> ([Acknowledgement], ChatStorageError) {
        var acknowledged: [Acknowledgement] = []
        while true {
            let batch = WrittenBatch(name: "\(name).\(acknowledged.count)", count: 3)
            do {
                let stored = try await backend.append(
                    (0..<3).map { .user(batch.content($0, padding: 700)) }, to: "c")
                acknowledged.append(
                    Acknowledgement(conversation: "c", firstSequence: stored.first?.sequence ?? 0, batch: batch))
            } catch let error as ChatStorageError {
                return (acknowledged, error)
            }
        }
    }

    private func read(_ backend: PostgresBackend) async throws -> [String: [Message]] {
        ["c": try await backend.messages(of: "c", .after(0), limit: .max)]
    }
}

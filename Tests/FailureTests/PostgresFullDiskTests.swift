import ChatStorageCore
import ChatStoragePostgres
import Foundation
import TestSupport
import Testing

@testable import FailureWriter

/// The disk of a server that is full in mid-transaction: calls are `unavailable`, nothing is half there, reads go on.
@Suite("PostgreSQL: a full disk") struct PostgresFullDiskTests {
    @Test("appends until the disk is full, and again once there is room")
    func appends() async throws {
        guard let server = try await PostgresServer.ifInstalled() else { return }
        guard
            let disk = try SmallDisk.ifMountable(for: "the test of a PostgreSQL server's full disk", megabytes: 4)
        else { return }
        try await giveTablespace(on: disk, to: server)
        let backend = try await PostgresBackend(url: "\(server.url)&options=-cdefault_tablespace%3Dsmall")
        try await backend.prepare()

        var figures = Figures("full disk, PostgreSQL")
        var ledger = Ledger()
        try await ledger.add(
            appendsTo: backend, untilFull: disk, taking: { 2_400_000 - $0 * 450_000 }, &figures
        ) { error in
            #expect(error.code == .unavailable && error.writeOutcome == .notApplied, "\(error)")
            #expect(error.cause?.code == "53100" && error.message.contains("disk is full"), "\(error)")
        }
        let (lost, doubled) = ledger.compare(
            with: ["c": try await backend.messages(of: "c", .after(0), limit: .max)])
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
}

import ChatStorageConformance
import ChatStorageCore
import ChatStorageSQLite
import Foundation
import TestSupport
import Testing

@testable import FailureWriter

/// Copies of a file that is written, whose copier is killed, or for which there is no room.
@Suite("SQLite: backups") struct BackupFailureTests {
    @Test("beside two writing processes each copy has what was acknowledged before it")
    func besideWriters() async throws {
        guard try TestBackends.sqlite.isSelected() else { return }
        var generator = SplitMix64(seed: try SoakCount.seed &+ 2)
        var figures = Figures("backups beside two writers, SQLite, WAL")
        let folder = try TemporaryFolder()
        let store = TestedStore.sqlite(folder: folder, journalMode: "wal")
        let writers = try (0..<2).map { try WriterProcess(store, run: "\($0)", seed: generator.next()) }
        var ledger = Ledger()
        for writer in writers { try await read(1, from: writer, into: &ledger) }
        let backend = try await SQLiteBackend(path: folder.path(of: "chat.db"))
        for number in 0..<(try SoakCount.kills.value * 2) {
            for writer in writers {
                try await read(.random(in: 1...20, using: &generator), from: writer, into: &ledger)
            }
            let path = folder.path(of: "copy-\(number).db")
            try await backend.backup(to: path)
            figures.faults += 1
            let (lost, doubled) = try await compare(path, with: ledger)
            figures.add(0, lost: lost, doubled: doubled)
            try FileManager.default.removeItem(atPath: path)
        }
        for writer in writers { ledger.add(try await writer.kill()) }
        try await backend.close()
        let (lost, doubled) = ledger.compare(with: try await store.read() ?? [:])
        figures.add(ledger.count, lost: lost, doubled: doubled)
        figures.report()
    }

    @Test("a copier that is killed leaves nothing under the copy's name, or all of it")
    func killed() async throws {
        guard try TestBackends.sqlite.isSelected() else { return }
        var generator = SplitMix64(seed: try SoakCount.seed &+ 3)
        var figures = Figures("killed backups, SQLite, WAL")
        let folder = try TemporaryFolder()
        let (path, copy) = (folder.path(of: "chat.db"), folder.path(of: "copy.db"))
        let backend = try await SQLiteBackend(path: path)
        try await backend.prepare()
        let text = String(repeating: "text ", count: 20_000)
        for _ in 0..<100 { try await backend.append(.user(text), to: "c") }
        for number in 0..<(try SoakCount.kills.value) {
            let process = Process()
            process.executableURL = TestedPackage.executable("chatstorage")
            process.arguments = ["backup", "--store", "sqlite:\(path)", copy]
            process.standardOutput = FileHandle.nullDevice
            process.standardInput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            // The first is killed when its copy has begun, the others a random number of looks later; one that was done
            // before stays whole.
            let looks = number == 0 ? 0 : Int.random(in: 0...100, using: &generator)
            let killing = Task.detached {
                while !Task.isCancelled, try Self.partialCopies(in: folder).isEmpty { await Task.yield() }
                for _ in 0..<looks where process.isRunning { await Task.yield() }
                if process.isRunning { kill(process.processIdentifier, SIGKILL) }
            }
            try await process.runToEnd()
            killing.cancel()
            try await killing.value
            if process.terminationReason == .uncaughtSignal {
                figures.faults += 1
            } else {
                #expect(process.terminationStatus == 0)
                #expect(FileManager.default.fileExists(atPath: copy), "a copier that was done left no copy")
            }
            if FileManager.default.fileExists(atPath: copy) {
                let restored = try await SQLiteBackend(path: copy)
                #expect(try await restored.check().problems == [])
                #expect(try await restored.conversation("c")?.messageCount == 100)
                try await restored.close()
                try FileManager.default.removeItem(atPath: copy)
            }
            // What a copier that died leaves does not keep the next one from its work.
            try await backend.backup(to: copy)
            try FileManager.default.removeItem(atPath: copy)
            let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(left.allSatisfy { $0.hasPrefix("chat.db") || $0.hasSuffix(".partial") }, "\(left)")
            for name in try Self.partialCopies(in: folder) {
                try FileManager.default.removeItem(atPath: folder.path(of: name))
            }
        }
        try await backend.close()
        #expect(figures.faults > 0, "no copier was killed")
        figures.report()
    }

    @Test("a full disk and a folder that cannot be written: nothing is left, and the store goes on")
    func noRoom() async throws {
        guard try TestBackends.sqlite.isSelected() else { return }
        let folder = try TemporaryFolder()
        let backend = try await SQLiteBackend(path: folder.path(of: "chat.db"))
        try await backend.prepare()
        for _ in 0..<4 { try await backend.append(.user(String(repeating: "x", count: 1 << 20)), to: "c") }
        if let disk = try SmallDisk.ifMountable(for: "the test of a backup onto a full disk") {
            let copy = disk.folder.path(of: "copy.db")
            let error = await #expect(throws: ChatStorageError.self) { try await backend.backup(to: copy) }
            #expect(error?.code == .unavailable, "\(error as Any)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: disk.folder.path) == [])
        }
        if let tool = try await UnprivilegedTool() {
            let shut = folder.path(of: "shut")
            try FileManager.default.createDirectory(
                atPath: shut, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o500])
            let result = try await tool.run("backup", "--store", "sqlite:\(folder.path(of: "chat.db"))", "\(shut)/x.db")
            #expect(result.status == 1 && result.output.contains("chatstorage: "), "\(result.output)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: shut) == [])
        }
        #expect(try await backend.append(.user("after"), to: "c").sequence == 5)
        try await backend.close()
    }

    private static func partialCopies(in folder: TemporaryFolder) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".partial") }
    }

    private func read(_ count: Int, from writer: WriterProcess, into ledger: inout Ledger) async throws {
        for _ in 0..<count {
            guard let next = try await writer.next() else { break }
            ledger.add([next])
        }
    }

    /// Looks through a copy, which must have what was acknowledged, each append whole.
    private func compare(_ path: String, with ledger: Ledger) async throws -> (lost: Int, doubled: Int) {
        let copy = try await SQLiteBackend(path: path)
        #expect(try await copy.check().problems == [])
        var found: [String: [Message]] = [:]
        for try await conversation in copy.allConversations() {
            for try await message in copy.allMessages(of: conversation.id) {
                found[conversation.id.rawValue, default: []].append(message)
            }
        }
        try await copy.close()
        return ledger.compare(with: found)
    }
}

import ChatStorageCore
import ChatStorageInMemory
import ChatStorageTransfer
import Foundation
import TestSupport
import Testing

@Suite("An export onto a full disk") struct ExportFullDiskTests {
    @Test("it says so and leaves nothing; with room it goes through")
    func fullDisk() async throws {
        guard let disk = try SmallDisk.ifMountable(for: "the test of an export onto a full disk") else { return }
        let store = InMemoryBackend()
        try await store.prepare()
        for index in 0..<10 {
            try await store.append(.user(String(repeating: "a", count: 100_000)), to: ConversationID("\(index)"))
        }
        let path = disk.folder.path(of: "all.jsonl")
        try disk.fill(bytes: 1_500_000)
        let error = await #expect(throws: ExportError.self) { try await Exporter(backend: store).run(.store, to: path) }
        #expect(error?.isExistingFile == false && error?.message.hasPrefix("cannot be written: ") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.folder.path) == ["filler"])
        try disk.makeRoom()
        let summary = try await Exporter(backend: store).run(.store, to: path)
        #expect(summary.conversations == 10)
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.folder.path) == ["all.jsonl"])
    }
}

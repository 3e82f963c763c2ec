import ChatStorageCore
import ChatStorageInMemory
import ChatStorageTransfer
import TestSupport
import Testing

/// The code of the guide to exports and copies, as it stands there.
struct ExportExamples {
    struct StoresDiffer: Error {}

    @Test("a store goes through an archive, and by a copy")
    func comesAndGoes() async throws {
        let old = InMemoryBackend.prepared(with: [.init("trip", title: "Kyoto", [.user("Hi"), .assistant("Hello")])])
        try await old.tenant("user-42").append(.user("Hi"), to: "trip")
        let folder = try TemporaryFolder()
        let new = InMemoryBackend.prepared()
        #expect(try await Self.move(from: old, to: new, by: folder.path(of: "chats.jsonl")) == 2)
        try await Self.copy(from: old, to: InMemoryBackend.prepared())
    }

    private static func move(
        from old: some ChatStorageBackend, to new: some ChatStorageBackend, by path: String
    ) async throws -> Int {
        let written = try await Exporter(backend: old).run(.store, to: path)
        let file = ChatFile(path: path, roles: RoleSet.withTools.roles)
        let read = try await Importer(backend: new).run(file)
        let isEqual = try await ArchiveDigest(of: new) == written.digest
        #expect(isEqual)
        return read.imported
    }

    private static func copy(from old: some ChatStorageBackend, to new: some ChatStorageBackend) async throws {
        let summary = try await StoreCopier(from: old, to: new).run()
        guard summary.isEqual else { throw StoresDiffer() }
    }
}

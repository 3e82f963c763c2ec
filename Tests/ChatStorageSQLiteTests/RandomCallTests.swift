import ChatStorageCore
import ChatStorageInMemory
import ChatStorageSQLite
import Synchronization
import TestSupport
import Testing

/// Random calls of all kinds: the answers are those of the reference, and the rows say what the schema promises.
@Suite struct RandomCallTests {
    /// A clock that never stands still, since a list's order depends on it.
    private final class Clock: Sendable {
        private let time = Atomic(Timestamp.now().microsecondsSinceEpoch)

        func now() -> Timestamp { Timestamp(microsecondsSinceEpoch: time.add(1, ordering: .relaxed).newValue) }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func theAnswersAreThoseOfTheReference(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "chat.db")
        let clock = Clock()
        let (reference, backend) = (InMemoryBackend { clock.now() }, try await SQLiteBackend(path: path))
        try await reference.prepare()
        try await backend.prepare()
        var calls = RandomCalls(reference, backend, seed: seed)
        for _ in 0..<8 {
            try await calls.run(40)
            #expect(try TreeRows.contradictions(in: path) == [])
        }
        try await backend.close()
    }
}

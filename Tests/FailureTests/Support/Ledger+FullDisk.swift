import ChatStorageConformance
import ChatStorageCore
import Testing

@testable import FailureWriter

extension Ledger {
    /// Adds appends that callers make until the disk is full, in several rounds; each ends with room again.
    ///
    /// - Parameters:
    ///   - bytes: How much of the disk a round takes first; up to 20,000 bytes at random are added.
    ///   - check: Looks at the error that refused an append.
    mutating func add(
        appendsTo backend: any ChatStorageBackend, untilFull disk: SmallDisk, taking bytes: (_ round: Int) -> Int,
        _ figures: inout Figures, check: (ChatStorageError) -> Void
    ) async throws {
        var generator = SplitMix64(seed: try SoakCount.seed)
        for round in 0..<5 {
            // The disk fills up at another place of a transaction each time.
            try disk.fill(bytes: bytes(round) + .random(in: 0..<20_000, using: &generator))
            let refusals = try await withThrowingTaskGroup(of: ([Acknowledgement], ChatStorageError).self) { group in
                for caller in 0..<8 {
                    group.addTask { try await Self.append(to: backend, as: "\(round).\(caller)") }
                }
                return try await group.reduce(into: [] as [([Acknowledgement], ChatStorageError)]) { $0.append($1) }
            }
            figures.faults += refusals.count
            for (acknowledged, error) in refusals {
                add(acknowledged)
                check(error)
            }
            // Still full: what is stored can be read.
            #expect(compare(with: try await Self.read(backend)) == (0, 0))
            try disk.makeRoom()
            try await backend.append(.user("room"), to: "room \(round)")
        }
    }

    /// Appends until the storage refuses.
    private static func append(
        to backend: any ChatStorageBackend, as name: String
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

    private static func read(_ backend: any ChatStorageBackend) async throws -> [String: [Message]] {
        ["c": try await backend.messages(of: "c", .after(0), limit: .max)]
    }
}

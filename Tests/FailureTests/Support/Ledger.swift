import ChatStorageCore
import Testing

@testable import FailureWriter

/// The appends that writers had acknowledged, to compare a store with.
struct Ledger {
    private var acknowledged: [Acknowledgement] = []
    private var refused: [WrittenBatch] = []

    var count: Int { acknowledged.count }

    /// Whether an append was acknowledged.
    func contains(_ batch: WrittenBatch) -> Bool { acknowledged.contains { $0.batch == batch } }

    mutating func add(_ acknowledgements: [Acknowledgement]) {
        acknowledged += acknowledgements
    }

    /// Takes what another one has.
    mutating func add(_ other: Ledger) {
        acknowledged += other.acknowledged
        refused += other.refused
    }

    /// Takes an append that was said not to be applied.
    mutating func refuse(_ batch: WrittenBatch) {
        refused.append(batch)
    }

    /// Looks whether the store has sequences without a gap, every append whole, none twice, all acknowledged ones where
    /// they were said to be, and none that was said not to be applied.
    ///
    /// - Returns: How many acknowledged appends are not there, and how many appends are there more than once.
    func compare(
        with store: [String: [Message]], sourceLocation: SourceLocation = #_sourceLocation
    ) -> (lost: Int, doubled: Int) {
        var places: [WrittenBatch: [Acknowledgement]] = [:]
        for (conversation, messages) in store {
            #expect(
                messages.map(\.sequence) == Array(1...Int64(messages.count)), "\(conversation) has gaps",
                sourceLocation: sourceLocation)
            var rest = messages[...]
            while let first = rest.first {
                guard let (batch, index) = WrittenBatch.read(first.content), index == 0,
                    isWhole(rest.prefix(batch.count), batch)
                else {
                    Issue.record(
                        "an append is half there, at \(conversation) \(first.sequence)", sourceLocation: sourceLocation)
                    rest = rest.dropFirst()
                    continue
                }
                places[batch, default: []].append(
                    Acknowledgement(conversation: conversation, firstSequence: first.sequence, batch: batch))
                rest = rest.dropFirst(batch.count)
            }
        }
        for batch in refused where places[batch] != nil {
            Issue.record("\(batch.name) is there, although it was not applied", sourceLocation: sourceLocation)
        }
        let lost = acknowledged.filter { call in
            !(places[call.batch] ?? []).contains {
                $0.conversation == call.conversation && $0.firstSequence == call.firstSequence
            }
        }
        return (lost.count, places.values.count { $0.count > 1 })
    }

    private func isWhole(_ messages: ArraySlice<Message>, _ batch: WrittenBatch) -> Bool {
        messages.count == batch.count
            && messages.enumerated().allSatisfy { index, message in
                guard let (other, number) = WrittenBatch.read(message.content) else { return false }
                return other == batch && number == index
            }
    }
}

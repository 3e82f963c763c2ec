import ChatStorageCore
import Testing

@testable import FailureWriter

/// The appends that writers had acknowledged, to compare a store with.
struct Ledger {
    private var acknowledged: [Acknowledgement] = []

    var count: Int { acknowledged.count }

    mutating func add(_ acknowledgements: [Acknowledgement]) {
        acknowledged += acknowledgements
    }

    /// Looks whether the store has sequences without a gap, every append whole, none twice, and all acknowledged ones
    /// where they were said to be.
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

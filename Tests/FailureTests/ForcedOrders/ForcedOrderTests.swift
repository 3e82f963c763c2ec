import ChatStorageConformance
import ChatStorageCore
import Synchronization
import TestSupport
import Testing

/// Pairs of calls that certainly meet: a test holds the conversation, both calls come and wait, then it lets go.
///
/// What all returned and what is there afterwards must be explained by one of the two orders, as ``Model`` has it, and
/// the rows must be a tree.
@Suite("Calls that meet", .timeLimit(.minutes(30))) struct ForcedOrderTests {
    @Test("two calls that wait for one conversation", arguments: try TestedStore.Kind.selected(), TreeStart.allCases)
    func pairs(kind: TestedStore.Kind, start: TreeStart) async throws {
        try await kind.withStore(isInMemory: true) { store in
            let store = try await HeldStore(store)
            for first in ContendingOperation.allCases {
                for second in ContendingOperation.allCases {
                    for handles in [[0, 1], [0, 0]] {
                        let meeting = Meeting(first: first, second: second, start: start, handles: handles)
                        for fault in try await meeting.faults(on: store) {
                            Issue.record("\(meeting): \(fault)")
                        }
                    }
                }
            }
            try await store.close()
        }
    }
}

/// Two operations on one conversation, which begin one after the other and have to wait.
private struct Meeting: CustomStringConvertible {
    let first: ContendingOperation
    let second: ContendingOperation
    let start: TreeStart
    /// Which of the store's handles each is called on.
    let handles: [Int]

    var description: String {
        "\(first.rawValue), then \(second.rawValue), on a conversation \(start.rawValue), "
            + (hasOneHandle ? "on one handle" : "on two handles")
    }

    private var hasOneHandle: Bool { handles[0] == handles[1] }

    private var id: ConversationID { ConversationID("\(first) \(second) \(hasOneHandle ? 1 : 2)") }

    /// Lets them meet, and says what is wrong afterwards.
    func faults(on store: HeldStore) async throws -> [String] {
        let recorder = HistoryRecorder()
        let handles = handles.map { store.handles[$0] }
        await recorder.record(.restoreConversation(start.snapshot(id)), by: 0, on: handles[0])
        let turns = TurnExecutor()
        let ended = Count()
        let hold = try store.hold(id)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (caller, operation) in [first, second].enumerated() {
                let calls = operation.calls(on: id, from: start, caller: caller + 1)
                group.addTask(executorPreference: turns) { [handles, recorder, ended] in
                    for call in calls { await recorder.record(call, by: caller + 1, on: handles[caller]) }
                    ended.value.withLock { $0 += 1 }
                }
                await turns.settle()
                // Calls on one handle wait for each other in the handle, so the database shows only the first one's
                // wait.
                let expected = hasOneHandle ? min(caller + 1, 1) : caller + 1
                try await waitUntil {
                    guard let waiting = try store.waiting() else { return true }
                    return waiting + ended.value.withLock(\.self) >= expected
                }
            }
            try hold.release()
            try await group.waitForAll()
        }
        let conversation = await recorder.record(.conversation(id), by: 0, on: handles[0])
        let all = MessageQuery(of: id, on: .all, limit: 1_000)
        let messages = await recorder.record(.messages(all), by: 0, on: handles[0])
        for read in [StorageCall.messages(of: id, limit: 1_000), .forks(id)] {
            await recorder.record(read, by: 0, on: handles[1])
        }
        return unexplained(recorder.history) + (try treeFaults(conversation.outcome, messages.outcome, store))
    }

    private func unexplained(_ history: [HistoryEntry]) -> [String] {
        let linearisation = Linearisation(of: history)
        guard !linearisation.isComplete else { return [] }
        return [
            "no order explains it; the longest is\n"
                + linearisation.longest.map { "    \(history[$0])\n" }.joined()
                + "  and none of these can follow:\n"
                + linearisation.obstacles.map { "    \($0)\n" }.joined()
        ]
    }

    private func treeFaults(
        _ conversation: CallOutcome, _ messages: CallOutcome, _ store: HeldStore
    ) throws -> [String] {
        guard case .returned(.conversation(let read)) = conversation, case .returned(.messages(let page)) = messages
        else { return ["it cannot be read"] }
        guard let tree = try store.storedTree(id) else { return read == nil ? [] : ["it has no row"] }
        return tree.faults + tree.differences(from: read, page.items)
    }
}

/// How many have come to their end.
private final class Count: Sendable {
    let value = Mutex(0)
}

package import ChatStorageCore
import Synchronization

/// A call of a concurrent history: the call, its outcome, and the time that it took.
package struct HistoryEntry: Sendable {
    package let caller: Int
    package let call: StorageCall
    package let outcome: CallOutcome
    /// When it began and ended, on a clock that counts the beginnings and ends in the history.
    package let span: ClosedRange<Int>

    package init(caller: Int, call: StorageCall, outcome: CallOutcome, span: ClosedRange<Int>) {
        self.caller = caller
        self.call = call
        self.outcome = outcome
        self.span = span
    }
}

extension HistoryEntry: CustomStringConvertible {
    package var description: String {
        "\(span.lowerBound)...\(span.upperBound) caller \(caller): \(summary(of: call)) \(outcome)"
    }
}

/// Records calls that many callers make at once.
package final class HistoryRecorder: Sendable {
    private struct State {
        var clock = 0
        var entries: [HistoryEntry] = []
    }

    private let state = Mutex(State())

    /// Makes an empty recorder.
    package init() {}

    /// Makes a call on a handle and notes its beginning, its end and its outcome.
    @discardableResult
    package func record(_ call: StorageCall, by caller: Int, on storage: any ChatStorage) async -> HistoryEntry {
        let start = state.withLock { state in
            state.clock += 1
            return state.clock
        }
        let outcome = await CallOutcome(of: call, on: storage)
        return state.withLock { state in
            state.clock += 1
            let entry = HistoryEntry(caller: caller, call: call, outcome: outcome, span: start...state.clock)
            state.entries.append(entry)
            return entry
        }
    }

    /// The calls in the order they began.
    package var history: [HistoryEntry] { state.withLock(\.entries).sorted { $0.span.lowerBound < $1.span.lowerBound } }
}

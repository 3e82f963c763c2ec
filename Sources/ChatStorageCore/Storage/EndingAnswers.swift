import Synchronization

/// An answer that is written through a store in this process.
package protocol AnswerUnderWay: AnyObject, Sendable {
    /// The store is about to close: the answer is to end with what came so far.
    func storeCloses()
}

/// The answers that are written through a store: one that closes ends them, and waits until their ends are written.
///
/// A task that is cancelled while it writes an answer writes the end outside the cancelled task. From the moment of the
/// cancellation it is counted, so that a store which is closed right afterwards still accepts it.
public final class EndingAnswers: Sendable {
    private struct State {
        var underWay: [ObjectIdentifier: any AnswerUnderWay] = [:]
        var isClosing = false
        /// How many ends are being written.
        var count = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// Makes one; each store has its own, which all its handles share.
    public init() {}

    /// Takes an answer that is going to be written; it hears when the store closes.
    ///
    /// - Throws: ``ChatStorageError`` with the code `closed` if the store closes already.
    package func add(_ answer: some AnswerUnderWay) throws {
        try state.withLock { state in
            guard !state.isClosing else { throw ChatStorageError.closed }
            state.underWay[ObjectIdentifier(answer)] = answer
        }
    }

    /// Forgets an answer that is written no more.
    package func remove(_ answer: some AnswerUnderWay) {
        state.withLock { _ = $0.underWay.removeValue(forKey: ObjectIdentifier(answer)) }
    }

    /// Counts an end that is going to be written.
    package func begin() {
        state.withLock { $0.count += 1 }
    }

    /// Stops counting an end: it was written, or could not be.
    package func end() {
        let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.count -= 1
            guard state.count == 0 else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Ends the answers under way, and waits until no end is being written.
    ///
    /// A backend calls it when it is closed, before it refuses calls; no answer can begin from then on.
    public func wait() async {
        let underWay = state.withLock { state in
            state.isClosing = true
            return Array(state.underWay.values)
        }
        for answer in underWay { answer.storeCloses() }
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                if state.count > 0 { state.waiting.append(continuation) }
                return state.count == 0
            }
            if isIdle { continuation.resume() }
        }
    }
}

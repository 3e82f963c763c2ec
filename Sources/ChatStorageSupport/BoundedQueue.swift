/// Why a call cannot wait.
public enum QueueRefusal: Error, Hashable {
    /// The queue is closed.
    case closed
    /// The queue is full: `limit` calls already wait for what `purpose` names.
    case full(limit: Int, purpose: String)
}

/// A queue of waiting calls with a limit: first in, first out.
///
/// Its owner keeps it behind a lock, together with what the calls wait for. A call whose caller was cancelled counts
/// until it is found: when its turn comes, when the queue is full, or when all callers may have left.
///
/// Its code is inlinable, so that other modules specialise it for their calls.
public struct BoundedQueue<Call: Sendable>: Sendable {
    @usableFromInline let limit: Int
    @usableFromInline let purpose: String
    @usableFromInline let isWanted: @Sendable (Call) -> Bool
    @usableFromInline var calls = FIFO<Call>()
    /// How many of the calls may have lost their callers.
    @usableFromInline var cancelled = 0
    /// Whether it takes no calls any more; those that wait can still be taken from it.
    public private(set) var isClosed = false

    /// Makes an empty queue.
    ///
    /// - Parameters:
    ///   - limit: How many calls wait at most.
    ///   - purpose: What they wait for, with its article, for the refusal.
    ///   - isWanted: Whether a call's caller still waits.
    public init(limit: Int, waitingFor purpose: String, isWanted: @escaping @Sendable (Call) -> Bool) {
        self.limit = limit
        self.purpose = purpose
        self.isWanted = isWanted
    }

    /// How many calls wait.
    @inlinable public var count: Int { calls.count }

    /// Whether no call waits.
    @inlinable public var isEmpty: Bool { calls.isEmpty }

    /// Adds a call at the end.
    ///
    /// - Parameter others: How many calls wait elsewhere and count too.
    @inlinable public mutating func append(_ call: Call, besides others: Int = 0) throws(QueueRefusal) {
        try checkIsOpen()
        if calls.count + others >= limit {
            // A search looks at the whole queue, so it is made only if a caller has left.
            if cancelled > 0 { removeCancelled() }
            guard calls.count + others < limit else { throw .full(limit: limit, purpose: purpose) }
        }
        calls.append(call)
    }

    /// Throws ``QueueRefusal/closed`` if it is closed.
    @inlinable public func checkIsOpen() throws(QueueRefusal) {
        if isClosed { throw .closed }
    }

    /// Takes the call that came first, if it satisfies a predicate.
    @inlinable public mutating func popFirst(where isNext: (Call) -> Bool = { _ in true }) -> Call? {
        guard let next = calls.next, isNext(next) else { return nil }
        return calls.popFirst()
    }

    /// Takes all calls.
    @inlinable public mutating func popAll() -> FIFO<Call> {
        defer {
            calls = FIFO()
            cancelled = 0
        }
        return calls
    }

    /// Notes that a caller was cancelled, whether its call waits here or was taken before.
    ///
    /// Once all callers may have left, the calls without one are removed. So a cancellation examines one call on
    /// average.
    public mutating func noteCancellation() {
        cancelled += 1
        if cancelled >= calls.count { removeCancelled() }
    }

    /// Takes no more calls.
    public mutating func close() {
        isClosed = true
    }

    @usableFromInline mutating func removeCancelled() {
        calls.removeAll { !isWanted($0) }
        cancelled = 0
    }
}

extension BoundedQueue {
    /// Makes an empty queue of callers.
    ///
    /// - Parameters:
    ///   - limit: How many wait at most.
    ///   - purpose: What they wait for, with its article, for the refusal.
    public init<Success>(
        limit: Int, waitingFor purpose: String
    ) where Call == CancellableContinuation<Success> {
        self.init(limit: limit, waitingFor: purpose) { $0.isWanted }
    }
}

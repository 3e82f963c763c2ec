import ChatStorageSupport
import Synchronization

/// Measures one call for an observer: for backends.
///
/// The outermost part of a backend makes one with ``measure(_:_:tenant:_:_:)`` and hands it to the code that does the
/// work, which reports when it begins and ends. Without an observer there is none, and nothing is measured.
public final class CallMeter: Sendable {
    /// In nanoseconds.
    private struct Times {
        var began: Int64?
        var engine: Int64 = 0
        var lockWait: Int64 = 0
        var batchSize = 0
        var repeats = 0
    }

    /// One moment on both clocks, ``MonotonicTime`` and `ContinuousClock`: the closest of several pairs of readings.
    private static let moment = {
        let readings = (0..<20).map { _ in
            (before: MonotonicTime.now, instant: ContinuousClock.now, after: MonotonicTime.now)
        }
        let closest = readings.min { $0.after - $0.before < $1.after - $1.before } ?? readings[0]
        return (instant: closest.instant, nanoseconds: closest.before)
    }()

    private let observer: any StorageObserver
    private let operation: StorageOperation
    private let tenant: String?
    private let conversationID: ConversationID?
    private let start = MonotonicTime.now
    private let times = Mutex(Times())

    /// Makes one for a call that begins now.
    @usableFromInline
    init(_ observer: any StorageObserver, _ operation: StorageOperation, tenant: String?, _ id: ConversationID?) {
        self.observer = observer
        self.operation = operation
        self.tenant = tenant
        conversationID = id
    }

    /// The engine begins to work on the call.
    ///
    /// - Parameter calls: How many calls share the transaction or the statement.
    public func workBegan(calls: Int = 1) {
        workBegan(calls: calls, at: MonotonicTime.now)
    }

    /// The engine began to work on the call.
    ///
    /// - Parameters:
    ///   - calls: How many calls share the transaction or the statement.
    ///   - now: When it began.
    public func workBegan(calls: Int = 1, at now: ContinuousClock.Instant) {
        workBegan(calls: calls, at: Self.nanoseconds(of: now))
    }

    /// The engine began to work on the call.
    ///
    /// - Parameter now: When it began, as ``MonotonicTime`` counts.
    package func workBegan(calls: Int = 1, at now: Int64) {
        times.withLock { times in
            times.began = now
            times.batchSize = calls
        }
    }

    /// The engine has ended its work on the call, whatever came of it; without ``workBegan(calls:)`` it does nothing.
    ///
    /// - Parameters:
    ///   - calls: How many calls shared the work in the end; by default as many as when it began.
    ///   - lockWait: How much of the time it waited for a lock that another session held.
    public func workEnded(calls: Int? = nil, lockWait: Duration = .zero) {
        workEnded(calls: calls, lockWait: lockWait, at: MonotonicTime.now)
    }

    /// The engine has ended its work on the call, as ``workEnded(calls:lockWait:)`` reports it.
    ///
    /// - Parameters:
    ///   - calls: How many calls shared the work in the end; by default as many as when it began.
    ///   - lockWait: How much of the time it waited for a lock that another session held.
    ///   - now: When it ended.
    public func workEnded(calls: Int? = nil, lockWait: Duration = .zero, at now: ContinuousClock.Instant) {
        workEnded(calls: calls, lockWait: lockWait, at: Self.nanoseconds(of: now))
    }

    /// The engine has ended its work on the call.
    ///
    /// - Parameter now: When it ended, as ``MonotonicTime`` counts.
    package func workEnded(calls: Int? = nil, lockWait: Duration = .zero, at now: Int64) {
        let lockWait = lockWait == .zero ? 0 : lockWait.inNanoseconds
        times.withLock { times in
            guard let began = times.began else { return }
            times.began = nil
            times.engine += max(0, now - began - lockWait)
            times.lockWait += lockWait
            if let calls { times.batchSize = calls }
        }
    }

    private static func nanoseconds(of instant: ContinuousClock.Instant) -> Int64 {
        moment.nanoseconds + (instant - moment.instant).inNanoseconds
    }

    /// The backend tries the call again by itself.
    public func isRepeated() {
        times.withLock { $0.repeats += 1 }
    }

    /// Makes a call; if there is an observer, measures the call and reports its end.
    ///
    /// - Parameters:
    ///   - observer: The observer, if there is one.
    ///   - operation: What the call does.
    ///   - tenant: The tenant; nil for the default tenant.
    ///   - id: The conversation, if it is about one.
    ///   - body: Makes the call. It gets the meter, if there is one.
    @inlinable @inline(__always)
    public static func measure<Result>(
        _ observer: (any StorageObserver)?, _ operation: StorageOperation, tenant: @autoclosure () -> String?,
        _ id: ConversationID?, _ body: (CallMeter?) async throws -> Result
    ) async throws -> Result {
        guard let observer else { return try await body(nil) }
        return try await CallMeter(observer, operation, tenant: tenant(), id).measure(body)
    }

    // Neither inlined nor specialised, so that the code of a call that nobody observes stays short.
    @usableFromInline
    func measure<Result>(_ body: (CallMeter?) async throws -> Result) async throws -> Result {
        do {
            let result = try await body(self)
            end(.succeeded)
            return result
        } catch {
            end(.init(error))
            throw error
        }
    }

    private func end(_ outcome: ObservedCall.Outcome) {
        let now = MonotonicTime.now
        workEnded(at: now)
        let times = times.withLock { $0 }
        observer.callEnded(
            ObservedCall(
                operation, tenant: tenant, conversationID: conversationID, outcome: outcome,
                duration: .nanoseconds(now - start), lockWait: .nanoseconds(times.lockWait),
                engine: .nanoseconds(times.engine), batchSize: times.batchSize, repeats: times.repeats))
    }
}

extension Duration {
    fileprivate var inNanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}

extension ObservedCall.Outcome {
    fileprivate init(_ error: any Error) {
        self =
            switch error {
            case let error as ChatStorageError: .failed(error)
            case is CancellationError: .cancelled
            default: .failed(ChatStorageError(.damaged, "the backend threw an error that is not the library's"))
            }
    }
}

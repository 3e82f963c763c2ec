public import Synchronization

/// A caller that waits for work done elsewhere, on a thread that may block.
///
/// The caller suspends; it never blocks a thread. When its task is cancelled it goes on at once with a
/// `CancellationError`: the work, if it has begun, ends by itself and its result is dropped.
///
/// Its code is visible to other modules, which make it for their results.
public final class CancellableContinuation<Success: Sendable>: Sendable {
    // Unsafe continuations do not detect misuse; the state makes sure that each is resumed once. Checked ones cost an
    // object and a look-up of its type at every call.
    @usableFromInline enum State {
        case new
        case waiting(UnsafeContinuation<Success, any Error>)
        case begun(UnsafeContinuation<Success, any Error>)
        case ended
    }

    @usableFromInline let state = Mutex<State>(.new)

    @inlinable init() {}

    /// Hands a call to a worker and waits for the result; the worker calls ``begin()``, and then ``end(_:)``.
    ///
    /// - Parameters:
    ///   - submit: Hands the call over.
    ///   - onCancel: Runs after the caller was cancelled while it waited, so that a queue can count calls without
    ///     callers.
    /// - Throws: What the call ended with, or `CancellationError`, at once, when the task is or was cancelled.
    @inlinable public static func wait(
        submit: (CancellableContinuation<Success>) -> Void, onCancel: @Sendable () -> Void = {},
        isolation: isolated (any Actor)? = #isolation
    ) async throws -> Success {
        let call = CancellableContinuation<Success>()
        return try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                if call.wait(continuation) { submit(call) }
            }
        } onCancel: {
            if call.end(.failure(CancellationError())) { onCancel() }
        }
    }

    /// Whether the work is still wanted; false once the caller was cancelled.
    ///
    /// True is a promise: from then on the work is done, though its caller may not wait for it.
    @inlinable public func begin() -> Bool {
        state.withLock { state in
            guard case .waiting(let continuation) = state else { return false }
            state = .begun(continuation)
            return true
        }
    }

    /// Whether the caller still waits.
    @inlinable public var isWanted: Bool {
        state.withLock { state in
            if case .ended = state { false } else { true }
        }
    }

    /// Ends the call; only the first time counts, so a result that comes after the caller was cancelled is dropped.
    ///
    /// - Returns: Whether the caller gets this result. Check it if the result is something that must be given back.
    @discardableResult
    @inlinable public func end(_ result: Result<Success, any Error>) -> Bool {
        let continuation: UnsafeContinuation<Success, any Error>? = state.withLock { state in
            defer { state = .ended }
            return switch state {
            case .waiting(let continuation), .begun(let continuation): continuation
            case .new, .ended: nil
            }
        }
        continuation?.resume(with: result)
        return continuation != nil
    }

    /// Keeps the continuation; false, and the caller goes on with an error, if the task was cancelled before.
    @inlinable func wait(_ continuation: UnsafeContinuation<Success, any Error>) -> Bool {
        let waits = state.withLock { state in
            guard case .new = state else { return false }
            state = .waiting(continuation)
            return true
        }
        if !waits { continuation.resume(throwing: CancellationError()) }
        return waits
    }
}

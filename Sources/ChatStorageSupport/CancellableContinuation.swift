public import Synchronization

/// A caller that waits for work done elsewhere, on a thread that may block.
///
/// The caller suspends and blocks no thread, except while `submit` runs. If its task is cancelled, it goes on at once
/// with a `CancellationError`. Work that has begun ends by itself, and its result is dropped.
///
/// Its code is inlinable, so that other modules specialise it for their results.
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
    /// - Throws: The call's error, or `CancellationError`, at once, if the task is or was cancelled.
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
    /// True is a promise to do the work, even if its caller stops waiting for it.
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

    /// Ends the call; only the first time counts, so a result is dropped if the caller was cancelled before.
    ///
    /// - Returns: Whether the caller gets this result. Check it if an unused result must be released.
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

    /// Keeps the continuation; false if the task was cancelled before, and then the caller goes on with an error.
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

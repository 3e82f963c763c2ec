import ChatStorageCore
import Synchronization

/// Holds the first list of conversations back until it is told to give it; the list is then as it was read.
final class DelayedList: StorageInterceptor {
    private enum State {
        case before, ended
        case waiting(CheckedContinuation<Void, Never>)
    }

    private let state = Mutex(State.before)

    var isWaiting: Bool { state.withLock { if case .waiting = $0 { true } else { false } } }

    func end() {
        state.withLock { state in
            if case .waiting(let continuation) = state { continuation.resume() }
            state = .ended
        }
    }

    func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply {
        let reply = try await call.perform(on: base)
        guard case .conversations(let query) = call, query.with.isEmpty else { return reply }
        let isFirst = state.withLock { if case .before = $0 { true } else { false } }
        guard isFirst else { return reply }
        await withCheckedContinuation { continuation in state.withLock { $0 = .waiting(continuation) } }
        return reply
    }
}

/// Fails the first appends: some are not made, the next are made and their acknowledgements lost.
final class Failures: StorageInterceptor {
    private let left: Mutex<(notApplied: Int, unknown: Int)>

    init(notApplied: Int, unknown: Int) {
        left = Mutex((notApplied, unknown))
    }

    func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply {
        guard case .append = call else { return try await call.perform(on: base) }
        let (isRefused, isLost) = left.withLock { left in
            let kind = (left.notApplied > 0, left.notApplied == 0 && left.unknown > 0)
            if kind.0 { left.notApplied -= 1 } else if kind.1 { left.unknown -= 1 }
            return kind
        }
        if isRefused { throw ChatStorageError(.unavailable, "no connection", writeOutcome: .notApplied) }
        let reply = try await call.perform(on: base)
        if isLost { throw ChatStorageError(.unavailable, "the connection was lost", writeOutcome: .unknown) }
        return reply
    }
}

/// A store that cannot be reached for a time: neither writes nor reads are made.
final class Outage: StorageInterceptor {
    private let isOn = Mutex(false)

    func begin() { isOn.withLock { $0 = true } }
    func end() { isOn.withLock { $0 = false } }

    func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply {
        if isOn.withLock({ $0 }) { throw ChatStorageError(.unavailable, "no connection", writeOutcome: .notApplied) }
        return try await call.perform(on: base)
    }
}

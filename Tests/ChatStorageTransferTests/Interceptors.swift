import ChatStorageCore
import Synchronization

/// An interceptor of conversations that are restored, whose store is prepared and closed elsewhere.
protocol RestoreInterceptor: StorageInterceptor {
    func restore(_ snapshot: ConversationSnapshot, on base: any ChatStorage) async throws -> Conversation
}

extension RestoreInterceptor {
    func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply {
        guard case .restoreConversation(let snapshot) = call else { return try await call.perform(on: base) }
        return .conversation(try await restore(snapshot, on: base))
    }
}

/// Restores when a test lets it; a call that was cancelled ends as cancelled.
struct SlowRestores: RestoreInterceptor {
    let wait: @Sendable (ConversationSnapshot) async -> Void

    func restore(_ snapshot: ConversationSnapshot, on base: any ChatStorage) async throws -> Conversation {
        await wait(snapshot)
        // Once begun it happens, as on a database.
        let conversation = try await Task { try await base.restoreConversation(snapshot) }.value
        try Task.checkCancellation()
        return conversation
    }
}

/// Is unavailable after some conversations were restored.
final class FullDisk: RestoreInterceptor {
    private let restores: Int
    private let calls = Mutex(0)

    init(after restores: Int) {
        self.restores = restores
    }

    var attempts: Int { calls.withLock { $0 } }

    func restore(_ snapshot: ConversationSnapshot, on base: any ChatStorage) async throws -> Conversation {
        let attempt = calls.withLock { calls in
            calls += 1
            return calls
        }
        guard attempt <= restores else {
            throw ChatStorageError(.unavailable, "the disk is full", writeOutcome: .notApplied)
        }
        return try await base.restoreConversation(snapshot)
    }
}

/// Can neither restore nor read one conversation, though it may be there.
struct DamagedConversation: StorageInterceptor {
    let id: ConversationID
    let error: ChatStorageError

    func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply {
        switch call {
        case .restoreConversation(let snapshot) where snapshot.id == id:
            // One that is there is `conversationExists`, and its messages are what is bad.
            if try await base.conversation(id) == nil { throw error }
        case .messages(let query) where query.conversationID == id: throw error
        default: break
        }
        return try await call.perform(on: base)
    }
}

/// Counts what is being restored at once.
final class CountedRestores: RestoreInterceptor {
    private struct Counts {
        var running = 0
        var bytes = 0
        var mostRunning = 0
        var mostBytes = 0
    }

    private let counts = Mutex(Counts())

    var mostAtOnce: Int { counts.withLock { $0.mostRunning } }
    var mostBytesAtOnce: Int { counts.withLock { $0.mostBytes } }

    func restore(_ snapshot: ConversationSnapshot, on base: any ChatStorage) async throws -> Conversation {
        let bytes = snapshot.messages.reduce(0) { $0 + $1.content.utf8.count }
        counts.withLock { counts in
            counts.running += 1
            counts.bytes += bytes
            counts.mostRunning = max(counts.mostRunning, counts.running)
            counts.mostBytes = max(counts.mostBytes, counts.bytes)
        }
        // Gives the others the time to come in, if they may.
        for _ in 0..<100 { await Task.yield() }
        counts.withLock { counts in
            counts.running -= 1
            counts.bytes -= bytes
        }
        return try await base.restoreConversation(snapshot)
    }
}

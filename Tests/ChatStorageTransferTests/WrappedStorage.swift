import ChatStorageCore
import Synchronization

/// A storage that passes everything on and lets a test change how conversations are restored.
protocol WrappedStorage: ChatStorage {
    var storage: any ChatStorage { get }
}

extension WrappedStorage {
    func createConversation(_ id: ConversationID, title: String?) async throws -> Conversation {
        try await storage.createConversation(id, title: title)
    }

    func conversation(_ id: ConversationID) async throws -> Conversation? {
        try await storage.conversation(id)
    }

    func getOrCreateConversation(_ id: ConversationID, title: String?) async throws -> Conversation {
        try await storage.getOrCreateConversation(id, title: title)
    }

    func updateTitle(of id: ConversationID, to title: String?) async throws -> Conversation? {
        try await storage.updateTitle(of: id, to: title)
    }

    func deleteConversation(_ id: ConversationID) async throws -> Bool {
        try await storage.deleteConversation(id)
    }

    func conversations(after cursor: ConversationCursor?, limit: Int) async throws -> ConversationPage {
        try await storage.conversations(after: cursor, limit: limit)
    }

    func append(
        _ messages: [ChatMessage], to id: ConversationID, if condition: AppendCondition
    ) async throws -> [Message] {
        try await storage.append(messages, to: id, if: condition)
    }

    func messages(of id: ConversationID, _ position: MessagePosition, limit: Int) async throws -> [Message] {
        try await storage.messages(of: id, position, limit: limit)
    }

    func clearMessages(of id: ConversationID) async throws -> Int {
        try await storage.clearMessages(of: id)
    }
}

/// A storage that restores when a test lets it, and whose calls end as cancelled when they were.
final class SlowStorage: WrappedStorage {
    let storage: any ChatStorage
    private let wait: @Sendable (ConversationSnapshot) async -> Void

    init(storage: any ChatStorage, wait: @escaping @Sendable (ConversationSnapshot) async -> Void) {
        self.storage = storage
        self.wait = wait
    }

    func restoreConversation(_ snapshot: ConversationSnapshot) async throws -> Conversation {
        await wait(snapshot)
        // Once begun it happens, as on a database.
        let conversation = try await Task { try await storage.restoreConversation(snapshot) }.value
        try Task.checkCancellation()
        return conversation
    }
}

/// A storage that is unavailable after some conversations were restored.
final class FaultyStorage: WrappedStorage {
    let storage: any ChatStorage
    private let restores: Int
    private let calls = Mutex(0)

    init(storage: any ChatStorage, restores: Int) {
        self.storage = storage
        self.restores = restores
    }

    var attempts: Int { calls.withLock { $0 } }

    func restoreConversation(_ snapshot: ConversationSnapshot) async throws -> Conversation {
        let attempt = calls.withLock { calls in
            calls += 1
            return calls
        }
        guard attempt <= restores else {
            throw ChatStorageError(.unavailable, "the disk is full", writeOutcome: .notApplied)
        }
        return try await storage.restoreConversation(snapshot)
    }
}

/// A storage of which one conversation can be neither restored nor read, though it may be there.
final class FaultyConversation: WrappedStorage {
    let storage: any ChatStorage
    private let id: ConversationID
    private let error: ChatStorageError

    init(storage: any ChatStorage, id: ConversationID, error: ChatStorageError) {
        self.storage = storage
        self.id = id
        self.error = error
    }

    func restoreConversation(_ snapshot: ConversationSnapshot) async throws -> Conversation {
        // One that is there is `conversationExists`, and its messages are what is bad.
        if snapshot.id == id, try await storage.conversation(id) == nil { throw error }
        return try await storage.restoreConversation(snapshot)
    }

    func messages(of id: ConversationID, _ position: MessagePosition, limit: Int) async throws -> [Message] {
        if id == self.id { throw error }
        return try await storage.messages(of: id, position, limit: limit)
    }
}

/// A storage that counts what is being restored at once.
final class CountingStorage: WrappedStorage {
    private struct Counts {
        var running = 0
        var bytes = 0
        var mostRunning = 0
        var mostBytes = 0
    }

    let storage: any ChatStorage
    private let counts = Mutex(Counts())

    init(storage: any ChatStorage) {
        self.storage = storage
    }

    var mostAtOnce: Int { counts.withLock { $0.mostRunning } }
    var mostBytesAtOnce: Int { counts.withLock { $0.mostBytes } }

    func restoreConversation(_ snapshot: ConversationSnapshot) async throws -> Conversation {
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
        return try await storage.restoreConversation(snapshot)
    }
}

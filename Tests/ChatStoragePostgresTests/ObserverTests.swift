import ChatStorageCore
import ChatStorageSupport
import Dispatch
import Synchronization
import TestSupport
import Testing

@testable import ChatStoragePostgres

/// What an observer gets of calls, connections and commits.
@Suite(.timeLimit(.minutes(5))) struct ObserverTests {
    @Test func everyOperationIsReportedOnce() async throws {
        let observer = RecordingObserver()
        try await withBackend({ $0.observer = observer }) { backend in
            let chats = backend.tenant("user-42")
            let created = try await chats.createConversation("c")
            _ = try await chats.conversation("c")
            try await chats.updateConversation("c", .title("t"))
            _ = try await backend.conversations(ConversationQuery())
            try await chats.append(NewMessages([.user("x")], to: "c"))
            try await chats.reviseMessage(MessageRevision(of: "c", 1, metadata: .setting("a", to: 1)))
            _ = try await chats.messages(MessageQuery(of: "c"))
            _ = try await chats.forks(of: "c")
            try await chats.removeMessages(MessageRemoval(.all, of: "c"))
            try await chats.restoreConversation(
                ConversationSnapshot(id: "d", createdAt: created.createdAt, updatedAt: created.updatedAt))
            _ = try await backend.tenants(TenantQuery())
            _ = try await backend.unfinishedMessages(UnfinishedQuery(notRevisedFor: .zero))
            try await chats.deleteConversation(ConversationDeletion("c"))
        }
        let expected: [(StorageOperation, String?, ConversationID?)] = [
            (.prepare, nil, nil), (.createConversation, "user-42", "c"), (.conversation, "user-42", "c"),
            (.updateConversation, "user-42", "c"), (.conversations, nil, nil), (.append, "user-42", "c"),
            (.reviseMessage, "user-42", "c"), (.messages, "user-42", "c"), (.forks, "user-42", "c"),
            (.removeMessages, "user-42", "c"), (.restoreConversation, "user-42", "d"), (.tenants, nil, nil),
            (.unfinishedMessages, nil, nil), (.deleteConversation, "user-42", "c"),
        ]
        #expect(Set(expected.map(\.0)) == Set(StorageOperation.allCases))
        #expect(observer.calls.count == expected.count)
        for (call, (operation, tenant, id)) in zip(observer.calls, expected) {
            #expect(call.operation == operation && call.tenant == tenant && call.conversationID == id, "\(operation)")
            guard case .succeeded = call.outcome else {
                Issue.record("\(operation): \(call.outcome)")
                continue
            }
            #expect(call.batchSize == 1 && call.repeats == 0 && call.lockWait == .zero, "\(operation)")
            #expect(call.engine > .zero && call.engine <= call.duration, "\(operation)")
        }
    }

    @Test func aCallThatFailsHasItsError() async throws {
        let observer = RecordingObserver()
        try await withBackend({ $0.observer = observer }) { backend in
            try await backend.createConversation("c")
            await expectError(.conversationExists) { try await backend.createConversation("c") }
            await expectError(.invalidArgument) { try await backend.conversation("") }
        }
        let (refused, wrong) = (observer.calls[2], observer.calls[3])
        #expect(refused.error?.code == .conversationExists && refused.batchSize == 1)
        // It reached no engine.
        #expect(wrong.error?.code == .invalidArgument && wrong.batchSize == 0 && wrong.engine == .zero)
    }

    @Test func aCancelledCallIsCancelled() async throws {
        let observer = RecordingObserver()
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(
                configuration(url, schema) {
                    $0.observer = observer
                    ($0.lockTimeout, $0.callTimeout) = (.seconds(100), .seconds(200))
                })
            try await backend.prepare()
            try await backend.createConversation("c")
            try await withLockedConversation(schema) {
                let append = Task { try await backend.append(.user("x"), to: "c") }
                try await waitUntil { try await lockWaits(schema) > 0 }
                append.cancel()
                await #expect(throws: CancellationError.self) { try await append.value }
            }
            try await backend.close()
        }
        let calls = observer.calls(.append)
        #expect(calls.count == 1)
        guard case .cancelled? = calls.first?.outcome else {
            Issue.record("\(calls)")
            return
        }
    }

    /// While one statement is under way, the others of its conversation wait, and go together.
    @Test func appendsThatWentTogetherSaySo() async throws {
        let observer = RecordingObserver()
        var count = 0
        try await withPreparedStore(observer) { backend, _ in
            try await waitUntil {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<64 { group.addTask { try await backend.append(.user("x"), to: "c") } }
                    try await group.waitForAll()
                }
                count += 64
                return observer.calls.contains { $0.batchSize > 1 }
            }
        }
        #expect(observer.calls.count == count)
        let sizes = observer.commits.flatMap { Array(repeating: $0.calls, count: $0.calls) }
        #expect(sizes.sorted() == observer.calls.map(\.batchSize).sorted())
        #expect(observer.commits.allSatisfy { $0.duration > .zero })
    }

    @Test func readsAndRefusedWritesAreNoCommits() async throws {
        let observer = RecordingObserver()
        try await withPreparedStore(observer) { backend, _ in
            try await backend.append(.user("x"), to: "c")
            _ = try await backend.messages(of: "c")
            let time = Timestamp.now()
            await expectError(.conversationExists) {
                try await backend.restoreConversation(ConversationSnapshot(id: "c", createdAt: time, updatedAt: time))
            }
            try await backend.clearMessages(of: "c")
        }
        #expect(observer.commits.map(\.calls) == [1, 1])
    }

    @Test func connectionsAreToldAsTheyOpenAndClose() async throws {
        let observer = RecordingObserver()
        try await TestPostgres.withSchema { url, schema in
            let backend = try await PostgresBackend(
                configuration(adding("application_name=\(schema)", to: url), schema) {
                    ($0.observer, $0.connections) = (observer, 1)
                })
            try await backend.prepare()
            #expect(observer.opened.map(\.open) == [1] && observer.closed.isEmpty)
            try await TestPostgres.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = '\(schema)'")
            try await waitUntil { !observer.closed.isEmpty }
            #expect(observer.closed.map(\.open) == [0] && observer.closed.first?.error?.code == .unavailable)
            _ = try await backend.conversation("c")
            #expect(observer.opened.map(\.open) == [1, 1])
            try await backend.close()
            #expect(observer.closed.map(\.open) == [0, 0] && observer.closed.last?.error == nil)
        }
        #expect(observer.failures.isEmpty)
        #expect((observer.opened + observer.closed).allSatisfy { $0.purpose == .readingAndWriting })
    }

    @Test func aFailureToConnectIsTold() async throws {
        let (observer, folder) = (RecordingObserver(), try TemporaryFolder())
        let url = "postgres://user:hunter2@/db?host=\(folder.path.replacing("/", with: "%2F"))"
        let backend = try await PostgresBackend(configuration(url, "chat") { $0.observer = observer })
        await expectError(.unavailable) { try await backend.prepare() }
        try await backend.close()
        #expect(observer.failures.first?.code == .unavailable)
        #expect(!"\(observer.failures)".contains("hunter2"))
        #expect(observer.calls.count == 1 && observer.calls.first?.batchSize == 0)
    }

    /// The answer of the next call has to wait, but not the call itself, nor what the store is asked meanwhile.
    @Test func anObserverThatTakesLongHoldsNoLock() async throws {
        let observer = BlockingObserver()
        try await withPreparedStore(observer) { backend, schema in
            try await backend.append(.user("first"), to: "c")
            try await waitUntil { observer.isBlocked.withLock { $0 } }
            let second = Task { try await backend.append(.user("second"), to: "d") }
            try await waitUntil {
                try await TestPostgres.execute("SELECT FROM \(schema).chat_messages WHERE content = 'second'").count
                    == 1
            }
            #expect(try await backend.statistics().busyConnections == 1)
            observer.release.signal()
            #expect(try await second.value.sequence == 1)
        }
    }

    /// Calls the body with a backend on a store that another one has prepared.
    private func withPreparedStore(
        _ observer: any StorageObserver, _ body: (PostgresBackend, _ schema: String) async throws -> Void
    ) async throws {
        try await TestPostgres.withSchema { url, schema in
            let maker = try await PostgresBackend(configuration(url, schema))
            try await maker.prepare()
            try await maker.close()
            let backend = try await PostgresBackend(
                configuration(url, schema) { ($0.observer, $0.connections) = (observer, 1) })
            try await body(backend, schema)
            try await backend.close()
        }
    }
}

/// Keeps the thread of the first commit until it is released.
private final class BlockingObserver: StorageObserver {
    let isBlocked = Mutex(false)
    let release = DispatchSemaphore(value: 0)

    func transactionCommitted(_ commit: ObservedCommit) {
        let isFirst = isBlocked.withLock { isBlocked in
            defer { isBlocked = true }
            return !isBlocked
        }
        if isFirst { release.wait() }
    }
}

import ChatStorageCore
import ChatStorageInMemory
import Logging
import Synchronization
import InMemoryLogging
import Testing

@testable import ChatStorageServices

@Suite struct LoggingObserverTests {
    /// A time that a test moves.
    private final class Time: Sendable {
        private let time = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { time.withLock { $0 } }
        func advance(by duration: Duration) { time.withLock { $0 += duration } }
    }

    private let log = Log()
    private let time = Time()

    private func observer(showsNames: Bool = false) -> LoggingObserver {
        LoggingObserver(
            log.logger, system: .postgresql, showsNames: showsNames, now: { [time] in time.now })
    }

    private let slow = ObservedCall(
        .append, tenant: "anna", conversationID: "trip", duration: .milliseconds(5_250), lockWait: .seconds(4),
        engine: .seconds(1), batchSize: 3, repeats: 2)

    private func failed(
        _ code: ChatStorageError.Code, _ operation: StorageOperation = .append, engineCode: String? = nil
    ) -> ObservedCall {
        let cause = engineCode.map { ChatStorageError.Cause(engine: "PostgreSQL", code: $0) }
        return ObservedCall(
            operation, outcome: .failed(ChatStorageError(code, "why", cause: cause)), duration: .milliseconds(2))
    }

    @Test func aSlowCallIsLoggedWithItsParts() {
        let observer = observer()
        observer.callEnded(slow)
        observer.callEnded(ObservedCall(.append, duration: .milliseconds(999), engine: .milliseconds(999)))
        #expect(
            log.entries.map(\.line) == [
                "warning: A call was slow chatstorage.duration=5.25 chatstorage.engine=1.0 chatstorage.lock_wait=4.0 "
                    + "chatstorage.queued=0.25 chatstorage.repeats=2 db.operation.batch.size=3 "
                    + "db.operation.name=append messages db.system.name=postgresql"
            ])
    }

    @Test func aFailureIsLoggedWithWhatTheEngineSaid() throws {
        let observer = observer()
        observer.callEnded(
            ObservedCall(.append, outcome: .failed(.outOfReach), duration: .milliseconds(500), batchSize: 0))
        let entry = try #require(log.entries.first)
        #expect(
            entry.line
                == "error: A call failed chatstorage.duration=0.5 chatstorage.engine=0.0 chatstorage.lock_wait=0.0 "
                + "chatstorage.queued=0.5 chatstorage.write_outcome=unknown db.operation.name=append messages "
                + "db.response.status_code=08006 db.system.name=postgresql error.type=unavailable")
        #expect((entry.error as? ChatStorageError)?.code == .unavailable)
    }

    @Test func levelsFollowFromWhoCanDoSomething() {
        let observer = observer()
        let levels: [(ChatStorageError.Code, Logger.Level)] = [
            (.unavailable, .error), (.readOnly, .error), (.accessDenied, .error), (.damaged, .error),
            (.notPrepared, .error), (.schemaTooNew, .error), (.schemaMismatch, .error), (.closed, .notice),
            (.conflict, .debug), (.invalidArgument, .debug), (.conversationNotFound, .debug),
            (.idempotencyMismatch, .debug),
        ]
        for (code, _) in levels { observer.callEnded(failed(code)) }
        #expect(log.entries.map(\.level) == levels.map(\.1))
        observer.callEnded(ObservedCall(.messages, outcome: .cancelled, duration: .zero))
        #expect(log.entries.last?.line.hasPrefix("debug: A call was cancelled") == true)
        // A refusal that took long is no everyday matter.
        observer.callEnded(
            ObservedCall(
                .append, outcome: .failed(ChatStorageError(.conflict, "why")), duration: .seconds(5),
                lockWait: .seconds(5)))
        #expect(log.entries.last?.line.hasPrefix("warning: A call was slow and failed") == true)
    }

    @Test func namesAreShownOnlyWhenAskedFor() {
        observer().callEnded(slow)
        #expect(!log.text.contains("anna") && !log.text.contains("trip"))
        observer(showsNames: true).callEnded(slow)
        #expect(log.entries.last?.line.contains("chatstorage.conversation.id=trip chatstorage.duration") == true)
        #expect(log.entries.last?.line.contains("chatstorage.tenant=anna") == true)
    }

    @Test func whatAStoreIsGivenIsNotInItsLines() async throws {
        let chats = try InMemoryBackend(
            .init(observer: LoggingObserver(log.logger, system: .memory, slowThreshold: .zero)))
        try await chats.prepare()
        let secret = chats.tenant("secret-tenant")
        try await secret.createConversation("secret-id", title: "secret-title")
        try await secret.append(.user("secret-text", key: "secret-key"), to: "secret-id")
        for attempt in [
            { _ = try await secret.createConversation("secret-id", title: "secret-title") },
            { _ = try await secret.append(.user("secret-other", key: "secret-key"), to: "secret-id") },
            { _ = try await secret.append(.user("secret-text"), to: "secret-missing", if: .exists) },
            { _ = try await secret.append(ChatMessage(role: .tool, content: "secret-text"), to: "secret-id") },
        ] as [@Sendable () async throws -> Void] {
            await #expect(throws: ChatStorageError.self) { try await attempt() }
        }
        #expect(log.entries.count >= 7)
        #expect(!log.text.contains("secret"), "\(log.text)")
    }

    @Test func equalFailuresInABurstMakeOneLineEachInterval() {
        let observer = observer()
        for _ in 0..<1_000 { observer.callEnded(failed(.unavailable)) }
        observer.callEnded(failed(.unavailable, .messages))
        observer.callEnded(failed(.unavailable, engineCode: "57P03"))
        #expect(log.entries.count == 3)
        time.advance(by: .seconds(10))
        observer.callEnded(failed(.unavailable))
        #expect(log.entries.count == 4)
        #expect(log.entries.last?.metadata["chatstorage.events"]?.description == "1000")
        #expect(log.entries.last?.metadata["chatstorage.longest"]?.description == "0.002")
    }

    @Test func whatWasCountedIsLoggedByTheNextCallOfAnyKind() {
        let observer = observer()
        for milliseconds in [1_100, 3_000, 2_000] {
            observer.callEnded(ObservedCall(.append, duration: .milliseconds(milliseconds)))
        }
        observer.callEnded(ObservedCall(.messages, duration: .zero))
        #expect(log.entries.count == 1)
        time.advance(by: .seconds(10))
        observer.callEnded(ObservedCall(.messages, duration: .zero))
        observer.callEnded(ObservedCall(.messages, duration: .zero))
        #expect(log.entries.count == 2)
        #expect(
            log.entries.last?.line
                == "warning: A call was slow chatstorage.events=2 chatstorage.longest=3.0 "
                + "db.operation.name=append messages db.system.name=postgresql")
        // The line begins a new interval.
        observer.callEnded(ObservedCall(.append, duration: .seconds(1)))
        #expect(log.entries.count == 2)
    }

    @Test func whatWasCountedIsLoggedAtTheEnd() {
        var observer: LoggingObserver? = observer()
        for _ in 0..<3 { observer?.callEnded(failed(.damaged)) }
        #expect(log.entries.count == 1)
        observer = nil
        #expect(log.entries.count == 2)
        #expect(log.entries.last?.metadata["chatstorage.events"]?.description == "2")
        #expect(log.entries.last?.level == .error)
    }

    @Test func manyKindsOfFailureAreBoundedToo() {
        let observer = observer()
        for _ in 0..<3 {
            for code in 0..<10_000 { observer.callEnded(failed(.unavailable, engineCode: "\(code)")) }
        }
        #expect(log.entries.count <= EventLedger.capacity + 1)
        time.advance(by: .seconds(10))
        observer.callEnded(ObservedCall(.messages, duration: .zero))
        // All that were counted are in the sums.
        let sums = log.entries.compactMap { $0.metadata["chatstorage.events"].flatMap { Int("\($0)") } }
        let single = log.entries.count(where: { $0.metadata["chatstorage.events"] == nil })
        #expect(sums.reduce(0, +) + single == 30_000)
    }

    @Test func aLevelThatIsNotLoggedCostsNoEntry() {
        let quiet = Log(level: .error)
        let observer = LoggingObserver(quiet.logger, system: .sqlite)
        observer.callEnded(failed(.conflict))
        observer.callEnded(slow)
        observer.callEnded(failed(.damaged))
        #expect(quiet.entries.map(\.level) == [.error])
    }

    @Test func connectionsCommitsAndCheckpointsAreLogged() {
        let observer = observer()
        observer.connectionOpened(ObservedConnection(.readingAndWriting, open: 1))
        observer.connectionClosed(ObservedConnection(.reading, open: 0))
        observer.connectionClosed(ObservedConnection(.readingAndWriting, open: 2, error: .outOfReach))
        observer.connectionFailed(.outOfReach)
        observer.connectionFailed(ChatStorageError(.accessDenied, "refused"))
        observer.transactionCommitted(ObservedCommit(calls: 3, duration: .milliseconds(4)))
        observer.transactionCommitted(ObservedCommit(calls: 3, duration: .seconds(2)))
        observer.checkpointEnded(ObservedCheckpoint(pages: 10, isComplete: true, duration: .milliseconds(4)))
        observer.checkpointEnded(ObservedCheckpoint(pages: 10, isComplete: false, duration: .milliseconds(4)))
        observer.checkpointEnded(ObservedCheckpoint(pages: 10, isComplete: true, duration: .seconds(1)))
        #expect(
            log.entries.map { $0.line.replacing(" db.system.name=postgresql", with: "") } == [
                "debug: A connection was opened chatstorage.connection.open=1 "
                    + "chatstorage.connection.purpose=reading and writing",
                "debug: A connection was closed chatstorage.connection.open=0 chatstorage.connection.purpose=reading",
                "warning: A connection was lost chatstorage.connection.open=2 "
                    + "chatstorage.connection.purpose=reading and writing db.response.status_code=08006 "
                    + "error.type=unavailable",
                "warning: Connecting failed db.response.status_code=08006 error.type=unavailable",
                "error: Connecting failed error.type=access_denied",
                "warning: A commit was slow chatstorage.calls=3 chatstorage.duration=2.0",
                "notice: A checkpoint could not move the whole log chatstorage.duration=0.004 chatstorage.pages=10",
                "warning: A checkpoint was slow chatstorage.duration=1.0 chatstorage.pages=10",
            ])
    }
}

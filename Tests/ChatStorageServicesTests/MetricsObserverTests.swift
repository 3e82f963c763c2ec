import ChatStorageCore
import ChatStorageInMemory
import CoreMetrics
import MetricsTestKit
import InMemoryLogging
import Logging
import Testing

@testable import ChatStorageServices

@Suite struct MetricsObserverTests {
    private let metrics = TestMetrics()
    private var observer: MetricsObserver { MetricsObserver(system: .postgresql, factory: metrics) }
    private let system = ("db.system.name", "postgresql")

    private func timer(_ label: String, _ dimensions: (String, String)...) throws -> [Int64] {
        try metrics.expectTimer(label, [system] + dimensions).values
    }

    @Test func aCallIsTimedWithItsParts() throws {
        observer.callEnded(
            ObservedCall(
                .append, tenant: "anna", conversationID: "trip", duration: .milliseconds(5_250),
                lockWait: .seconds(4), engine: .seconds(1), batchSize: 3, repeats: 2))
        let append = ("db.operation.name", "append messages")
        #expect(try timer("db.client.operation.duration", append) == [5_250_000_000])
        #expect(try timer("chatstorage.operation.queue_time") == [250_000_000])
        #expect(try timer("chatstorage.operation.lock_wait") == [4_000_000_000])
        #expect(try metrics.expectRecorder("chatstorage.operation.batch_size", [system]).values == [3])
        #expect(try metrics.expectCounter("chatstorage.operation.repeats", [system, append]).totalValue == 2)
    }

    @Test func aFailureHasItsCodeAndACancelledCallSaysSo() throws {
        let observer = observer
        observer.callEnded(ObservedCall(.append, outcome: .failed(.outOfReach), duration: .seconds(1), batchSize: 0))
        observer.callEnded(
            ObservedCall(
                .messages, outcome: .failed(ChatStorageError(.conversationNotFound, "")), duration: .seconds(2)))
        observer.callEnded(ObservedCall(.messages, outcome: .cancelled, duration: .seconds(3)))
        #expect(
            try timer(
                "db.client.operation.duration", ("db.operation.name", "append messages"), ("error.type", "unavailable"))
                == [1_000_000_000])
        #expect(
            try timer(
                "db.client.operation.duration", ("db.operation.name", "get messages"),
                ("error.type", "conversation_not_found")) == [2_000_000_000])
        #expect(
            try timer(
                "db.client.operation.duration", ("db.operation.name", "get messages"), ("error.type", "cancelled"))
                == [3_000_000_000])
        #expect(try timer("db.client.operation.duration", ("db.operation.name", "get messages")).isEmpty)
        // A call that reached no engine is in no batch.
        #expect(try metrics.expectRecorder("chatstorage.operation.batch_size", [system]).values == [1, 1])
    }

    @Test func everyOperationHasAPlaceOfItsOwn() {
        let indices = StorageOperation.allCases.map(\.index)
        #expect(indices.sorted() == Array(0..<StorageOperation.allCases.count))
        for operation in StorageOperation.allCases {
            let metrics = TestMetrics()
            MetricsObserver(system: .sqlite, factory: metrics)
                .callEnded(ObservedCall(operation, duration: .seconds(1), repeats: 1))
            let timed = metrics.timers(label: "db.client.operation.duration").filter { !$0.values.isEmpty }
            #expect(timed.map { $0.dimensions.first { $0.0 == "db.operation.name" }?.1 } == [operation.rawValue])
            let repeated = metrics.counters(label: "chatstorage.operation.repeats").filter { $0.totalValue > 0 }
            #expect(repeated.map { $0.dimensions.first { $0.0 == "db.operation.name" }?.1 } == [operation.rawValue])
        }
    }

    @Test func seriesAreFewWhateverIsCalled() {
        let observer = observer
        for turn in 0..<300 {
            for operation in StorageOperation.allCases {
                let error = ChatStorageError(
                    .unavailable, "\(turn)", cause: .init(engine: "PostgreSQL", code: "\(turn)"))
                observer.callEnded(
                    ObservedCall(
                        operation, tenant: "t\(turn)", conversationID: ConversationID("c\(turn)"),
                        outcome: turn.isMultiple(of: 2) ? .failed(error) : .succeeded, duration: .seconds(turn)))
            }
        }
        #expect(metrics.timers.count == 2 * StorageOperation.allCases.count + 5)
        #expect(!metrics.description.contains("t7") && !metrics.description.contains("c7"))
    }

    @Test func metricsAreMadeOnceAndKept() throws {
        let observer = observer
        let before = try metrics.expectTimer("chatstorage.operation.queue_time", [system])
        observer.callEnded(ObservedCall(.append, outcome: .cancelled, duration: .seconds(1)))
        // If each call looked its metrics up, the factory, which has forgotten them, would now make others.
        metrics.reset()
        observer.callEnded(ObservedCall(.append, outcome: .cancelled, duration: .seconds(1)))
        observer.callEnded(ObservedCall(.append, duration: .seconds(1)))
        #expect(before.values.count == 3)
        #expect(metrics.timers.isEmpty && metrics.recorders.isEmpty && metrics.counters.isEmpty)
    }

    @Test func connectionsCommitsAndCheckpointsAreCounted() throws {
        let observer = observer
        for open in 1...3 { observer.connectionOpened(ObservedConnection(.reading, open: open)) }
        observer.connectionClosed(ObservedConnection(.reading, open: 2))
        observer.connectionClosed(ObservedConnection(.reading, open: 1, error: .outOfReach))
        observer.connectionFailed(.outOfReach)
        observer.connectionFailed(.outOfReach)
        observer.transactionCommitted(ObservedCommit(calls: 3, duration: .milliseconds(4)))
        observer.checkpointEnded(ObservedCheckpoint(pages: 10, isComplete: true, duration: .milliseconds(5)))
        observer.checkpointEnded(ObservedCheckpoint(pages: 10, isComplete: false, duration: .milliseconds(6)))
        let reading = ("chatstorage.connection.purpose", "reading")
        let unavailable = ("error.type", "unavailable")
        #expect(try metrics.expectCounter("chatstorage.connection.opened", [system, reading]).totalValue == 3)
        #expect(
            try metrics.expectCounter("chatstorage.connection.lost", [system, reading, unavailable]).totalValue == 1)
        #expect(try metrics.expectCounter("chatstorage.connection.failed", [system, unavailable]).totalValue == 2)
        #expect(try timer("chatstorage.commit.duration") == [4_000_000])
        #expect(
            try timer("chatstorage.checkpoint.duration", ("chatstorage.checkpoint.is_complete", "true")) == [5_000_000])
        #expect(
            try timer("chatstorage.checkpoint.duration", ("chatstorage.checkpoint.is_complete", "false")) == [6_000_000]
        )
    }

    @Test func statisticsSetMeters() throws {
        observer.record(
            StorageStatistics(
                waitingCalls: 7, openConnections: 5, busyConnections: 2, connectionLimit: 8, logBytes: 4_096))
        let pool = ("db.client.connection.pool.name", "chatstorage")
        func meter(_ label: String, _ others: (String, String)...) throws -> Double? {
            try metrics.expectMeter(label, [system, pool] + others).lastValue
        }
        #expect(try meter("db.client.connection.count", ("db.client.connection.state", "used")) == 2)
        #expect(try meter("db.client.connection.count", ("db.client.connection.state", "idle")) == 3)
        #expect(try meter("db.client.connection.max") == 8)
        #expect(try meter("db.client.connection.pending_requests") == 7)
        #expect(try meter("chatstorage.log.size") == 4_096)
    }

    @Test func namesCanBeChangedAndMetricsLeftOut() throws {
        var names = MetricsObserver.Names()
        names.operationDuration = "chats_call_seconds"
        names.operation = "call"
        names.batchSize = nil
        names.queueTime = nil
        names.repeats = nil
        let observer = MetricsObserver(system: "my_database", names: names, factory: metrics)
        observer.callEnded(ObservedCall(.forks, duration: .seconds(1), repeats: 1))
        #expect(
            try metrics.expectTimer(
                "chats_call_seconds", [("db.system.name", "my_database"), ("call", "get forks")]
            ).values == [1_000_000_000])
        #expect(metrics.recorders.isEmpty && metrics.timers(label: "chatstorage.operation.queue_time").isEmpty)
        #expect(metrics.counters(label: "chatstorage.operation.repeats").isEmpty)
    }

    @Test func theTasksFactoryIsTheDefault() {
        let observer = withMetricsFactory(metrics) { MetricsObserver(system: .sqlite) }
        observer.callEnded(ObservedCall(.append, duration: .seconds(1)))
        #expect(metrics.timers(label: "db.client.operation.duration").contains { $0.values == [1_000_000_000] })
    }

    @Test func durationsThatDoNotFitAreTheLongest() throws {
        observer.callEnded(ObservedCall(.append, duration: .seconds(Int64.max)))
        #expect(try timer("db.client.operation.duration", ("db.operation.name", "append messages")) == [.max])
    }

    @Test func severalObserversGetWhatABackendDoes() async throws {
        let log = Log()
        let chats = try InMemoryBackend(
            .init(
                observer: StorageObservers([
                    LoggingObserver(log.logger, system: .memory, slowThreshold: .zero),
                    MetricsObserver(system: .memory, factory: metrics),
                ])))
        try await chats.prepare()
        try await chats.append(.user("Hi"), to: "trip")
        _ = try? await chats.createConversation("trip")
        let lines = log.entries.map { "\($0.metadata["db.operation.name"] ?? "")" }
        #expect(lines == ["prepare store", "append messages", "create conversation"])
        let timed = metrics.timers(label: "db.client.operation.duration").filter { !$0.values.isEmpty }
        #expect(timed.count == 3)
        #expect(timed.contains { $0.dimensions.contains { $0 == ("error.type", "conversation_exists") } })
    }
}

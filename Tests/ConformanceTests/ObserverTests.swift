import ChatStorageConformance
import ChatStorageCore
import ChatStorageInMemory
import ChatStorageSQLite
import TestSupport
import Testing

/// An observer gets each call once, by its name, from the stores in memory and in SQLite.
@Suite struct ObserverTests {
    @Test(.enabled(if: try TestBackends.memory.isSelected())) func memory() async throws {
        let observer = RecordingObserver()
        try await expectReports(of: try InMemoryBackend(.init(observer: observer)), to: observer)
    }

    @Test(.enabled(if: try TestBackends.sqlite.isSelected()), arguments: ["wal", "delete"])
    func sqlite(journalMode: String) async throws {
        let folder = try TemporaryFolder()
        let observer = RecordingObserver()
        var configuration = SQLiteBackend.Configuration(path: folder.path(of: "chat.db"))
        configuration.journalMode = try #require(.init(rawValue: journalMode))
        configuration.observer = observer
        try await expectReports(of: try await SQLiteBackend(configuration), to: observer)
    }

    private func expectReports(of backend: some ChatStorageBackend, to observer: RecordingObserver) async throws {
        try await backend.prepare()
        #expect(observer.calls.map(\.operation) == [.prepare])
        for tenant in [nil, "a"] {
            let chats: any ChatStorage = tenant.map { backend.tenant($0) } ?? backend.defaultTenant
            for call in StorageCall.ofEveryOperation(on: "c") {
                let earlier = observer.calls.count
                var failure: ChatStorageError?
                do {
                    try await call.perform(on: chats)
                } catch let error as ChatStorageError {
                    failure = error
                }
                let reports = observer.calls.dropFirst(earlier)
                guard let report = reports.first, reports.count == 1 else {
                    Issue.record("\(call) was reported \(reports.count) times")
                    continue
                }
                #expect(report.operation == call.operation)
                #expect(report.tenant == tenant && report.conversationID == call.conversationID, "\(call)")
                #expect(report.error?.code == failure?.code, "\(call)")
                #expect(report.lockWait == .zero && report.duration >= report.engine, "\(call): \(report)")
            }
        }
        try await expectOtherReports(of: backend, to: observer)
    }

    private func expectOtherReports(of backend: some ChatStorageBackend, to observer: RecordingObserver) async throws {
        let earlier = observer.calls.count
        _ = try await backend.tenants(TenantQuery())
        #expect(observer.calls.last?.operation == .tenants)
        _ = try await backend.unfinishedMessages(UnfinishedQuery(notRevisedFor: .zero))
        #expect(observer.calls.last?.operation == .unfinishedMessages)

        let cancelled = Task {
            while !Task.isCancelled { await Task.yield() }
            _ = try await backend.conversation("cancelled")
        }
        cancelled.cancel()
        _ = await cancelled.result
        let report = try #require(observer.calls.last)
        if case .cancelled = report.outcome {} else { Issue.record("a cancelled call ended \(report.outcome)") }
        #expect(report.conversationID == "cancelled" && report.batchSize == 0)

        try await backend.append(.user("one"), to: "worked on")
        let append = try #require(observer.calls.last)
        #expect(append.engine > .zero && append.batchSize == 1 && append.repeats == 0, "\(append)")
        try await backend.close()
        await #expect(throws: ChatStorageError.self) { try await backend.conversation("closed") }
        #expect(observer.calls.last?.error?.code == .closed)
        #expect(
            observer.calls.dropFirst(earlier).map(\.operation)
                == [.tenants, .unfinishedMessages, .conversation, .append, .conversation])
    }
}

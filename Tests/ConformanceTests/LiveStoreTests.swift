import ChatStorageConformance
import ChatStorageCore
import ChatStorageSQLite
import TestSupport
import Testing

/// Checks on a store that is in use: they leave everything else alone, and nothing behind.
@Suite(.enabled(if: try TestBackends.sqlite.isSelected())) struct LiveStoreTests {
    private let store: StoreInUse

    init() async throws {
        store = try await StoreInUse()
    }

    @Test func checksWriteOnlyToTenantsOfTheirOwnAndRemoveThem() async throws {
        let harness = store.harness
        let checks = ConformanceSuite.checks(matching: ["harness.", "tenants."])
        let report = await ConformanceSuite.run(checks, on: harness)
        expectNoFailure(of: report)
        let written = try store.tenantsThatWereWritten()
        #expect(written.count > 20)
        for tenant in written { #expect(tenant.hasPrefix(harness.tenantPrefix)) }
        #expect(try store.tenants() == [""])
        try await harness.end()
    }

    @Test func aHandleCannotNameAnotherTenant() async throws {
        let harness = store.harness
        let live = harness.makeStore()
        let handle = try #require(try await live.handles(1).first)
        try await handle.append(.user("text"), to: "theirs")
        try await handle.tenant("other").append(.user("text"), to: "one")
        #expect(try store.tenants() == ["", live.tenantPrefix, live.tenantPrefix + "other"])
        try await live.remove()
        #expect(try store.tenants() == [""])
        try await harness.end()
    }

    @Test func aCheckThatFailsOrHangsLeavesNothingBehind() async throws {
        let harness = store.harness
        let failing = Check("example.failing", .a7, why: "An example.") { context in
            for tenant in [nil, "", "a", "\u{e9}", "e\u{301}", "\0"] as [String?] {
                _ = try? await context.open().storage(of: tenant).append(.user("text"), to: "one")
            }
            throw CancellationError()
        }
        #expect(await ConformanceSuite.run(failing, on: harness).isFailure)
        #expect(try store.tenantsThatWereWritten().count == 4)
        #expect(try store.tenants() == [""])

        let (wakeups, wake) = AsyncStream.makeStream(of: Void.self)
        let (lateCalls, lateCall) = AsyncStream.makeStream(of: Bool.self)
        let hanging = Check("example.hanging", .a7, why: "An example.") { context in
            let chats = try await context.open()
            try await chats.append(.user("text"), to: "one")
            // Its body does not listen to cancellation.
            await Task.detached { for await _ in wakeups { break } }.value
            lateCall.yield((try? await chats.append(.user("late"), to: "late")) != nil)
            lateCall.yield((try? await context.open()) != nil)
            lateCall.finish()
        }
        #expect(await ConformanceSuite.run(hanging, on: harness, timeLimit: .milliseconds(200)).isFailure)
        try await harness.end()
        #expect(try store.tenants() == [""])
        wake.yield()
        for await succeeded in lateCalls { #expect(!succeeded, "a check left behind has no store any more") }
        #expect(try store.tenants() == [""])
    }

    @Test func whatIsWrittenWhileTheHandlesAreClosedIsRemovedToo() async throws {
        let (closings, closing) = AsyncStream.makeStream(of: Void.self)
        let (goings, going) = AsyncStream.makeStream(of: Void.self)
        let path = store.path
        let harness = LiveStoreHarness(name: "live") {
            SlowlyClosing(base: try await SQLiteBackend(path: path), closing: closing, goings: goings)
        }
        let handle = try #require(try await harness.makeStore().handles(1).first)
        try await handle.tenant("early").append(.user("text"), to: "one")
        let end = Task { try await harness.end() }
        for await _ in closings { break }
        try await handle.tenant("late").append(.user("text"), to: "one")
        going.finish()
        try await end.value
        #expect(try store.tenants() == [""])
    }

    @Test func whatCannotBeRemovedIsReported() async throws {
        try store.connection().execute(
            "CREATE TRIGGER keep BEFORE DELETE ON conversations BEGIN SELECT RAISE(IGNORE); END")
        let harness = store.harness
        let check = Check("example.writing", .a7, why: "An example.") { context in
            try await context.open().append(.user("text"), to: "one")
        }
        let result = await ConformanceSuite.run(check, on: harness)
        #expect("\(result)".contains("conversations are left in \(harness.tenantPrefix)1/"))
        await #expect(throws: LiveStoreHarness.Leftover.self) { try await harness.end() }
    }
}

/// A database file that holds a conversation already, and that notes which tenants' conversations are made.
private struct StoreInUse {
    private let folder: TemporaryFolder
    var path: String { folder.path(of: "chat.db") }
    let harness: LiveStoreHarness

    init() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path(of: "chat.db")
        let backend = try await SQLiteBackend(path: path)
        try await backend.prepare()
        try await backend.append(.user("kept"), to: "theirs")
        try await backend.close()
        try TestSQLiteConnection(path: path).execute(
            """
            CREATE TABLE written (tenant TEXT);
            CREATE TRIGGER note AFTER INSERT ON conversations BEGIN INSERT INTO written VALUES (new.tenant); END;
            """)
        self.folder = folder
        harness = LiveStoreHarness(name: "live") { try await SQLiteBackend(path: path) }
    }

    func connection() throws -> TestSQLiteConnection { try TestSQLiteConnection(path: folder.path(of: "chat.db")) }

    /// The tenants that have conversations.
    func tenants() throws -> [String] {
        try connection().execute("SELECT DISTINCT tenant FROM conversations ORDER BY tenant").compactMap(\.[0])
    }

    func tenantsThatWereWritten() throws -> [String] {
        try connection().execute("SELECT DISTINCT tenant FROM written").compactMap(\.[0])
    }
}

/// A backend whose `close()` waits until it may go on.
private struct SlowlyClosing: ForwardingBackend {
    let base: SQLiteBackend
    let closing: AsyncStream<Void>.Continuation
    let goings: AsyncStream<Void>

    func close() async throws {
        closing.yield()
        for await _ in goings { break }
        try await base.close()
    }

    func withSnapshot<Result: Sendable>(
        _ body: (any ChatStorageBackend) async throws -> Result
    ) async throws -> Result {
        try await base.withSnapshot(body)
    }
}

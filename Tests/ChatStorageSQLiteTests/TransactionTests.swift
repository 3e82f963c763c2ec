import ChatStorageCore
import ChatStorageSupport
import TestSupport
import Testing

@testable import ChatStorageSQLite

#if canImport(SQLite3)
import SQLite3
#else
import CSQLite
#endif

/// Calls that are committed together: each fails alone.
@Suite struct TransactionTests {
    /// A call that does what it is told and remembers how it was answered.
    private final class ScriptedCall: WriteCall {
        let bytes = 0
        let isWanted = true
        let meter: CallMeter? = nil
        private let work: @Sendable (Database) throws -> Void
        private let answers: Answers
        private let name: String

        init(_ name: String, _ answers: Answers, work: @escaping @Sendable (Database) throws -> Void) {
            self.name = name
            self.answers = answers
            self.work = work
        }

        func begin() -> Bool { true }
        func attempt(_ database: Database) throws { try work(database) }
        func succeed() { answers.add("\(name): done") }
        func fail(_ error: any Error) {
            let known = (error as? SQLiteFailure)?.error ?? error as? ChatStorageError
            let outcome = known?.writeOutcome == .unknown ? ", unknown" : ""
            answers.add("\(name): \(known.map { "\($0.code)" } ?? "\(error)")\(outcome)")
        }
    }

    private let folder: TemporaryFolder
    private let settings: StoreSettings
    private let database: Database
    private let answers = Answers()

    init() async throws {
        folder = try TemporaryFolder()
        let path = folder.path(of: "chat.db")
        let backend = try await SQLiteBackend(path: path)
        try await backend.prepare()
        try await backend.close()
        settings = SQLiteBackend.Configuration(path: path).settings(schema: .current)
        database = try Database(settings, for: .writing)
    }

    private var transaction: Transaction { Transaction(database, busyTimeout: .milliseconds(10), observer: nil) }

    private func append(_ name: String, if condition: AppendCondition = .createIfMissing) -> ScriptedCall {
        ScriptedCall(name, answers) { database in
            _ = try database.append(
                NewMessages([.user(name)], to: ConversationID(name), if: condition), tenant: "")
        }
    }

    private func stored() throws -> [String] {
        try database.conversations(ConversationQuery(limit: 100), after: nil, tenant: "").items
            .map(\.id.rawValue).sorted()
    }

    @Test func aCallThatFailsTakesNothingWithIt() throws {
        let halfDone = ScriptedCall("half", answers) { database in
            _ = try database.append(NewMessages([.user("half")], to: "half"), tenant: "")
            throw ChatStorageError(.conflict, "after its write")
        }
        transaction.run([append("a"), append("missing", if: .exists), halfDone, append("b")])
        #expect(answers.all == ["a: done", "b: done", "missing: conversationNotFound", "half: conflict"])
        #expect(try stored() == ["a", "b"])
    }

    @Test func callsThatComeMeanwhileJoinBeforeTheCommit() throws {
        var coming = [[append("b"), append("missing", if: .exists)], [append("c")]]
        let answers = self.answers
        let observer = try Database(settings, for: .reading)
        transaction.run([append("a")]) {
            #expect(answers.all.isEmpty, "nobody is answered before the commit")
            #expect((try? observer.conversations(ConversationQuery(), after: nil, tenant: "").items.count) == 0)
            return coming.isEmpty ? [] : coming.removeFirst()
        }
        #expect(answers.all == ["a: done", "b: done", "c: done", "missing: conversationNotFound"])
        #expect(try stored() == ["a", "b", "c"])
    }

    @Test func aFailureThatUndoesWritesSparesThoseWhoJoined() throws {
        let halfDone = ScriptedCall("half", answers) { database in
            _ = try database.append(NewMessages([.user("half")], to: "half"), tenant: "")
            throw ChatStorageError(.conflict, "after its write")
        }
        var coming = [[append("b"), halfDone]]
        transaction.run([append("a")]) { coming.isEmpty ? [] : coming.removeFirst() }
        #expect(answers.all == ["a: done", "b: done", "half: conflict"])
        #expect(try stored() == ["a", "b"])
    }

    @Test(arguments: [false, true]) func afterALongTransactionTheNextOneBeginsLater(fails: Bool) throws {
        // As long as a commit takes on a slow disk.
        let slow = ScriptedCall("slow", answers) { database in
            _ = try database.append(NewMessages([.user("slow")], to: "slow"), tenant: "")
            sleepThread(for: .milliseconds(40))
            if fails { throw ChatStorageError(.conflict, "after its write") }
        }
        transaction.run([slow])
        let end = try #require(database.writerRest.end)
        let next = ScriptedCall("next", answers) { _ in #expect(ContinuousClock.now >= end) }
        transaction.run([next])
        #expect(answers.all == ["slow: \(fails ? "conflict" : "done")", "next: done"])
    }

    @Test func whenTheEngineRollsAllBackTheOthersRunAgainAlone() throws {
        let fatal = ScriptedCall("fatal", answers) { database in
            // As SQLite does by itself when the disk is full.
            try database.command(.rollback)
            throw ChatStorageError(.unavailable, "the disk is full")
        }
        transaction.run([append("a"), fatal, append("b")])
        #expect(answers.all == ["fatal: unavailable", "a: done", "b: done"])
        #expect(try stored() == ["a", "b"])
    }

    @Test func aRefusalThatRestedOnWhatWasUndoneIsTakenBack() throws {
        let create = ScriptedCall("create", answers) { database in
            _ = try database.createConversation(NewConversation("x"), tenant: "")
        }
        let again = ScriptedCall("create again", answers) { database in
            _ = try database.createConversation(NewConversation("x"), tenant: "")
        }
        let fatal = ScriptedCall("fatal", answers) { database in
            try database.command(.rollback)
            throw ChatStorageError(.unavailable, "the disk is full")
        }
        transaction.run([create, again, fatal])
        // Both are decided anew after the rollback: what counts is what is there then.
        #expect(answers.all == ["fatal: unavailable", "create: done", "create again: conversationExists"])
        #expect(try stored() == ["x"])
    }

    @Test func aCommitThatFailedForMostReasonsMayBeThere() {
        // BUSY, FULL and CONSTRAINT come before the commit's record is written.
        for code in [Int32(5), 13, 19] { #expect(!SQLiteFailure(code: code).leavesCommitUnknown, "\(code)") }
        // PERM, NOMEM, READONLY, INTERRUPT, IOERR_FSYNC, CANTOPEN, PROTOCOL and what a later version may bring.
        for code in [Int32(3), 7, 8, 9, 1_034, 14, 15, 99] {
            let failure = SQLiteFailure(code: code)
            #expect(failure.leavesCommitUnknown, "\(code)")
            #expect(failure.errorOfUnknownCommit.code == .unavailable, "\(code)")
            #expect(failure.errorOfUnknownCommit.writeOutcome == .unknown, "\(code)")
        }
        #expect(SQLiteFailure(code: 11).errorOfUnknownCommit.code == .damaged)
    }

    @Test func aCommitThatFailedAfterItWasMadeIsNotMadeAgain() throws {
        transaction.run([append("a")])
        let interrupts = ScriptedCall("interrupts", answers) { database in
            // SQLite asks once more when the COMMIT has run, and reports the answer.
            sqlite3_progress_handler(database.handle, 1, { _ in 1 }, nil)
        }
        let joining = append("b")
        transaction.run([joining, interrupts])
        sqlite3_progress_handler(database.handle, 0, nil, nil)
        #expect(answers.all == ["a: done", "b: unavailable, unknown", "interrupts: unavailable, unknown"])
        #expect(try stored() == ["a", "b"])
        #expect(try database.messages(MessageQuery(of: "b", limit: 10), tenant: "").items.map(\.content) == ["b"])
    }

    @Test func whenNoTransactionCanBeginNothingIsAttempted() throws {
        let other = try TestSQLiteConnection(path: folder.path(of: "chat.db"))
        try other.execute("BEGIN IMMEDIATE")
        transaction.run([append("a"), append("b")])
        #expect(answers.all == ["a: unavailable", "b: unavailable"])
        try other.execute("ROLLBACK")
        transaction.run([append("c")])
        #expect(try stored() == ["c"])
    }
}

/// The answers that calls got, in their order.
final class Answers: @unchecked Sendable {
    // A transaction answers its calls on the thread that runs it, the test's own.
    private(set) var all: [String] = []

    func add(_ answer: String) {
        all.append(answer)
    }
}

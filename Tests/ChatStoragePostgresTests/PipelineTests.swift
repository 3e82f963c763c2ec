import Testing

@testable import ChatStoragePostgres

/// The protocol of a connection, played without a network: tickets and answers are names.
@Suite struct PipelineTests {
    typealias TestPipeline = Pipeline<String, String>

    let select = Request.read(PreparedSQL("select", [], "SELECT 1")).script
    let unnamedSelect = Request.read(PreparedSQL(text: "SELECT 1")).script
    let insert = Request.write(PreparedSQL("insert", [], "INSERT"), to: .schema, Parameters()).script
    let clear = Script.transaction(
        [step(PreparedSQL("touch", [], "UPDATE")), step(PreparedSQL("delete", [], "DELETE"))])

    @Test func aStatementIsPreparedOnceOnAConnection() {
        var pipeline = TestPipeline(isBehindPooler: false)
        pipeline.add(select, for: "a")
        #expect(pipeline.sendAll() == ["prepare select_0", "execute select_0", "sync"])
        pipeline.add(select, for: "b")
        #expect(pipeline.sendAll() == ["execute select_0", "sync"])
        #expect(pipeline.nextMessage() == nil)
    }

    /// A pooler gives the session away at the first Sync that is answered, whatever was sent after it.
    @Test("behind a pooler statements are sent as text and one sync at a time")
    func behindAPoolerStatementsAreSent() {
        var pipeline = TestPipeline(isBehindPooler: true)
        pipeline.add(select, for: "a")
        pipeline.add(insert, for: "b")
        #expect(pipeline.sendAll() == ["execute text", "sync"])
        #expect(pipeline.receiveAll([.answer("1"), .end]) == [])
        #expect(pipeline.sendAll() == [])
        #expect(pipeline.receiveAll([.sync]) == ["a: 1"])
        #expect(pipeline.sendAll() == ["execute text", "sync"])
        #expect(pipeline.receiveAll([.answer("2"), .end, .sync]) == ["b: 2"])
    }

    @Test("behind a pooler a commit is sent once its transaction is answered")
    func behindAPoolerACommitIsSentOnce() {
        var pipeline = TestPipeline(isBehindPooler: true)
        pipeline.add(clear, for: "a")
        #expect(pipeline.sendAll() == ["execute text", "execute text", "execute text", "sync"])
        #expect(pipeline.receiveAll([.answer("begin"), .end, .answer("touch"), .end, .answer("delete"), .end]) == [])
        #expect(pipeline.sendAll() == [])
        #expect(pipeline.receiveAll([.sync]) == [])
        #expect(pipeline.sendAll() == ["execute text", "sync"])
        #expect(pipeline.receiveAll([.answer("COMMIT"), .end, .sync]) == ["a: begin touch delete COMMIT"])
    }

    @Test("behind a pooler a transaction whose commit waits was not applied")
    func behindAPoolerATransaction() {
        var pipeline = TestPipeline(isBehindPooler: true)
        pipeline.add(clear, for: "a")
        _ = pipeline.sendAll()
        _ = pipeline.receiveAll([.answer("begin"), .end, .answer("touch"), .end, .answer("delete"), .end, .sync])
        #expect(pipeline.losses() == ["a not applied"])
    }

    @Test("behind a pooler only reads that share the sync join a request")
    func behindAPoolerOnlyReads() {
        var pipeline = TestPipeline(isBehindPooler: true)
        #expect(pipeline.canSendAtOnce(nil))
        for number in 1...TestPipeline.readsPerSync {
            #expect(pipeline.canSendAtOnce(select.shareableStatement))
            pipeline.add(select, for: "\(number)")
            #expect(!pipeline.canSendAtOnce(nil) && !pipeline.canSendAtOnce(PreparedSQL("other", [], "SELECT 2")))
        }
        #expect(!pipeline.canSendAtOnce(select.shareableStatement))
        pipeline = TestPipeline(isBehindPooler: true)
        pipeline.add(select, for: "a")
        _ = pipeline.nextMessage()
        #expect(!pipeline.canSendAtOnce(select.shareableStatement))
        _ = pipeline.sendAll()
        _ = pipeline.receiveAll([.answer("1"), .end, .sync])
        #expect(pipeline.canSendAtOnce(nil))
    }

    @Test("a pooler that is noticed under way gets one sync at a time from then on")
    func aPoolerThatIsNoticedUnderWay() {
        var pipeline = warm()
        for ticket in ["a", "b"] { pipeline.add(insert, for: ticket) }
        #expect(pipeline.sendAll() == ["execute insert_0", "sync", "execute insert_0", "sync"])
        pipeline.add(insert, for: "c")
        pipeline.isBehindPooler = true
        #expect(pipeline.receiveAll([.refusal(error("26000")), .end, .sync]) == ["a refused 26000"])
        #expect(pipeline.sendAll() == [])
        #expect(pipeline.receiveAll([.answer("2"), .end, .sync]) == ["b: 2"])
        #expect(pipeline.sendAll() == ["execute text", "sync"])
        #expect(pipeline.receiveAll([.answer("3"), .end, .sync]) == ["c: 3"])
    }

    @Test func readsThatAreSentTogetherShareASync() {
        var pipeline = warm()
        for ticket in ["a", "b", "c"] { pipeline.add(select, for: ticket) }
        pipeline.add(insert, for: "d")
        pipeline.add(select, for: "e")
        #expect(
            pipeline.sendAll() == [
                "prepare select_0", "execute select_0", "execute select_0", "execute select_0", "sync",
                "execute insert_0", "sync", "execute select_0", "sync",
            ])
        #expect(pipeline.receiveAll([.answer("prepared"), .end, .answer("1"), .end]) == [])
        #expect(pipeline.receiveAll([.answer("2"), .end, .answer("3"), .end]) == [])
        #expect(pipeline.receiveAll([.sync]) == ["a: 1", "b: 2", "c: 3"])
        #expect(pipeline.receiveAll([.answer("4"), .end, .sync, .answer("5"), .end, .sync]) == ["d: 4", "e: 5"])
        #expect(pipeline.count == 0 && !pipeline.expectsReply)
    }

    @Test func onlySoManyReadsShareASync() {
        var pipeline = TestPipeline(isBehindPooler: false)
        for number in 0..<TestPipeline.readsPerSync + 1 { pipeline.add(select, for: "\(number)") }
        let together = Array(repeating: "execute select_0", count: TestPipeline.readsPerSync)
        #expect(pipeline.sendAll() == ["prepare select_0"] + together + ["sync", "execute select_0", "sync"])
    }

    @Test func aReadThatWasSkippedForAnothersErrorIsNotAnswered() {
        var pipeline = TestPipeline(isBehindPooler: true)
        for ticket in ["a", "b", "c", "d"] { pipeline.add(select, for: ticket) }
        _ = pipeline.sendAll()
        #expect(pipeline.receiveAll([.answer("1"), .end, .refusal(error("57014")), .end]) == [])
        #expect(
            pipeline.receiveAll([.skipped, .end, .skipped, .end, .sync])
                == ["a: 1", "b refused 57014", "c skipped", "d skipped"])
        #expect(pipeline.count == 0 && !pipeline.expectsReply)
    }

    @Test func readsOfOtherStatementsShareNoSync() {
        var pipeline = TestPipeline(isBehindPooler: false)
        pipeline.add(select, for: "a")
        pipeline.add(Request.read(PreparedSQL("other", [], "SELECT 2")).script, for: "b")
        #expect(
            pipeline.sendAll().filter { !$0.hasPrefix("prepare") } == [
                "execute select_0", "sync", "execute other_0", "sync",
            ])
    }

    /// What came after it would go to the wrong caller.
    @Test func aSyncBeforeItsTimeEndsTheConnection() {
        var pipeline = TestPipeline(isBehindPooler: true)
        for ticket in ["a", "b", "c"] { pipeline.add(select, for: ticket) }
        _ = pipeline.sendAll()
        #expect(pipeline.receiveAll([.answer("1"), .end, .sync]) == ["close"])
        #expect(pipeline.losses().map { $0.prefix(1) } == ["a", "b", "c"])
    }

    /// Otherwise a refused call would have the store believe in a pooler for good.
    @Test("a statement that was not prepared because of an error is no sign of a pooler")
    func aStatementThatAnErrorKept() throws {
        var pipeline = TestPipeline(isBehindPooler: false)
        let write = Request.write(PreparedSQL("write", [], "SELECT 1"), to: .schema, Parameters()).script
        for ticket in ["a", "b"] { pipeline.add(write, for: ticket) }
        #expect(pipeline.sendAll() == ["prepare write_0", "execute write_0", "sync", "execute write_0", "sync"])
        #expect(pipeline.receiveAll([.refusal(error("57014")), .end, .skipped, .end, .sync]) == ["a refused 57014"])
        _ = pipeline.receive(.refusal(error("26000")))
        _ = pipeline.receive(.end)
        guard case .refused("b", let error)? = pipeline.receive(.sync).first else {
            Issue.record("b is not refused")
            return
        }
        #expect(error.isStatementOutdated && !error.isOfSharedSession)
    }

    /// A short answer does not wait until a long one behind it is whole.
    @Test func finishedReadsCanEndBeforeTheSyncThatTheyShare() {
        var pipeline = TestPipeline(isBehindPooler: false)
        for ticket in ["a", "b", "c", "d"] { pipeline.add(unnamedSelect, for: ticket) }
        for _ in 1...3 { _ = pipeline.nextMessage() }
        #expect(pipeline.receiveAll([.answer("1"), .end, .answer("2"), .end]) == [])
        #expect(pipeline.endAllFinished() == ["a: 1", "b: 2"])
        #expect(pipeline.endAllFinished() == [] && pipeline.count == 2)
        // What is sent and received goes on where it was.
        #expect(pipeline.sendAll() == ["execute text", "sync"])
        #expect(pipeline.receiveAll([.answer("3"), .end, .answer("4"), .end]) == [])
        #expect(pipeline.receiveAll([.sync]) == ["c: 3", "d: 4"])
        #expect(pipeline.count == 0 && !pipeline.expectsReply)
    }

    @Test func aReadThatHasNotItsWholeAnswerDoesNotEnd() {
        var pipeline = TestPipeline(isBehindPooler: false)
        for ticket in ["a", "b"] { pipeline.add(unnamedSelect, for: ticket) }
        _ = pipeline.sendAll()
        #expect(pipeline.receiveAll([.answer("1")]) == [])
        #expect(pipeline.endAllFinished() == [])
        #expect(pipeline.receiveAll([.end, .refusal(error("57014")), .end]) == [])
        // The last has its Sync to wait for.
        #expect(pipeline.endAllFinished() == ["a: 1"])
        #expect(pipeline.losses() == ["b refused 57014"])
    }

    @Test("a read whose preparation failed for another is prepared again")
    func aReadWhosePreparationFailed() {
        var pipeline = TestPipeline(isBehindPooler: false)
        pipeline.add(select, for: "a")
        pipeline.add(select, for: "b")
        _ = pipeline.sendAll()
        let replies: [TestPipeline.Reply] = [.refusal(error("42P01")), .end, .skipped, .end]
        #expect(pipeline.receiveAll(replies) == [])
        #expect(pipeline.receiveAll([.skipped, .end, .sync]) == ["a refused 42P01", "b skipped"])
        pipeline.add(select, for: "b")
        #expect(pipeline.sendAll() == ["prepare select_1", "execute select_1", "sync"])
    }

    @Test func whatSetsUpASessionSharesItsSyncWithNobody() throws {
        let setUp = SessionSetUp(lockWait: .seconds(1), statementTimeout: .seconds(2), backendPID: 1).script
        var pipeline = TestPipeline(isBehindPooler: false)
        for (request, ticket) in [(select, "a"), (setUp, "session"), (select, "b")] {
            pipeline.add(request, for: ticket)
        }
        #expect(pipeline.sendAll().filter { $0 == "sync" }.count == 3)
    }

    /// On a broken connection libpq can report the end of an answer that never came.
    @Test func anEndWithoutAnAnswerBeforeItEndsNothing() {
        var pipeline = TestPipeline(isBehindPooler: true)
        for ticket in ["a", "b"] { pipeline.add(select, for: ticket) }
        _ = pipeline.sendAll()
        #expect(pipeline.receiveAll([.end, .answer("1"), .end, .end]) == [])
        #expect(pipeline.receiveAll([.end, .answer("2"), .end, .sync]) == ["a: 1", "b: 2"])
    }

    /// On a broken connection libpq once returned a result without its rows.
    @Test func anAnswerWhoseSyncIsMissingIsNone() {
        var pipeline = TestPipeline(isBehindPooler: true)
        for ticket in ["a", "b", "c"] { pipeline.add(select, for: ticket) }
        _ = pipeline.sendAll()
        #expect(pipeline.receiveAll([.answer("1"), .end]) == [])
        #expect(pipeline.losses().map { $0.prefix(1) } == ["a", "b", "c"])
    }

    @Test func answersGoToThoseWhoAskedInOrder() {
        var pipeline = TestPipeline(isBehindPooler: false)
        pipeline.add(select, for: "a")
        pipeline.add(clear, for: "b")
        pipeline.add(select, for: "c")
        _ = pipeline.sendAll()
        #expect(pipeline.receiveAll([.answer("prepared"), .end, .answer("1"), .end, .sync]) == ["a: 1"])
        // Four statements, prepared one by one; the last has a Sync of its own.
        let statements: [TestPipeline.Reply] = ["begin", "touch", "delete"].flatMap { answer in
            [.answer("prepared"), .end, .answer(answer), .end] as [TestPipeline.Reply]
        }
        #expect(pipeline.receiveAll(statements + [.sync]) == [])
        #expect(pipeline.count == 2)
        #expect(
            pipeline.receiveAll([.answer("prepared"), .end, .answer("COMMIT"), .end, .sync])
                == ["b: begin touch delete COMMIT"])
        #expect(pipeline.receiveAll([.answer("3"), .end, .sync]) == ["c: 3"])
        #expect(pipeline.count == 0 && !pipeline.expectsReply)
    }

    @Test func anErrorIsItsOwnRequestsAlone() {
        var pipeline = warm()
        pipeline.add(insert, for: "a")
        pipeline.add(insert, for: "b")
        _ = pipeline.sendAll()
        #expect(pipeline.receiveAll([.refusal(error("23505")), .end, .sync]) == ["a refused 23505"])
        #expect(pipeline.receiveAll([.answer("ok"), .end, .sync]) == ["b: ok"])
    }

    @Test func aCommitThatFailsAfterItsRowsIsAnError() {
        var pipeline = warm()
        pipeline.add(insert, for: "a")
        _ = pipeline.sendAll()
        let replies: [TestPipeline.Reply] = [.answer("row"), .end, .refusal(error("23505")), .end, .sync]
        #expect(pipeline.receiveAll(replies) == ["a refused 23505"])
    }

    @Test("a transaction that fails is an error although commit answers")
    func aTransactionThatFailsIsAnError() {
        var pipeline = warm()
        pipeline.add(clear, for: "a")
        _ = pipeline.sendAll()
        #expect(pipeline.receiveAll([.answer("begin"), .end, .refusal(error("55P03")), .end, .skipped, .end]) == [])
        #expect(pipeline.receiveAll([.sync, .answer("ROLLBACK"), .end, .sync]) == ["a refused 55P03"])
    }

    @Test func theRestOfALongRequestIsNotSentAfterAnError() {
        var pipeline = warm()
        let steps = (1...5).map { step(PreparedSQL(text: "INSERT \($0)")) }
        pipeline.add(.transaction(steps), for: "a")
        for _ in 1...3 { _ = pipeline.nextMessage() }
        #expect(pipeline.receiveAll([.answer("begin"), .end, .refusal(error("23505")), .end, .skipped, .end]) == [])
        // Its Sync, then COMMIT, which ends the failed transaction.
        #expect(pipeline.sendAll() == ["sync", "execute chatstorage_commit_0", "sync"])
        #expect(pipeline.receiveAll([.sync, .answer("ROLLBACK"), .end, .sync]) == ["a refused 23505"])
    }

    @Test("behind a pooler a failed transaction is ended once it is answered")
    func behindAPoolerAFailed() {
        var pipeline = TestPipeline(isBehindPooler: true)
        pipeline.add(clear, for: "a")
        for _ in 1...2 { _ = pipeline.nextMessage() }
        #expect(pipeline.receiveAll([.answer("begin"), .end, .refusal(error("55P03")), .end]) == [])
        #expect(pipeline.sendAll() == ["sync"])
        #expect(pipeline.receiveAll([.sync]) == [])
        #expect(pipeline.sendAll() == ["execute text", "sync"])
        #expect(pipeline.receiveAll([.answer("ROLLBACK"), .end, .sync]) == ["a refused 55P03"])
    }

    @Test("a statement that is gone is prepared again under another name")
    func aStatementThatIsGoneIsPrepared() {
        var pipeline = warm()
        pipeline.add(insert, for: "a")
        pipeline.add(insert, for: "b")
        _ = pipeline.sendAll()
        #expect(pipeline.receiveAll([.refusal(error("26000")), .end, .sync]) == ["a refused 26000"])
        pipeline.add(insert, for: "a")
        #expect(pipeline.sendAll() == ["prepare insert_1", "execute insert_1", "sync"])
        // The second one's error is about the old name; the new one stays.
        #expect(pipeline.receiveAll([.refusal(error("26000")), .end, .sync]) == ["b refused 26000"])
        pipeline.add(insert, for: "b")
        #expect(pipeline.sendAll() == ["execute insert_1", "sync"])
    }

    @Test func aStatementThatCouldNotBePreparedIsPreparedAgain() {
        var pipeline = TestPipeline(isBehindPooler: false)
        pipeline.add(insert, for: "a")
        _ = pipeline.sendAll()
        let replies: [TestPipeline.Reply] = [.refusal(error("42P01")), .end, .skipped, .end, .sync]
        #expect(pipeline.receiveAll(replies) == ["a refused 42P01"])
        pipeline.add(insert, for: "b")
        #expect(pipeline.sendAll().first == "prepare insert_1")
    }

    /// A connection on which the statements of `insert` and `clear` were prepared before.
    func warm() -> TestPipeline {
        var pipeline = TestPipeline(isBehindPooler: false)
        for request in [insert, clear] {
            pipeline.add(request, for: "warm")
            let messages = pipeline.sendAll()
            _ = pipeline.receiveAll(
                messages.flatMap { message -> [TestPipeline.Reply] in
                    message == "sync" ? [.sync] : [.answer("ok"), .end]
                })
        }
        return pipeline
    }

    func error(_ sqlState: String, isFatal: Bool = false) -> ServerError {
        ServerError(sqlState: sqlState, isFatal: isFatal)
    }
}

private func step(_ statement: PreparedSQL) -> Script.Step {
    Script.Step(statement: statement, bytes: 0) { Parameters() }
}

extension Pipeline<String, String> {
    mutating func sendAll() -> [String] {
        var messages: [String] = []
        while let message = nextMessage() {
            switch message {
            case .prepare(let name, _): messages.append("prepare \(name)")
            case .execute(let name, _): messages.append("execute \(name ?? "text")")
            case .sync: messages.append("sync")
            }
        }
        return messages
    }

    mutating func receiveAll(_ replies: [Reply]) -> [String] {
        Self.names(replies.flatMap { receive($0) })
    }

    mutating func endAllFinished() -> [String] { Self.names(endFinished()) }

    private static func names(_ actions: [Action]) -> [String] {
        actions.map { action in
            switch action {
            case .answered(let ticket, let answers): "\(ticket): \(answers.joined(separator: " "))"
            case .refused(let ticket, let error): "\(ticket) refused \(error.sqlState)"
            case .skipped(let ticket): "\(ticket) skipped"
            case .close: "close"
            }
        }
    }

    mutating func losses() -> [String] {
        lost().map { ticket, loss in
            switch loss {
            case .notApplied(let error): "\(ticket) not applied" + (error.map { " \($0.sqlState)" } ?? "")
            case .refused(let error): "\(ticket) refused \(error.sqlState)"
            case .unknown: "\(ticket) unknown"
            }
        }
    }
}

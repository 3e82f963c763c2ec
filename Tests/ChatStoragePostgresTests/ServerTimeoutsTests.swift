import ChatStorageCore
import Testing

@testable import ChatStoragePostgres

/// How long the server waits for locks and works on statements.
@Suite struct ServerTimeoutsTests {
    @Test("by default a lock is waited for briefly and the statement's time is as configured")
    func byDefaultALockIsWaited() {
        let timeouts = PostgresBackend.Configuration(url: "").serverTimeouts
        #expect(timeouts.lockWait == .milliseconds(250))
        #expect(timeouts.statement() == .seconds(30))
        #expect(timeouts.statement(bytes: 64 << 20) == .seconds(30))
    }

    @Test(arguments: [100, 1_000, 5_000, 60_000, 600_000])
    func theServersTimeoutsEndBeforeTheCalls(callTimeout: Int) {
        let call = Duration.milliseconds(callTimeout)
        for timeout in [Duration.zero, .milliseconds(40), .seconds(5), .seconds(10_000)] {
            let timeouts = ServerTimeouts(callTimeout: call, lockTimeout: timeout, statementTimeout: timeout)
            #expect(
                timeouts.lockWait < call && timeouts.statement() < call && timeouts.statement() >= timeouts.lockWait)
            if timeout != .zero { #expect(timeouts.lockWait <= timeout && timeouts.statement() <= timeout) }
            let longest = timeouts.lockWait(after: .zero, remaining: call, isAtLength: true)
            #expect(longest < call && (timeout != .zero || longest < timeouts.statement()))
            // A large call has more time, and so has the server.
            #expect(timeouts.statement(bytes: 5 << 20) < call + .seconds(5))
            if timeout == .zero { #expect(timeouts.statement(bytes: 5 << 20) == timeouts.statement() + .seconds(5)) }
        }
    }

    @Test func theWholeLockTimeoutIsWaitedAndNotMore() {
        let timeouts = ServerTimeouts(callTimeout: .seconds(60), lockTimeout: .seconds(5), statementTimeout: .zero)
        var waited = Duration.zero
        var waits: [Duration] = []
        while !timeouts.isOver(after: waited, remaining: .seconds(60) - waited) {
            let isAtLength = waits.count == 2
            waits.append(timeouts.lockWait(after: waited, remaining: .seconds(60) - waited, isAtLength: isAtLength))
            waited += waits.last ?? .zero
        }
        #expect(waits == [.milliseconds(250), .milliseconds(250), .milliseconds(4_500)])
        #expect(waited == .seconds(5))
    }

    /// Each of them may wait for a lock of its own, and the last is still to be done in time.
    @Test(arguments: [100, 1_000, 60_000])
    func writesBehindEachOtherLeaveHalfACallsTime(callTimeout: Int) {
        let call = Duration.milliseconds(callTimeout)
        let timeouts = ServerTimeouts(callTimeout: call, lockTimeout: .seconds(5), statementTimeout: .zero)
        #expect(timeouts.writesPerConnection >= 1)
        #expect(timeouts.lockWait * timeouts.writesPerConnection <= call / 2)
    }

    @Test func aWaitEndsBeforeTheCallDoes() {
        let timeouts = ServerTimeouts(callTimeout: .seconds(1), lockTimeout: .seconds(5), statementTimeout: .zero)
        let wait = timeouts.lockWait(after: .milliseconds(500), remaining: .milliseconds(400), isAtLength: true)
        #expect(wait == .milliseconds(200))
        #expect(!timeouts.isOver(after: .milliseconds(500), remaining: .milliseconds(201)))
        #expect(timeouts.isOver(after: .milliseconds(800), remaining: .milliseconds(200)))
        // What is sent late waits for no longer than it takes to ask.
        #expect(timeouts.lockWait(after: .zero, remaining: .zero, isAtLength: true) == .milliseconds(1))
    }

    @Test func aLockTimeoutBelowTheBriefWaitCounts() {
        let timeouts = ServerTimeouts(
            callTimeout: .seconds(60), lockTimeout: .milliseconds(50), statementTimeout: .zero)
        #expect(timeouts.lockWait == .milliseconds(50))
        #expect(timeouts.isOver(after: timeouts.lockWait, remaining: .seconds(59)))
    }

    @Test func timeoutsStandWhereTheyHoldForTheTransaction() throws {
        let insert = Request.write(PreparedSQL("insert", [], "INSERT"), to: .schema, Parameters()).script
        let touch = Script.Step(statement: PreparedSQL("touch", [], "UPDATE"), bytes: 0) { Parameters() }
        let clear = Script.transaction([touch, touch])
        for (script, names) in [
            (insert, ["chatstorage_set_timeouts", "insert"]),
            (clear, ["chatstorage_begin", "chatstorage_set_timeouts", "touch", "touch"]),
        ] {
            let sent = script.with(lockWait: .seconds(1), statementTimeout: .seconds(2))
            #expect(sent.groups[0].compactMap(\.statement.name) == names)
            #expect(sent.groups.count == script.groups.count && sent.isWrite)
            #expect(sent.answersBeforeCommit == script.answersBeforeCommit + 1)
        }
    }
}

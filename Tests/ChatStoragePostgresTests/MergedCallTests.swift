import ChatStorageCore
import ChatStorageSupport
import Testing

@testable import ChatStoragePostgres

/// A call that carries several callers' writes.
@Suite struct MergedCallTests {
    private let statements = Statements(SchemaName(name: "s"))

    @Test func oneAppendStaysTheSimpleStatement() {
        #expect(Call(merging: [call("a")]) == nil)
        #expect(Call(merging: []) == nil)
        let merged = Call(merging: [call("b"), call("a"), call("b")])
        #expect(merged?.request.script.groups.first?.first?.statement === statements.appendBatch.lean)
        #expect(merged?.keys == [key("a"), key("b")] && merged?.members.count == 3)
    }

    @Test("what was sent when the connection went is unknown to each and never repeated")
    func whatWasSentWhenTheConnection() throws {
        let merged = try #require(Call(merging: [call("a"), call("b")]))
        for member in merged.members {
            guard case .failed(let error) = member.verdict(on: .unknown) else {
                Issue.record("a write of unknown outcome would be repeated")
                continue
            }
            #expect(error.code == .unavailable && error.writeOutcome == .unknown)
            guard case .again = member.verdict(on: .notApplied(nil)) else {
                Issue.record("a write that was not applied is not repeated")
                continue
            }
        }
    }

    @Test func aPoolersOwnErrorLeavesTheOutcomeOfWritesUnknown() throws {
        let merged = try #require(Call(merging: [call("a"), call("b")]))
        let error = ServerError(sqlState: "08006")
        for call in [merged, call("c")] {
            let verdicts = call.verdicts(on: error, isBehindPooler: true).map(\.verdict)
            #expect(verdicts.count == call.members.count)
            for verdict in verdicts {
                guard case .failed(let error) = verdict else {
                    Issue.record("a write that may have happened would be repeated")
                    continue
                }
                #expect(error.code == .unavailable && error.writeOutcome == .unknown)
            }
        }
        // From the server itself it is proof.
        guard case .failed(let own)? = call("c").verdicts(on: error, isBehindPooler: false).first?.verdict else {
            Issue.record("no error")
            return
        }
        #expect(own.writeOutcome == .notApplied)
    }

    @Test("appends that were refused together are halved until each goes alone")
    func appendsThatWereRefusedTogether() throws {
        var calls = (0..<200).map { call("\($0)") }
        var sizes: [Int] = []
        while let merged = Call(merging: calls) {
            calls = merged.verdicts(on: ServerError(sqlState: "23514"), isBehindPooler: false).map(\.call)
            let limit = try #require(calls.first?.mergeLimit)
            sizes.append(limit)
            #expect(calls.allSatisfy { $0.isMergeable == (limit > 1) })
            calls = Array(calls.prefix(limit))
        }
        #expect(sizes == [100, 50, 25, 13, 7, 4, 2, 1])
    }

    /// The server may have committed before the pooler lost it.
    @Test("a pooler's own error leaves the outcome unknown in later attempts")
    func aPoolersOwnErrorLeaves() async throws {
        let error = await #expect(throws: ChatStorageError.self) {
            _ = try await CancellableContinuation<Call.Answer>.wait { pending in
                let step = Request.Step(statement: PreparedSQL(text: "SELECT 1"), bytes: 0) { Parameters() }
                let request = Request(groups: [[step]], .write(.schema), isRepeatable: true)
                var call = Call(request, purpose: .caller(pending), deadline: .now + .seconds(60))
                _ = call.begin()
                let verdicts = call.verdicts(on: ServerError(sqlState: "08006"), isBehindPooler: true)
                verdicts.first?.call.fail(ChatStorageError(.unavailable, "no connection").beforeWriting)
            }
        }
        #expect(error?.writeOutcome == .unknown)
    }

    @Test func whatIsNobodysFaultIsTriedAgainTogether() throws {
        for sqlState in ["26000", "42P05", "40001", "40P01"] {
            let merged = try #require(Call(merging: (0..<20).map { call("\($0)") }))
            let verdicts = merged.verdicts(on: ServerError(sqlState: sqlState), isBehindPooler: false)
            var delays: [Duration] = []
            for case (let call, .again(let delay)) in verdicts {
                #expect(call.isMergeable && call.mergeLimit == .max)
                delays.append(delay)
            }
            #expect(verdicts.count == 20 && delays.count == 20 && Set(delays).count == 1, "\(sqlState)")
        }
    }

    @Test func anAppendThatIsTooLargeGoesAlone() {
        #expect(call("a").isMergeable && call("a").canMerge(with: call("b")))
        #expect(call("a", messages: 256).isMergeable && !call("a", messages: 257).isMergeable)
        let other = Append(MessageValues([.user("x")]), to: key("a"), Statements(SchemaName(name: "other")))
        #expect(!call("a").canMerge(with: call(other)))
    }

    private func call(_ id: String, messages: Int = 1) -> Call {
        call(Append(MessageValues((0..<messages).map { .user("\($0)") }), to: key(id), statements))
    }

    private func call(_ append: Append) -> Call {
        Call(append.request, purpose: .session, deadline: .now)
    }
}

private func key(_ id: String) -> ConversationKey { ConversationKey(tenant: "", id: ConversationID(id)) }

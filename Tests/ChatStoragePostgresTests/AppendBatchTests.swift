import ChatStorageCore
import Testing

@testable import ChatStoragePostgres

/// What one statement for several callers takes and gives.
@Suite struct AppendBatchTests {
    private let statements = Statements(SchemaName(name: "s"))
    private let time = Timestamp(microsecondsSinceEpoch: 5)
    private let created = Timestamp(microsecondsSinceEpoch: 3)

    @Test("callers of one conversation get their sequences in their order")
    func callersOfOneConversationGet() throws {
        let merged = merged([append(2, to: "b"), append(1, to: "a"), append(3, to: "b")])
        #expect(merged.keys == [key("a"), key("b")])
        // Rows come in any order.
        let results = merged.results([row(2, last: 25), row(1, last: 1)], stored: 6)
        #expect(try results.map { try $0.get()?.firstSequence } == [21, 1, 23])
        #expect(try results.map { try $0.get()?.time } == [time, time, time])
        #expect(try results.map { try $0.get()?.conversationCreatedAt } == [created, created, created])
    }

    @Test func aRowThatCannotBeReadIsItsOwnCallersErrorAlone() {
        let merged = merged([append(1, to: "a"), append(1, to: "b")])
        let unreadable = AppendBatch.Row(number: 1, state: .failure(Appended.damage))
        let results = merged.results([unreadable, row(2, last: 7)], stored: 2)
        #expect(throws: ChatStorageError.self) { try results[0].get() }
        #expect((try? results[1].get()?.firstSequence) == 7)
    }

    @Test func anAnswerThatIsNotWholeIsDamageForAll() {
        let merged = merged([append(1, to: "a"), append(1, to: "b")])
        for (rows, stored) in [([row(1, last: 1)], 2), ([row(1, last: 1), row(2, last: 1)], 1)] {
            for result in merged.results(rows, stored: Int64(stored)) {
                #expect(throws: ChatStorageError.self) { try result.get() }
            }
        }
    }

    @Test("a conversation that was left out is its own caller's matter alone")
    func aConversationThatWasLeftOut() throws {
        let merged = merged([append(1, to: "a"), append(2, to: "b"), append(1, to: "a")])
        let leftOut = AppendBatch.Row(number: 1, isLeftOut: true, state: .failure(Appended.damage))
        let results = merged.results([row(2, last: 7), leftOut], stored: 2)
        #expect(try results.map { try $0.get()?.firstSequence } == [nil, 6, nil])
    }

    @Test func oneMessageWithPartsMakesAllOfThemGoThatWay() {
        func sql(_ appends: [Append]) -> String? { merged(appends).request.script.groups[0][0].statement.name }
        let plain = append(1, to: "a")
        let parts = Append(
            MessageValues([ChatMessage(role: .user, parts: [.text("a"), .text("b")])]),
            to: ConversationKey(tenant: "", id: "a"), statements)
        #expect(sql([plain, plain]) == statements.appendBatch.lean.name)
        #expect(sql([plain, parts]) == statements.appendBatch.rich.name)
    }

    @Test func conversationsAreInTheOrderOfTheirBytes() {
        let ids = ["é", "e\u{301}", "z", "Z", "a"]
        let merged = merged(
            ids.flatMap { id in ["", "B", "a"].map { append(1, to: id, tenant: $0) } })
        let expected = merged.keys.sorted { left, right in
            (Array(left.tenant.utf8) + [0] + Array(left.id.rawValue.utf8)).lexicographicallyPrecedes(
                Array(right.tenant.utf8) + [0] + Array(right.id.rawValue.utf8))
        }
        #expect(merged.keys == expected && expected.count == 15)
    }

    private func merged(_ appends: [Append]) -> AppendBatch { AppendBatch(appends, statements.appendBatch) }

    private func append(_ messages: Int, to id: String, tenant: String = "") -> Append {
        Append(
            MessageValues((0..<messages).map { .user("\($0)") }),
            to: ConversationKey(tenant: tenant, id: ConversationID(id)), statements)
    }

    private func row(_ number: Int64, last: Int64) -> AppendBatch.Row {
        AppendBatch.Row(
            number: number,
            state: .success(.init(lastSequence: last, time: time, createdAt: created, clearedThrough: 0)))
    }
}

private func key(_ id: String) -> ConversationKey { ConversationKey(tenant: "", id: ConversationID(id)) }

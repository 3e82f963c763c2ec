import ChatStorageCore
import ChatStorageSQLite
import TestSupport
import Testing

/// What branches, removal and answers under way leave in the rows.
@Suite struct BranchTests: SQLiteSuite {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func tree() throws -> [String] {
        let connection = try TestSQLiteConnection(path: path)
        return try connection.execute("SELECT sequence, parent FROM chat_messages ORDER BY 1").map { row in
            (row[0] ?? "") + (row[1].map { "<\($0)" } ?? "")
        }
            + connection.execute("SELECT head, is_branched FROM readable_conversations").map {
                "\($0[0] ?? "-") \($0[1] ?? "")"
            }
    }

    /// NULL stands for the message before it, and for nothing else, whatever was branched and removed.
    @Test func aRowNamesOnlyAPredecessorThatIsNotTheOneBefore() async throws {
        let backend = try await open()
        try await backend.append((1...4).map { .user("\($0)") }, to: "c")
        try await backend.append(NewMessages([.user("5")], to: "c", .after(4)))
        #expect(try tree() == ["1", "2", "3", "4", "5", "- 0"])
        try await backend.append(NewMessages([.user("6"), .user("7")], to: "c", .insteadOf(3)))
        #expect(try tree() == ["1", "2", "3", "4", "5", "6<2", "7", "- 1"])
        try await backend.updateConversation("c", .head(4))
        try await backend.append(.user("8"), to: "c")
        #expect(try tree() == ["1", "2", "3", "4", "5", "6<2", "7", "8<4", "- 1"])
        // 8 follows 2 then, and 6 the message before it.
        #expect(try await backend.removeMessages(MessageRemoval(.messages([3, 4, 5]), of: "c")) == 3)
        #expect(try tree() == ["1", "2", "6", "7", "8<2", "- 1"])
        #expect(try await backend.removeMessages(MessageRemoval(.from(6), of: "c")) == 2)
        #expect(try tree() == ["1", "2", "8", "- 0"])
        #expect(try await backend.messages(MessageQuery(of: "c")).through == nil)
        try await backend.updateConversation("c", .head(0))
        #expect(try tree() == ["1", "2", "8", "0 1"])
        // The newest is the head again, and nothing branches.
        try await backend.append(NewMessages([.user("9")], to: "c", .after(8)))
        #expect(try tree() == ["1", "2", "8", "9", "- 0"])
        #expect(try await backend.clearMessages(of: "c") == 4)
        #expect(try tree() == ["- 0"])
        try await backend.close()
    }

    /// Two stores write one tree, as two processes do: it stays one, and every message is where its append said.
    @Test func writersOfTwoStoresLeaveASoundTree() async throws {
        let stores = [try await open(), try await open()]
        try await stores[0].append((1...6).map { .user("\($0)") }, to: "c")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                let store = stores[writer % 2]
                group.addTask {
                    for number in 0..<40 {
                        let sequence = Int64((number * 7 + writer * 5) % 40)
                        do {
                            switch (number + writer) % 6 {
                            case 0: try await store.updateConversation("c", .head(sequence))
                            case 1: try await store.removeMessages(MessageRemoval(.messages([sequence]), of: "c"))
                            case 2 where number % 4 == 0:
                                try await store.removeMessages(MessageRemoval(.from(sequence), of: "c"))
                            case 3: try await store.updateConversation("c", .show(branch: sequence))
                            default:
                                let new = NewMessages(
                                    [.user("x"), .assistant("y")], to: "c", .after(sequence), movesHead: number % 3 > 0)
                                let stored = try await store.append(new).messages
                                #expect(stored[0].predecessor ?? sequence == sequence)
                                // If it names none, it follows the stored message before it: none is left in between.
                                let between = stored[0].predecessor == nil ? sequence + 1..<stored[0].sequence : 0..<0
                                let left = try await store.messages(MessageQuery(of: "c", .sequences(Array(between))))
                                #expect(left.items.isEmpty)
                                #expect(stored[1].predecessor == nil)
                            }
                        } catch let error as ChatStorageError where error.code == .messageNotFound {
                            continue
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try TreeRows.contradictions(in: path) == [])
        for store in stores { try await store.close() }
    }

    /// An end that is on its way is written before the store refuses calls.
    @Test func closingWaitsForEndsOfAnswers() async throws {
        let backend = try await open()
        let new = NewMessages([.assistant("")], to: "c", isStreaming: true)
        let answer = try #require(try await backend.append(new).messages.first)
        backend.endingAnswers.begin()
        async let closed: Void = backend.close()
        for _ in 0..<20 { await Task.yield() }
        try await backend.tenant("other").append(.user("still open"), to: "c")
        let ended = try await backend.reviseMessage(MessageRevision(of: answer, state: .stopped))
        #expect(ended.state == .stopped && ended.revision == 2)
        backend.endingAnswers.end()
        try await closed
        await expectError(.closed) { try await backend.conversation("c")?.id }
    }

    /// Over tenants, in pages, by bytes; what was written lately or has ended is not among them.
    @Test func unfinishedAnswersComeInPagesOfAllTenants() async throws {
        let backend = try await open()
        for (tenant, id) in [("é", "b"), ("t", "z"), ("t", "a"), (nil, "m")] as [(String?, ConversationID)] {
            let handle = tenant.map(backend.tenant) ?? backend.defaultTenant
            for _ in 0..<2 {
                try await handle.append(NewMessages([.user("q"), .assistant("")], to: id, isStreaming: true))
            }
        }
        var query = UnfinishedQuery(notRevisedFor: .zero, limit: 3)
        var found: [String] = []
        repeat {
            let page = try await backend.unfinishedMessages(query)
            #expect(page.items.count <= 3)
            found += page.items.map { "\($0.tenant ?? "-") \($0.message.conversationID) \($0.message.sequence)" }
            query.after = page.next
        } while query.after != nil
        #expect(found == ["- m 2", "- m 4", "t a 2", "t a 4", "t z 2", "t z 4", "é b 2", "é b 4"])
        #expect(try await backend.unfinishedMessages(UnfinishedQuery(notRevisedFor: .seconds(1_000_000))).items.isEmpty)
        #expect(try await backend.endUnfinishedMessages(notRevisedFor: .zero) == 8)
        #expect(try await backend.unfinishedMessages(UnfinishedQuery(notRevisedFor: .zero)).items.isEmpty)
        try await backend.close()
    }
}

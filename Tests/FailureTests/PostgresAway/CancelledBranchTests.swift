import ChatStorageConformance
import ChatStorageCore
import ChatStoragePostgres
import Foundation
import TestSupport
import Testing

@testable import FailureWriter

extension PostgresAwayTests {
    /// Callers that edit, go back, remove and write answers, and do not wait for the replies.
    ///
    /// `make test-everywhere` runs this behind PgBouncer too.
    @Suite("cancelled calls on branches") struct CancelledBranchTests {
        private static let conversations = 8

        @Test("calls on branches are cancelled at random among 64 callers")
        func cancelled() async throws {
            guard try TestBackends.postgres.isSelected() else { return }
            let isBehindPooler = ProcessInfo.processInfo.environment["CHATSTORAGE_TEST_POSTGRES_POOLER"] == "1"
            try await TestPostgres.withSchema { url, schema in
                let backend = try await PostgresAwayTests.open(url, schema: schema) {
                    $0.isBehindPooler = isBehindPooler
                }
                let ids = (0..<Self.conversations).map { ConversationID("c\($0)") }
                for id in ids { try await backend.append(.user("first", key: "first"), to: id) }
                var figures = Figures("cancelled calls on branches, PostgreSQL")
                var generator = SplitMix64(seed: try SoakCount.seed &+ 3)
                let cancels = try SoakCount.cancels.value
                var callers: [ImpatientCaller] = []
                while figures.faults < cancels {
                    let run = callers.count / 64
                    callers += try await withThrowingTaskGroup(of: ImpatientCaller.self) { group in
                        for number in 0..<64 {
                            let caller = ImpatientCaller(
                                "\(run).\(number)", of: ids[number % ids.count], backend,
                                isPatient: (number / ids.count).isMultiple(of: 4), seed: generator.next())
                            group.addTask {
                                var caller = caller
                                try await caller.call(count: 12)
                                return caller
                            }
                        }
                        return try await group.reduce(into: []) { $0.append($1) }
                    }
                    figures.faults = callers.reduce(0) { $0 + $1.cancelled }
                }
                try await backend.close()
                try await compare(.postgres(url: url, schema: schema), ids, callers, &figures)
                figures.report()
            }
        }

        private func compare(
            _ store: TestedStore, _ ids: [ConversationID], _ callers: [ImpatientCaller], _ figures: inout Figures
        ) async throws {
            let stored = try #require(try await store.readAllBranches())
            let rows = try await HeldStore(store)
            for id in ids {
                let messages = stored[id.rawValue] ?? []
                let tree = try #require(try rows.storedTree(id))
                let conversation = try await rows.handles[0].conversation(id)
                #expect(tree.faults + tree.differences(from: conversation, messages) == [], "\(id)")
                let here = callers.filter { $0.id == id }
                let keys = messages.compactMap(\.key)
                let found = Dictionary(messages.map { ($0.key ?? "", $0) }) { first, _ in first }
                var lost = 0
                for caller in here {
                    lost += caller.acknowledged.count { found[$0.key]?.sequence != $0.value }
                    #expect(caller.removed.allSatisfy { found[$0] == nil }, "what was removed is there")
                    if let answer = caller.answer {
                        lost += found[answer.key ?? ""]?.content == answer.content ? 0 : 1
                    }
                }
                figures.add(
                    here.reduce(0) { $0 + $1.answered }, lost: lost, doubled: keys.count - Set(keys).count)
            }
            try await rows.close()
        }
    }
}

import ChatStorageCore
import TestSupport
import Testing

@testable import FailureWriter

extension TestedStore {
    /// The same store, by a URL that gives its sessions a name where it has sessions.
    func named(_ name: String) -> TestedStore {
        guard case .postgres(let url, let schema) = self else { return self }
        return .postgres(url: adding("application_name=\(schema).\(name)", to: url), schema: schema)
    }

    /// Waits until the sessions of a name are gone: a server first finishes what a killed process had sent.
    func waitForEndOfSessions(named name: String) async throws {
        guard case .postgres(let url, let schema) = self else { return }
        let observer = try TestPostgresConnection(url: url)
        let sessions = "SELECT 1 FROM pg_stat_activity WHERE application_name = '\(schema).\(name)'"
        try await waitUntil { try observer.execute(sessions).isEmpty }
    }

    /// The messages of all branches of each conversation; nil when there is no store yet.
    func readAllBranches() async throws -> [String: [Message]]? {
        let backend = try await FailureWriter.open(url, setting: setting)
        var found: [String: [Message]] = [:]
        do {
            for try await conversation in backend.allConversations() {
                let id = conversation.id
                var page = try await backend.messages(MessageQuery(of: id, .after(0), on: .all, limit: 1_000))
                found[id.rawValue] = page.items
                while page.hasMore, let last = page.items.last {
                    page = try await backend.messages(
                        MessageQuery(of: id, .after(last.sequence), on: .all, limit: 1_000))
                    found[id.rawValue, default: []] += page.items
                }
            }
        } catch let error as ChatStorageError where error.code == .notPrepared {
            try await backend.close()
            return nil
        }
        try await backend.close()
        return found
    }

    /// Has two processes' worth of handles end the answers under way at once, and looks whether that ends each once.
    ///
    /// - Parameter before: What ``readAllBranches()`` found.
    func recoverAnswers(
        _ before: [String: [Message]], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let backends = [
            try await FailureWriter.open(url, setting: setting), try await FailureWriter.open(url, setting: setting),
        ]
        async let first = backends[0].endUnfinishedMessages(notRevisedFor: .zero)
        async let second = backends[1].endUnfinishedMessages(notRevisedFor: .zero)
        let ended = try await [first, second]
        let again = try await backends[0].endUnfinishedMessages(notRevisedFor: .zero)
        for backend in backends { try await backend.close() }
        let underWay = before.values.reduce(0) { $0 + $1.count { $0.state == .streaming } }
        // Both count an answer that they end in the same moment: the same revision was made already.
        #expect(
            ended.allSatisfy { $0 <= underWay } && ended[0] + ended[1] >= underWay && again == 0,
            "\(ended) and \(again) of \(underWay)", sourceLocation: sourceLocation)
        let after = try #require(try await readAllBranches(), sourceLocation: sourceLocation)
        #expect(after.keys.sorted() == before.keys.sorted(), sourceLocation: sourceLocation)
        for (conversation, messages) in after {
            let were = before[conversation] ?? []
            #expect(messages.count == were.count, sourceLocation: sourceLocation)
            for (message, was) in zip(messages, were) {
                let isRight =
                    was.state == .streaming
                    ? message.state == .failed && message.revision == was.revision + 1 && message.body == was.body
                    : message == was
                #expect(isRight, "\(conversation) \(message.sequence)", sourceLocation: sourceLocation)
            }
        }
    }
}

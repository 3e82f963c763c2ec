import ChatStorageConformance
import ChatStorageCore
import Testing

@testable import FailureWriter

/// A person's chat, in two processes of which one is killed over and over: no version of anything is lost.
@Suite("A person asks, stops, edits and goes back") struct PersonTests {
    private let id: ConversationID = "trip"

    @Test("every version is there afterwards", arguments: try TestedStore.Kind.selected())
    func everyVersion(kind: TestedStore.Kind) async throws {
        var random = SplitMix64(seed: try SoakCount.seed)
        try await kind.withStore { store in
            let backend = try await FailureWriter.open(store.url, setting: store.setting)
            try await backend.prepare()
            try await backend.append(.user("Where to in spring?"), to: id)

            // Stops half way, from here while the other process writes.
            let stopped = try process(store, "stopped", after: 1)
            try await progress(stopped, pieces: 3)
            let answer = try await backend.endAnswer(2, of: id)
            #expect(answer.state == .stopped && answer.revision >= 4)
            #expect(answer.content == Answering.text("stopped", revision: answer.revision - 1))
            #expect(try await stopped.rest().last?.contains("conflict") == true, "its writer is told")

            // Edits the question, and has it answered three times; the first two writers are killed.
            let edited = try await backend.append(.user("Where to in autumn?"), to: id, .insteadOf(1))
            var killed: [Message] = []
            for name in ["first", "second"] {
                let writer = try process(store, name, after: edited.sequence)
                let last = try await progress(writer, pieces: .random(in: 1...20, using: &random))
                let rest = try await writer.kill().compactMap(Answering.Progress.init(line:)).last ?? last
                // A server can still be at what a killed process sent; the answer lives on until that is done.
                var ended = 0
                while ended == 0 { ended = try await backend.endUnfinishedMessages(notRevisedFor: .zero) }
                #expect(ended == 1, "one is left, not none or two")
                let left = try #require(
                    try await backend.messages(MessageQuery(of: id, .sequences([last.sequence]))).items.first)
                #expect(left.state == .failed)
                // The end is a revision of its own; the one before may not have been acknowledged.
                #expect(left.revision > rest.revision)
                #expect(left.content == Answering.text(name, revision: left.revision - 1), "what had come is kept")
                killed.append(left)
            }
            let whole = try process(store, "whole", after: edited.sequence, pieces: 5)
            #expect(try await whole.rest().count == 6, "the third one comes to its end")

            // Goes back to the first answer, goes on from there, and removes the second.
            try await backend.updateConversation(id, .show(branch: killed[0].sequence))
            try await backend.append(.user("Go on."), to: id)
            try await backend.removeMessages([killed[1].sequence], of: id)
            try await backend.close()

            let reopened = try await FailureWriter.open(store.url, setting: store.setting)
            #expect(try await path(reopened, .current) == ["Where to in autumn?", killed[0].content, "Go on."])
            #expect(try await path(reopened, .through(2)) == ["Where to in spring?", answer.content])
            #expect(
                try await path(reopened, .through(6)) == ["Where to in autumn?", Answering.text("whole", revision: 6)])
            #expect(
                try await reopened.forks(of: id) == [
                    Fork(after: 0, successors: [.init(sequence: 1, newestEnd: 2), .init(sequence: 3, newestEnd: 7)]),
                    Fork(after: 3, successors: [.init(sequence: 4, newestEnd: 7), .init(sequence: 6, newestEnd: 6)]),
                ])
            #expect(try await reopened.history(of: id).map(\.content) == ["Where to in autumn?", "Go on."])
            #expect(try await reopened.conversation(id)?.messageCount == 6)
            #expect(try await reopened.unfinishedMessages(UnfinishedQuery(notRevisedFor: .zero)).items.isEmpty)
            try await reopened.close()
            #expect(try store.integrity() ?? "ok" == "ok")
        }
    }

    /// Starts a process that writes an answer.
    private func process(
        _ store: TestedStore, _ name: String, after sequence: Int64, pieces: Int? = nil
    ) throws -> LineProcess {
        try LineProcess(
            ["answer", store.url, store.setting, id.rawValue, "\(sequence)", name] + (pieces.map { ["\($0)"] } ?? []))
    }

    /// Waits until this many pieces are stored.
    @discardableResult
    private func progress(_ process: LineProcess, pieces: Int64) async throws -> Answering.Progress {
        while let line = try await process.next() {
            let progress = try #require(Answering.Progress(line: line), "\(line)")
            if progress.revision > pieces { return progress }
        }
        throw WriterProcess.Complaint(description: "the writer ended")
    }

    private func path(_ backend: any ChatStorageBackend, _ path: MessageQuery.Path) async throws -> [String] {
        try await backend.messages(MessageQuery(of: id, on: path, limit: 100)).items.map(\.content)
    }
}

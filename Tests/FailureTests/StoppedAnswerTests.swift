import ChatStorageCore
import Testing

@testable import FailureWriter

/// Answers that one process writes and another one ends or removes.
@Suite("Another process ends an answer", .timeLimit(.minutes(10))) struct StoppedAnswerTests {
    /// What the other process does.
    private enum Way: String, CaseIterable {
        case stop, fail, complete, remove, clear, delete, replace

        func perform(on answer: Message, in backend: any ChatStorageBackend) async throws {
            let id = answer.conversationID
            switch self {
            case .stop: try await backend.endAnswer(answer.sequence, of: id)
            case .fail: try await backend.endAnswer(answer.sequence, of: id, as: .failed)
            case .complete: try await backend.endAnswer(answer.sequence, of: id, as: .complete)
            case .remove: try await backend.removeMessages([answer.sequence], of: id)
            case .clear: try await backend.clearMessages(of: id)
            case .delete: try await backend.deleteConversation(id)
            case .replace:
                try await backend.deleteConversation(id)
                // Of the same sequence, key and state.
                try await backend.append(
                    NewMessages([.assistant("another", key: answer.key)], to: id, isStreaming: true))
            }
        }

        /// What its writer's call then does.
        var outcome: AnswerNote.Event? {
            switch self {
            case .stop: nil
            case .fail, .complete: .failed("conflict -")
            case .remove, .clear, .delete, .replace: .failed("messageNotFound -")
            }
        }
    }

    @Test("its writer ends, also when the model says nothing", arguments: try TestedStore.Kind.selected())
    func ended(kind: TestedStore.Kind) async throws {
        try await kind.withStore { store in
            let backend = try await FailureWriter.open(store.url, setting: store.setting)
            try await backend.prepare()
            let names = Way.allCases.flatMap { ["\($0)/silent", "\($0)-\($0)/talks"] }
            let writer = try AnswerProcess(["endless", store.url, store.setting] + names)
            var notes: [AnswerNote] = []
            var begun: Set<String> = []
            while begun.count < names.count {
                let note = try #require(try await writer.next(), "the writer ended")
                notes.append(note)
                if case .stored(let version) = note.event, (version.text?.pieces ?? 0) >= 3 {
                    begun.insert(note.answer)
                }
            }
            // Nobody writes into what is there afterwards.
            var left: [String: [Message]] = [:]
            for name in names {
                let id = WatchedAnswer.conversation(of: name)
                let way = try #require(Way(rawValue: String(id.rawValue.split(separator: "-")[0])))
                let answer = try #require(try await backend.messages(of: id).first)
                try await way.perform(on: answer, in: backend)
                left[id.rawValue] = try await backend.messages(of: id)
            }
            // The process ends when the last of its writers has.
            notes += try await writer.rest()
            for name in names {
                let id = WatchedAnswer.conversation(of: name)
                let way = try #require(Way(rawValue: String(id.rawValue.split(separator: "-")[0])))
                let own = notes.filter { $0.answer == name }
                let last = own.last?.event
                if let outcome = way.outcome {
                    #expect(last == outcome, "\(name)")
                } else if case .ended(_, .stopped) = last {
                } else {
                    Issue.record("\(name) ended with \(last.map { "\($0)" } ?? "nothing")")
                }
                let stored = try await backend.messages(of: id)
                #expect(stored == left[id.rawValue], "\(name)")
                #expect(stored.count == ([.remove, .clear, .delete].contains(way) ? 0 : 1), "\(name)")
                guard let message = stored.first, way != .replace else { continue }
                #expect(message.state == (way == .stop ? .stopped : way == .fail ? .failed : .complete))
                // It ends with the last checkpoint.
                let acknowledged = own.compactMap { note -> AnswerText? in
                    guard case .stored(let version) = note.event else { return nil }
                    return version.text
                }
                #expect(AnswerText(content: message.content) == acknowledged.last, "\(name)")
            }
            try await backend.close()
        }
    }
}

import ChatStorageCore
import ChatStorageSQLite
import Foundation

// A chat in a terminal. An answer is kept while it comes, and what a killed process left is found again.
//
//   TerminalChat ask QUESTION   asks, and shows the answer while it comes
//   TerminalChat again          makes the last answer again, beside the one that is there
//   TerminalChat                shows what is stored

let trip: ConversationID = "trip"

/// Your model's stream goes here.
func pieces(after past: [ChatMessage]) -> AsyncStream<String> {
    let answer = """
        Take the 7:00 train. Leave your bag at the station, and be at the gardens of Tōfuku-ji before nine. In the \
        evening walk along the canal; on Sunday see the moss of Giō-ji.
        """
    return AsyncStream { stream in
        let work = Task {
            defer { stream.finish() }
            for word in answer.split(separator: " ") {
                stream.yield("\(word) ")
                try await Task.sleep(for: .milliseconds(90))
            }
        }
        stream.onTermination = { _ in work.cancel() }
    }
}

/// Writes an answer to what precedes it, and shows it while it comes.
func answer(_ place: AppendPlace, to past: [ChatMessage], in chats: some ChatStorage) async throws {
    try await chats.append(streaming: .assistant, to: trip, place) { draft in
        for await piece in pieces(after: past) {
            draft.append(piece)
            print(piece, terminator: "")
            fflush(nil)
        }
    }
    print()
}

func ask(_ question: String, in chats: some ChatStorage) async throws {
    try await chats.getOrCreateConversation(trip, title: "A trip")
    let asked = try await chats.append(.user(question), to: trip)
    try await answer(.after(asked.sequence), to: chats.history(of: trip), in: chats)
}

func answerAgain(in chats: some ChatStorage) async throws {
    guard let last = try await chats.messages(of: trip, limit: 1).last else { return }
    if last.role == .assistant {
        let past = try await chats.history(of: trip, before: last.sequence)
        try await answer(.insteadOf(last.sequence), to: past, in: chats)
    } else {
        // The process ended before its answer began.
        try await answer(.after(last.sequence), to: chats.history(of: trip), in: chats)
    }
}

func show(_ chats: some ChatStorage) async throws {
    let forks = try await chats.forks(of: trip)
    for conversation in try await chats.conversations() {
        print("\(conversation.title ?? "Untitled"), \(conversation.messageCount) messages")
    }
    for message in try await chats.messages(MessageQuery(of: trip, on: .all)).items {
        let places = forks.compactMap { fork in
            fork.successors.firstIndex { $0.sequence == message.sequence }.map {
                "‹\($0 + 1)/\(fork.successors.count)›"
            }
        }
        let notes = places + (message.state == .complete ? [] : [message.state.rawValue])
        print("  \(message.sequence) \(([message.role.rawValue] + notes).joined(separator: " ")): \(message.content)")
    }
}

func run(_ arguments: [String], in chats: some ChatStorage) async throws {
    switch arguments.first {
    case nil: try await show(chats)
    case "ask" where arguments.count > 1: try await ask(arguments.dropFirst().joined(separator: " "), in: chats)
    case "again": try await answerAgain(in: chats)
    default: print("TerminalChat [ask QUESTION | again]")
    }
}

let backend = try await SQLiteBackend(path: "terminal-chat.db")
do {
    try await backend.prepare()
    // Ends the answers that a killed process left. Zero suits a single process. If others may be writing, take a
    // minute: a live writer writes every 15 seconds at least.
    try await backend.endUnfinishedMessages(notRevisedFor: .zero)
    try await run(Array(CommandLine.arguments.dropFirst()), in: backend)
} catch {
    print(error)
}
try await backend.close()

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
        Task {
            for word in answer.split(separator: " ") {
                stream.yield("\(word) ")
                try await Task.sleep(for: .milliseconds(90))
            }
            stream.finish()
        }
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

func show(_ chats: some ChatStorage) async throws {
    let forks = try await chats.forks(of: trip)
    for conversation in try await chats.conversations() {
        print("\(conversation.title ?? "Untitled"), \(conversation.messageCount) messages")
    }
    for message in try await chats.messages(MessageQuery(of: trip, on: .all)).items {
        let places = forks.compactMap { fork in
            fork.successors.firstIndex { $0.sequence == message.sequence }.map { "‹\($0 + 1)/\(fork.successors.count)›" }
        }
        let notes = places + (message.state == .complete ? [] : [message.state.rawValue])
        print("  \(message.sequence) \(([message.role.rawValue] + notes).joined(separator: " ")): \(message.content)")
    }
}

let backend = try await SQLiteBackend(path: "terminal-chat.db")
try await backend.prepare()
// What the processes that are gone were writing. Where others may still write, this waits a minute for each.
try await backend.endUnfinishedMessages(notRevisedFor: .zero)
let arguments = CommandLine.arguments.dropFirst()
switch arguments.first {
case "ask":
    let question = ChatMessage.user(arguments.dropFirst().joined(separator: " "))
    try await backend.getOrCreateConversation(trip, title: "A trip")
    let asked = try await backend.append(question, to: trip)
    try await answer(.after(asked.sequence), to: backend.history(of: trip), in: backend)
case "again":
    guard let last = try await backend.messages(of: trip, limit: 1).last else { break }
    let past = try await backend.history(of: trip, before: last.sequence)
    try await answer(.insteadOf(last.sequence), to: past, in: backend)
default: try await show(backend)
}
try await backend.close()

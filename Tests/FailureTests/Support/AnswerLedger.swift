import ChatStorageCore
import Testing

@testable import FailureWriter

/// What writers of answers noted, to compare a store with.
struct AnswerLedger: Sendable {
    /// What is known of an answer.
    private struct Entry: Sendable {
        /// Its place, once that was acknowledged.
        var sequence: Int64?
        /// What it can be: what was acknowledged last, and all that was sent since.
        var possible: Set<AnswerVersion> = [AnswerVersion(nil, .streaming)]
        /// The most that was sent in the last attempt.
        var newest: AnswerText?
        /// Whether a writer's call has failed, of which a checkpoint may come late.
        var hasFailed = false
        /// Whether the writer's call said that it has ended.
        var hasEnded = false
    }

    private var entries: [String: Entry] = [:]
    /// Beginnings, checkpoints and ends that were acknowledged.
    private(set) var acknowledged = 0
    /// Calls that failed, by what they failed with.
    private(set) var failures: [String: Int] = [:]
    /// What no writer should have noted.
    private(set) var complaints: [String] = []

    /// Answers whose writers had not been told that they have ended.
    var unended: [String] { entries.filter { !$0.value.hasEnded }.keys.sorted() }

    /// Whether an answer's writer has not been told that it has ended.
    func unended(_ name: String) -> Bool { entries[name]?.hasEnded != true }

    /// How many have ended.
    private(set) var ended = 0

    mutating func add(_ notes: [AnswerNote]) {
        for note in notes { add(note) }
    }

    mutating func add(_ note: AnswerNote) {
        let name = note.answer
        var entry = entries[name] ?? Entry()
        switch note.event {
        case .begins: break
        case .begun(let sequence):
            acknowledged += 1
            if let known = entry.sequence, known != sequence { complain(name, "it is at \(sequence), not at \(known)") }
            entry.sequence = sequence
        case .sends(let text, let state):
            if let text {
                if let newest = entry.newest, newest.attempt == text.attempt, newest.pieces > text.pieces {
                    complain(name, "\(text.pieces) pieces are sent after \(newest.pieces)")
                }
                entry.newest = text
            }
            let base = entry.possible.filter { $0.state == .streaming }
            entry.possible.formUnion(
                text.map { [AnswerVersion($0, state)] } ?? Set(base.map { AnswerVersion($0.text, state) }))
        case .stored(let version):
            acknowledged += 1
            if !entry.possible.contains(version) { complain(name, "\(version) was not sent, but is returned") }
            entry.possible = [version]
        case .ended(let text, let state):
            acknowledged += 1
            let ends = entry.possible.filter { $0.state == state && (text == nil || $0.text == text) }
            if ends.isEmpty {
                complain(name, "it ended as \(state) with \(text?.pieces ?? 0) pieces, which was not sent")
            }
            entry.possible = ends
            if !entry.hasEnded { ended += 1 }
            entry.hasEnded = true
        case .failed(let error):
            failures[error, default: 0] += 1
            // Nobody else writes it, except an earlier call that failed.
            if error.hasPrefix("conflict"), !entry.hasFailed { complain(name, "it is said to be another's") }
            entry.hasFailed = true
        case .wrong(let what): complain(name, what)
        }
        entries[name] = entry
    }

    private mutating func complain(_ name: String, _ what: String) {
        complaints.append("\(name): \(what)")
    }

    /// Looks whether the store has each answer at most once, in its place, whole up to a checkpoint that can be its
    /// last, and no other message.
    ///
    /// From then on an answer can only be what was found there.
    ///
    /// - Parameter store: The messages of all branches of each conversation, by sequence.
    /// - Returns: How many answers are not what was acknowledged, and how many are there more than once.
    mutating func compare(
        with store: [String: [Message]], sourceLocation: SourceLocation = #_sourceLocation
    ) -> (lost: Int, doubled: Int) {
        #expect(complaints.isEmpty, "\(complaints.prefix(5))", sourceLocation: sourceLocation)
        var places: [String: [Message]] = [:]
        for (conversation, messages) in store {
            #expect(
                messages.map(\.sequence) == Array(1...Int64(messages.count)), "\(conversation) has gaps",
                sourceLocation: sourceLocation)
            for message in messages {
                if let name = message.key, entries[name] != nil,
                    WatchedAnswer.conversation(of: name).rawValue == conversation
                {
                    places[name, default: []].append(message)
                } else {
                    Issue.record(
                        "nobody wrote the message at \(conversation) \(message.sequence)",
                        sourceLocation: sourceLocation)
                }
            }
        }
        var lost = 0
        for (name, entry) in entries {
            guard let message = places[name]?.first else {
                if entry.sequence != nil { lost += 1 }
                continue
            }
            let version = AnswerVersion(message)
            if entry.sequence ?? message.sequence == message.sequence, let version, entry.possible.contains(version) {
                entries[name]?.possible = [version]
            } else {
                Issue.record(
                    "\(name) is \(version.map { "\($0)" } ?? "damaged") at \(message.sequence), not \(entry)",
                    sourceLocation: sourceLocation)
                lost += 1
            }
        }
        return (lost, places.values.count { $0.count > 1 })
    }

    /// Takes it that the answers under way of a store were ended by a recovery.
    ///
    /// One whose beginning did not reach the store is begun by its next writer.
    mutating func recover(_ store: [String: [Message]]) {
        for name in Set(store.values.joined().compactMap(\.key)) {
            guard let possible = entries[name]?.possible else { continue }
            entries[name]?.possible = Set(
                possible.map { AnswerVersion($0.text, $0.state == .streaming ? .failed : $0.state) })
        }
    }
}

import ChatStorageConformance
import ChatStorageCore
import SlowSync

/// Processes that write answers, each as the program's arguments ask.
enum AnswerWriters {
    private static let callers = 4
    private static let conversations = 3

    /// Writes answers until the process is ended; first those that earlier writers did not end.
    static func write(
        _ store: String, _ setting: String, run: String, seed: UInt64, repeating names: [String]
    ) async throws {
        let backend = try await FailureWriter.open(store, setting: setting)
        try await backend.prepare()
        await withTaskGroup(of: Void.self) { group in
            for caller in 0..<callers {
                group.addTask {
                    var generator = SplitMix64(seed: seed &+ UInt64(caller))
                    for name in stride(from: caller, to: names.count, by: callers).map({ names[$0] }) {
                        await WatchedAnswer.random(name, attempt: run, using: &generator).write(to: backend, tell)
                    }
                    var number = 0
                    while true {
                        number += 1
                        let conversation = Int.random(in: 0..<conversations, using: &generator)
                        await WatchedAnswer.random(
                            "c\(conversation)/\(run).\(caller).\(number)", attempt: run, using: &generator
                        ).write(to: backend, tell)
                    }
                }
            }
        }
    }

    /// Writes answers that never end by themselves, all at once; those named `silent` say nothing after a while.
    static func writeEndless(_ store: String, _ setting: String, _ names: [String]) async throws {
        let backend = try await FailureWriter.open(store, setting: setting)
        await withTaskGroup(of: Void.self) { group in
            for (index, name) in names.enumerated() {
                group.addTask {
                    let isSilent = name.hasSuffix("silent")
                    await WatchedAnswer(
                        name: name, attempt: "1", pieces: isSilent ? 3 : .max, ending: .isSilent, seed: UInt64(index)
                    ).write(to: backend, tell)
                }
            }
        }
        try await backend.close()
    }

    /// Writes an answer to a disk that is held at each sync until 1,000 pieces more have come.
    static func writeHeld(_ store: String, _ setting: String, _ name: String, holds: Int) async throws {
        let backend = try await FailureWriter.open(store, setting: setting)
        try await backend.prepare()
        let held = try await HeldCheckpoints.write(
            name, to: backend, holds: holds,
            HeldCheckpoints.Brake(
                hold: { set_syncs_held(1) }, isHolding: { held_syncs() > 0 }, release: { set_syncs_held(0) }))
        try await backend.close()
        await FailureWriter.say(held.line)
    }

    /// A cancelled task's line is said too: what it did is done.
    private static func tell(_ note: AnswerNote) async {
        await Task { await FailureWriter.say(note.line) }.value
    }
}

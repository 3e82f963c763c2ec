import ChatStorageConformance
import ChatStorageCore
import Testing

/// A caller that edits, goes back, removes and writes an answer, cancels calls, and notes what was acknowledged.
struct ImpatientCaller: Sendable {
    /// What became of a call.
    private enum Outcome<Reply: Sendable>: Sendable {
        case replied(Reply)
        /// What it names is not there, or not on the path.
        case refused
        case cancelled

        var reply: Reply? {
            if case .replied(let reply) = self { reply } else { nil }
        }
    }

    /// The conversation of its calls.
    let id: ConversationID
    /// Calls that were answered.
    private(set) var answered = 0
    private(set) var cancelled = 0
    /// The sequences of the messages that have to be there, by their keys.
    private(set) var acknowledged: [String: Int64] = [:]
    /// The keys of those that are not to be there any more.
    private(set) var removed: Set<String> = []
    /// The answer that it writes, as the last revision returned it.
    private(set) var answer: Message?
    private let name: String
    private let backend: any ChatStorageBackend
    /// Whether it cancels nothing.
    private let isPatient: Bool
    private var generator: SplitMix64

    init(_ name: String, of id: ConversationID, _ backend: any ChatStorageBackend, isPatient: Bool, seed: UInt64) {
        (self.name, self.id, self.backend, self.isPatient) = (name, id, backend, isPatient)
        generator = SplitMix64(seed: seed)
    }

    /// Makes calls.
    mutating func call(count: Int) async throws {
        let id = id
        for number in 0..<count {
            // Most name a message that is there.
            let sequence = Int64.random(in: 0...60, using: &generator)
            switch Int.random(in: 0..<10, using: &generator) {
            case 0: try await append(number, .head)
            case 1: try await append(number, .after(sequence))
            case 2: try await append(number, .insteadOf(sequence))
            case 3: _ = try await make { try await $0.updateConversation(id, .head(sequence)) }
            case 4: _ = try await make { try await $0.updateConversation(id, .show(branch: sequence)) }
            case 5: try await remove()
            case 6, 7: try await write()
            case 8: _ = try await make { try await $0.messages(MessageQuery(of: id, on: .through(sequence))) }
            default: _ = try await make { try await $0.forks(of: id) }
            }
        }
    }

    /// Makes a call, and may cancel it before it is sent or while it is under way.
    private mutating func make<Reply: Sendable>(
        _ call: @escaping @Sendable (any ChatStorageBackend) async throws -> Reply
    ) async throws -> Outcome<Reply> {
        let task = Task { [backend] in try await call(backend) }
        if !isPatient, Bool.random(using: &generator) {
            for _ in 0..<Int.random(in: 0...40, using: &generator) { await Task.yield() }
            task.cancel()
        }
        do {
            let reply = try await task.value
            answered += 1
            return .replied(reply)
        } catch is CancellationError where !isPatient {
            cancelled += 1
            try Task.checkCancellation()
            return .cancelled
        } catch let error as ChatStorageError where [.messageNotFound, .conflict].contains(error.code) {
            answered += 1
            return .refused
        }
    }

    private mutating func append(_ number: Int, _ place: AppendPlace) async throws {
        let messages = (0...Int.random(in: 0...1, using: &generator)).map {
            ChatMessage(role: .user, content: "\(name) \(number) \($0)", key: "\(name) \(number) \($0)")
        }
        let new = NewMessages(messages, to: id, place)
        var outcome = try await make { try await $0.append(new) }
        // It has happened or not, now or a moment later; with its keys it is not done twice.
        if case .cancelled = outcome, Bool.random(using: &generator) {
            do {
                outcome = .replied(try await backend.append(new))
            } catch let error as ChatStorageError where error.code == .messageNotFound {}
        }
        for message in outcome.reply?.messages ?? [] { acknowledged[message.key ?? ""] = message.sequence }
    }

    private mutating func remove() async throws {
        let own = acknowledged.keys.sorted().randomElement(using: &generator)
        guard let key = own, let sequence = acknowledged.removeValue(forKey: key) else { return }
        let id = id
        if let count = try await make({ try await $0.removeMessages([sequence], of: id) }).reply {
            #expect(count == 1)
            removed.insert(key)
        }
    }

    private mutating func write() async throws {
        guard let written = answer else {
            let new = NewMessages([.assistant("", key: "\(name) answer")], to: id, isStreaming: true)
            answer = try await backend.append(new).messages.first
            return
        }
        guard written.state == .streaming else { return }
        let revision = MessageRevision(
            of: written, body: .assistant("\(name) \(written.revision + 1)"),
            state: Int.random(in: 0..<8, using: &generator) == 0 ? .complete : nil)
        let outcome = try await make { try await $0.reviseMessage(revision) }
        // One that was made already returns what is stored.
        answer = if let reply = outcome.reply { reply } else { try await backend.reviseMessage(revision) }
    }
}

import ChatStorageCore

/// What happened to an answer, as its writer reports it on one line.
struct AnswerNote: Sendable, Equatable {
    enum Event: Sendable, Equatable {
        /// Its message is about to be appended.
        case begins
        /// Its message is there.
        case begun(sequence: Int64)
        /// A checkpoint or the end is about to be written; without a text, the stored text stays.
        case sends(AnswerText?, MessageState)
        /// A checkpoint or the end was acknowledged, with what is stored.
        case stored(AnswerVersion)
        /// The writer's call said that the answer has ended with this text; nil for none.
        case ended(AnswerText?, MessageState)
        /// The writer's call failed, with this code.
        case failed(String)
        /// Something came that must not.
        case wrong(String)
    }

    /// The answer, by its key.
    let answer: String
    let event: Event

    init(_ answer: String, _ event: Event) {
        self.answer = answer
        self.event = event
    }

    /// Reads a line without its newline.
    init?(line: some StringProtocol) {
        let fields = line.split(separator: " ").map { String($0) }
        guard fields.count >= 2 else { return nil }
        answer = fields[1]
        let rest = fields.dropFirst(2).joined(separator: " ")
        var version: AnswerVersion? {
            guard fields.count == 5, let pieces = Int(fields[3]), let state = MessageState(rawValue: fields[4]) else {
                return nil
            }
            let text = AnswerText(answer: fields[1], attempt: fields[2], pieces: pieces)
            return AnswerVersion(pieces == 0 ? nil : text, state)
        }
        switch fields[0] {
        case "begins": event = .begins
        case "begun":
            guard let sequence = Int64(rest) else { return nil }
            event = .begun(sequence: sequence)
        case "sends":
            guard let version else { return nil }
            event = .sends(version.text, version.state)
        case "stored":
            guard let version else { return nil }
            event = .stored(version)
        case "ended":
            guard let version else { return nil }
            event = .ended(version.text, version.state)
        case "failed": event = .failed(rest)
        case "wrong": event = .wrong(rest)
        default: return nil
        }
    }

    var line: String {
        func fields(_ text: AnswerText?, _ state: MessageState) -> String {
            "\(text?.attempt ?? "-") \(text?.pieces ?? 0) \(state.rawValue)"
        }
        return switch event {
        case .begins: "begins \(answer)"
        case .begun(let sequence): "begun \(answer) \(sequence)"
        case .sends(let text, let state): "sends \(answer) \(fields(text, state))"
        case .stored(let version): "stored \(answer) \(fields(version.text, version.state))"
        case .ended(let text, let state): "ended \(answer) \(fields(text, state))"
        case .failed(let code): "failed \(answer) \(code)"
        case .wrong(let what): "wrong \(answer) \(what)"
        }
    }
}

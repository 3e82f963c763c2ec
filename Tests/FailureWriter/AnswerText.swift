import ChatStorageCore

/// What an answer says after some of its pieces; the text alone shows which answer, and how many.
struct AnswerText: Hashable, Sendable {
    /// The answer, by its key.
    let answer: String
    /// Which writing of it this is: a job that is run again writes its answer from the beginning.
    let attempt: String
    /// How many pieces came, 1 or more.
    let pieces: Int

    init(answer: String, attempt: String, pieces: Int) {
        self.answer = answer
        self.attempt = attempt
        self.pieces = pieces
    }

    /// Reads a stored text; nil unless it is whole pieces, each once and in order.
    init?(content: String) {
        let fields = content.split(separator: " ", omittingEmptySubsequences: false)
        guard fields.count >= 3 else { return nil }
        self.init(answer: String(fields[0]), attempt: String(fields[1]), pieces: fields.count - 2)
        guard content == self.content else { return nil }
    }

    var content: String { (1...pieces).map { Self.piece($0, of: answer, attempt: attempt) }.joined() }

    /// The piece of a number, which begins at 1.
    static func piece(_ number: Int, of answer: String, attempt: String) -> String {
        let padding = String(repeating: "x", count: number.isMultiple(of: 16) ? 300 : number % 5)
        return (number == 1 ? "\(answer) \(attempt)" : "") + " \(number)\(padding)"
    }
}

/// What an answer says, and whether it has ended.
struct AnswerVersion: Hashable, Sendable {
    /// Nil where nothing has come.
    let text: AnswerText?
    let state: MessageState

    init(_ text: AnswerText?, _ state: MessageState) {
        self.text = text
        self.state = state
    }

    /// Reads a stored message; nil if its text is none of an answer.
    init?(_ message: Message) {
        let text = AnswerText(content: message.content)
        guard text != nil || message.content.isEmpty else { return nil }
        self.init(text, message.state)
    }
}

import ChatStorageCore

/// A model for trying the server out and for tests: it says the same whenever it is asked the same.
///
/// It writes word by word. Words in the question choose what it does: "weather" has it call the first tool that it is
/// given, "think" has it reason first, "count to 20" has it count, and "fail" has it break off.
public struct StubModel: ChatModel {
    /// How long it takes for a word.
    public var wordTime: Duration

    /// Makes a model.
    public init(wordTime: Duration = .milliseconds(40)) {
        self.wordTime = wordTime
    }

    /// It has one name.
    public var names: [String] { ["stub"] }

    /// Answers a prompt.
    public func answer(_ prompt: Prompt, _ write: (ChatMessage) -> Void) async throws {
        var answer = ChatMessage(role: .assistant, parts: [])
        answer.metadata[.model] = prompt.model
        let script = Script(prompt)
        if let thought = script.thought { try await say(thought, as: .reasoning, in: &answer, write) }
        try await say(script.text, as: .text, in: &answer, write)
        if script.fails { throw ModelError(message: "The stub was asked to fail.") }
        if let call = script.call { answer.parts.append(call) }
        answer.metadata[.stopReason] = script.call == nil ? "stop" : "tool_calls"
        let promptWords = prompt.messages.reduce(0) { $0 + $1.content.split(separator: " ").count }
        let words = answer.parts.reduce(0) { $0 + ($1.text ?? $1.input ?? "").split(separator: " ").count }
        answer.metadata[.usage] = .usage(prompt: promptWords, answer: words)
        write(answer)
    }

    private func say(
        _ text: String, as kind: MessagePart.Kind, in answer: inout ChatMessage, _ write: (ChatMessage) -> Void
    ) async throws {
        guard !text.isEmpty else { return }
        var parts = answer.parts + [MessagePart(kind, text: "")]
        var said = ""
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            if wordTime > .zero { try await Task.sleep(for: wordTime) }
            if !said.isEmpty { said += " " }
            said += word
            parts[parts.count - 1].text = said
            answer.parts = parts
            write(answer)
        }
    }
}

/// What the stub says to a prompt.
private struct Script {
    var thought: String?
    var text: String
    var call: MessagePart?
    var fails = false

    init(_ prompt: Prompt) {
        let last = prompt.messages.last
        if let result = last?.parts.last, result.kind == .toolResult {
            text = "The tool says: \(result.output ?? "nothing")."
            return
        }
        let question = last?.content ?? ""
        let words = question.lowercased().split { !$0.isLetter && !$0.isNumber }
        if words.contains("think") {
            thought = "The question has \(words.count) words. The last one matters most, and so it decides the answer."
        }
        if words.contains("weather"), let tool = prompt.tools.first?["function"]?["name"]?.string {
            text = "Let me look."
            let city = question.split { !$0.isLetter }.last.map(String.init) ?? "Kyoto"
            let input: JSONValue = ["city": .string(city)]
            call = .toolCall(tool, callID: "call_\(prompt.messages.count)_\(prompt.attempt)", input: input.text)
        } else if let number = Self.number(in: words) {
            text = (1...number).map(String.init).joined(separator: " ")
        } else if words.contains("fail") {
            text = "This answer will not be whole, because"
            fails = true
        } else {
            text = Self.answer(to: question, attempt: prompt.attempt)
        }
    }

    /// How far it is to count: "count to 20".
    private static func number(in words: [Substring]) -> Int? {
        guard let place = words.firstIndex(of: "count"), words.count > place + 2, let number = Int(words[place + 2])
        else { return nil }
        return max(1, min(number, 10_000))
    }

    private static func answer(to question: String, attempt: Int) -> String {
        let openings = ["You said", "You wanted to know", "Once more, then: you asked"]
        let topic = question.isEmpty ? "nothing" : "“\(question)”"
        return """
            \(openings[attempt % openings.count]) \(topic). I am a stub, so that is all I know of it. Every word of \
            this answer is in the store before you see it: reload the page while I speak, and I go on where I was.
            """
    }
}

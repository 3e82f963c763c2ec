import ChatStorageCore

/// An answer as Chat Completions has it, whole or in chunks.
struct CompletionObject {
    let message: Message

    private var id: JSONValue { .string(message.conversationID.rawValue) }
    private var model: JSONValue { JSONValue(message.metadata[.model]) }

    /// The whole completion.
    var json: JSONValue {
        [
            "id": id, "object": "chat.completion", "created": JSONValue(message.createdAt), "model": model,
            "choices": [["index": 0, "message": answer, "finish_reason": finishReason, "logprobs": .null]],
            "usage": message.metadata[.usage] ?? .usage(prompt: 0, answer: 0),
            "metadata": message.metadata["metadata"] ?? [:],
        ]
    }

    /// The message that a model answers with, or that it is given.
    var answer: JSONValue {
        let calls = message.toolCalls.map(\.completionCall)
        var answer: JSONObject = [
            "role": .string(message.role.rawValue), "refusal": .null,
            "content": message.content.isEmpty && !calls.isEmpty ? .null : .string(message.content),
        ]
        if let result = message.parts.first(where: { $0.kind == .toolResult }) {
            answer["content"] = .string(result.output ?? "")
            answer["tool_call_id"] = JSONValue(result.callID)
        }
        if let refusal = message.parts.first(where: { $0.kind == .refusal }) {
            answer["refusal"] = JSONValue(refusal.text)
        }
        // A member that other servers have too, for what the model thought.
        if let thought = message.parts.first(where: { $0.kind == .reasoning }) {
            answer["reasoning_content"] = JSONValue(thought.text)
        }
        if !calls.isEmpty { answer["tool_calls"] = .array(calls) }
        return .object(answer)
    }

    /// Null while the answer is under way.
    private var finishReason: JSONValue {
        message.state == .streaming ? .null : .string(message.metadata[.stopReason] ?? "stop")
    }

    // MARK: Chunks

    /// The chunks after what a client has seen.
    ///
    /// - Parameter number: The number of the last event that it has seen; see ``AnswerOutline``.
    func chunks(after number: Int) -> [JSONValue] {
        var chunks: [JSONValue] = []
        if number < 0 { chunks.append(chunk(["role": "assistant", "content": ""])) }
        for (_, piece) in AnswerOutline(message).pieces(after: number) {
            if let delta = delta(piece) { chunks.append(chunk(delta)) }
        }
        if message.state == .complete || message.state == .stopped {
            chunks.append(chunk([:], finishReason: finishReason))
        }
        return chunks
    }

    /// The chunk that says how many tokens the answer took.
    var usageChunk: JSONValue {
        guard case .object(var chunk) = chunk([:]) else { return .null }
        chunk["choices"] = []
        chunk["usage"] = message.metadata[.usage] ?? .usage(prompt: 0, answer: 0)
        return .object(chunk)
    }

    private func chunk(_ delta: JSONObject, finishReason: JSONValue = .null) -> JSONValue {
        [
            "id": id, "object": "chat.completion.chunk", "created": JSONValue(message.createdAt), "model": model,
            "choices": [["index": 0, "delta": .object(delta), "finish_reason": finishReason, "logprobs": .null]],
        ]
    }

    private func delta(_ piece: AnswerOutline.Piece) -> JSONObject? {
        switch piece {
        case .begin(let index, var part) where part.kind == .toolCall:
            part.input = ""
            guard case .object(var call) = part.completionCall else { return nil }
            call["index"] = .integer(callIndex(index))
            return ["tool_calls": [.object(call)]]
        case .text(let index, let part, let text):
            switch part.kind {
            case .toolCall:
                return [
                    "tool_calls": [["index": .integer(callIndex(index)), "function": ["arguments": .string(text)]]]
                ]
            case .reasoning: return ["reasoning_content": .string(text)]
            case .refusal: return ["refusal": .string(text)]
            default: return ["content": .string(text)]
            }
        case .begin, .end: return nil
        }
    }

    /// The place of a call among the calls.
    private func callIndex(_ index: Int) -> Int64 {
        Int64(AnswerOutline(message).parts.prefix(index).count { $0.kind == .toolCall })
    }
}

extension MessagePart {
    /// A call as Chat Completions has it.
    fileprivate var completionCall: JSONValue {
        [
            "id": JSONValue(callID), "type": "function",
            "function": ["name": JSONValue(name), "arguments": .string(input ?? "")],
        ]
    }
}

import ChatStorageCore

/// A stored answer as the Responses API has it: the response of `GET /v1/responses/…`.
struct ResponseObject {
    let message: Message

    /// What the request said, which the response says again.
    private var settings: JSONValue { message.metadata[.response] ?? [:] }

    var id: String { Identifiers.response(message.id) }

    /// The response, without its output where it has just begun.
    func json(hasBegun: Bool = true) -> JSONValue {
        let output = hasBegun ? Items(message).all : []
        let state = hasBegun ? message.state : .streaming
        return [
            "id": .string(id), "object": "response", "created_at": JSONValue(message.createdAt),
            "status": .string(Self.status(of: state)), "output": .array(output),
            "model": JSONValue(settings["model"]?.string ?? message.metadata[.model]),
            "conversation": settings["conversation"].map { ["id": $0] } ?? .null,
            "previous_response_id": settings["previous_response_id"] ?? .null,
            "instructions": settings["instructions"] ?? .null, "metadata": settings["metadata"] ?? [:],
            "tools": settings["tools"] ?? [], "tool_choice": settings["tool_choice"] ?? "auto",
            "temperature": settings["temperature"] ?? .null, "top_p": settings["top_p"] ?? .null,
            "max_output_tokens": settings["max_output_tokens"] ?? .null,
            "parallel_tool_calls": settings["parallel_tool_calls"] ?? true,
            "background": settings["background"] ?? false, "incomplete_details": .null,
            "usage": state == .streaming ? .null : message.metadata[.usage]?.responsesUsage ?? .null,
            "error": state == .failed ? failure : .null,
        ]
    }

    private var failure: JSONValue {
        ["code": "server_error", "message": .string(message.metadata[.failure] ?? "The answer was not written whole.")]
    }

    private static func status(of state: MessageState) -> String {
        switch state {
        case .streaming: "in_progress"
        case .complete: "completed"
        case .stopped: "cancelled"
        case .failed: "failed"
        }
    }
}

extension MetadataKey<JSONValue> {
    /// What the request for a response said.
    static var response: MetadataKey { MetadataKey("response") }
}

extension MetadataKey<Int> {
    /// How many messages the request for a response brought.
    static var inputs: MetadataKey { MetadataKey("inputs") }
}

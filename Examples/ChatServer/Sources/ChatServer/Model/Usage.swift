import ChatStorageCore

extension JSONValue {
    /// How many tokens a prompt and an answer took, as Chat Completions says it.
    static func usage(prompt: Int, answer: Int) -> JSONValue {
        [
            "prompt_tokens": .integer(Int64(prompt)), "completion_tokens": .integer(Int64(answer)),
            "total_tokens": .integer(Int64(prompt + answer)),
        ]
    }

    /// The same as the Responses API says it; the library keeps what the model's API gave.
    var responsesUsage: JSONValue {
        let input = self["prompt_tokens"]?.integer ?? self["input_tokens"]?.integer ?? 0
        let output = self["completion_tokens"]?.integer ?? self["output_tokens"]?.integer ?? 0
        return [
            "input_tokens": .integer(Int64(input)), "output_tokens": .integer(Int64(output)),
            "total_tokens": .integer(Int64(input + output)),
            "input_tokens_details": [
                "cached_tokens": self["prompt_tokens_details"]?["cached_tokens"] ?? 0, "cache_write_tokens": 0,
            ],
            "output_tokens_details": [
                "reasoning_tokens": self["completion_tokens_details"]?["reasoning_tokens"] ?? 0
            ],
        ]
    }
}

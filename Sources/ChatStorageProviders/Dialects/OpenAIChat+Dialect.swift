extension OpenAIChat {
    /// What one of the APIs that follow Chat Completions accepts from messages of the others.
    ///
    /// ```swift
    /// let body = try OpenAIChat.body(for: past, .mistral, adding: ["model": "mistral-large-latest"])
    /// ```
    ///
    /// Each API gets its own messages back unchanged, and of other APIs' messages only what it knows. The rest is left
    /// out and reported: `reasoning_content` for Groq, `refusal` for Mistral. Mistral takes only call ids of nine
    /// letters and digits, so its requests replace other ids, the same id always by the same one.
    public struct Dialect: Sendable, Hashable {
        /// The format of its native JSON.
        var format = OpenAIChat.format
        /// The members of messages that it takes; nil for all.
        var members: Set<String>?
        /// The types of the elements of content that it takes; nil for all.
        var elements: Set<String>?
        /// Whether its call ids are nine letters and digits.
        var hasShortIDs = false
        /// Whether it takes calls in the old form without ids.
        var takesFunctions = true
        /// Whether it takes refusals as refusals; otherwise they become texts.
        var takesRefusals = true
        /// Whether it has the role `developer`, which otherwise becomes `system`.
        var hasDevelopers = true
        /// Whether its answers are elements of content, as Cohere's are.
        var answersInElements = false

        private static let common: Set<String> = ["role", "content", "name", "tool_calls", "tool_call_id"]

        private init(_ members: Set<String>?, elements: Set<String>? = nil) {
            self.members = members.map(Self.common.union)
            self.elements = elements
        }

        /// Any other API, such as a proxy or a model server of the app's own: everything goes out as it came.
        public static let any = Dialect(nil)

        /// OpenAI, and its models at Azure.
        public static let openAI = Dialect(
            ["refusal", "audio", "function_call"], elements: ["text", "refusal", "image_url", "input_audio", "file"])

        /// Mistral.
        public static let mistral = {
            var dialect = Dialect(
                ["prefix"],
                elements: ["text", "thinking", "reference", "image_url", "document_url", "file", "input_audio"])
            (dialect.hasShortIDs, dialect.takesFunctions) = (true, false)
            (dialect.takesRefusals, dialect.hasDevelopers) = (false, false)
            return dialect
        }()

        /// DeepSeek, and its models at Azure.
        public static let deepSeek = others(["reasoning_content", "prefix"], elements: ["text"])

        /// xAI.
        public static let xAI = others(["reasoning_content", "refusal"], elements: ["text", "image_url", "file"])

        /// Groq.
        public static let groq = others(["reasoning", "function_call"], elements: ["text", "image_url", "document"])

        /// OpenRouter.
        public static let openRouter = others(
            ["reasoning", "reasoning_content", "reasoning_details", "refusal", "annotations", "images", "audio"])

        /// Alibaba's Model Studio, the home of Qwen.
        public static let alibaba = others(
            ["reasoning_content", "partial"], elements: ["text", "image_url", "input_audio", "video", "video_url"])

        /// Perplexity.
        public static let perplexity = others([], elements: ["text", "image_url", "file_url"])

        /// Cohere's own API, whose codec is ``CohereChat``.
        static let cohere = {
            var dialect = others(["tool_plan", "citations"], elements: ["text", "thinking", "image_url", "document"])
            (dialect.format, dialect.answersInElements) = (CohereChat.format, true)
            return dialect
        }()

        private static func others(_ members: Set<String>, elements: Set<String>? = nil) -> Dialect {
            var dialect = Dialect(members, elements: elements)
            dialect.takesRefusals = members.contains("refusal")
            dialect.takesFunctions = members.contains("function_call")
            dialect.hasDevelopers = false
            return dialect
        }
    }
}

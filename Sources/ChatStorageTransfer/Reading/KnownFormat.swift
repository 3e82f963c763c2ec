import ChatStorageJSON

/// A format of another program's files, recognised by members' names.
struct KnownFormat: Sendable {
    private enum Kind: Sendable {
        case export
        /// A file that can be read.
        case readable(ChatForm)
        /// A file of an export that has no conversations.
        case sideFile
        /// An object around conversations in the library's form.
        case wrapper

        var isSideFile: Bool { if case .sideFile = self { true } else { false } }
    }

    /// What the file is, to be put after "is".
    private let name: String
    private let kind: Kind
    /// Names that an object of the format has.
    private let members: Set<String>
    /// Names that occur somewhere in its members' values.
    private let within: Set<String>
    /// Whether it is a table with these names in its first line.
    private let isTable: Bool
    /// Whether it is this format even if its messages could be read as the library's.
    let isCertain: Bool

    private init(
        _ name: String, _ members: Set<String>, within: Set<String> = [], kind: Kind = .export, isTable: Bool = false,
        isCertain: Bool = false
    ) {
        self.name = name
        self.kind = kind
        self.isTable = isTable
        self.isCertain = isCertain
        self.members = members
        self.within = within
    }

    private init(
        _ form: ChatForm, _ members: Set<String>, within: Set<String> = [], isCertain: Bool = false
    ) {
        self.init(form.name, members, within: within, kind: .readable(form), isCertain: isCertain)
    }

    private init(table names: Set<String>, _ form: ChatForm) {
        self.init(form.name, names, kind: .readable(form), isTable: true)
    }

    /// All formats; if a file has the names of several, the first counts.
    private static let all: [KnownFormat] = [
        KnownFormat(.deepSeek, ["mapping", "inserted_at"]),
        KnownFormat(.deepSeekHistory, ["code", "data"], within: ["biz_data"]),
        KnownFormat(.deepSeekTree, ["type", "content", "thought", "children"]),
        KnownFormat(.chatGPT, ["mapping", "title"]),
        KnownFormat(.claude, ["chat_messages"]),
        KnownFormat(.claudeDesign, ["uuid", "project", "messages"]),
        KnownFormat(.openWebUI, ["chat"], within: ["history", "messages"]),
        KnownFormat(.openWebUIChat, ["history", "models", "messages"], isCertain: true),
        KnownFormat(.libreChat, ["conversationId", "messages"], within: ["messageId"]),
        KnownFormat(.grok, ["conversations"], within: ["conversation", "responses"]),
        KnownFormat(.timedConversations, ["conversations"], within: ["messages", "role", "timestamp"]),
        KnownFormat("an object around conversations", ["conversations"], within: ["messages"], kind: .wrapper),
        KnownFormat(.aiStudio, ["chunkedPrompt"]),
        KnownFormat(.geminiCLI, ["sessionId", "projectHash", "messages"]),
        KnownFormat(.geminiTakeout, ["header", "title", "time", "products"]),
        KnownFormat(.langChain, ["type", "data"], within: ["content", "additional_kwargs"]),
        KnownFormat(.langChain, ["lc", "type", "id", "kwargs"], within: ["content"]),
        KnownFormat(.langChain, ["type", "content", "additional_kwargs", "response_metadata"]),
        KnownFormat(.langChainConversations, ["messages"], within: ["type", "data", "additional_kwargs"]),
        KnownFormat(.langChainConversations, ["messages"], within: ["lc", "kwargs", "content"]),
        KnownFormat(.langChainConversations, ["messages"], within: ["type", "content", "additional_kwargs"]),
        KnownFormat("an LM Studio conversation", ["messages"], within: ["versions", "currentlySelected"]),
        KnownFormat(.typingMind, ["data"], within: ["chats"]),
        KnownFormat(.chatbotUI, ["history", "folders", "version"]),
        KnownFormat(.kimi, ["messages"], within: ["role", "blocks"]),
        KnownFormat(.openAssistant, ["message_tree_id", "prompt"]),
        KnownFormat(table: ["Conversation", "Time", "Author", "Message"], .copilot),
        KnownFormat("a list of Open Assistant's messages", ["user_message_id", "parent_message_id"]),
        KnownFormat("a run state of OpenAI's agents", ["$schemaVersion", "generated_items"]),
        KnownFormat("an OpenTelemetry trace", ["resourceSpans"]),
        KnownFormat("an OpenTelemetry span", ["gen_ai.operation.name"]),
        KnownFormat("an OpenInference span", ["openinference.span.kind"]),
        KnownFormat("Langfuse's traces", ["id", "observations"]),
        KnownFormat("LangSmith's runs", ["post", "patch"]),
        KnownFormat("a recorded HTTP answer", ["status", "headers", "body"]),
        KnownFormat("a SWE-agent trajectory", ["trajectory", "history"]),
        KnownFormat("a ToolBench answer", ["answer_generation", "tree"]),
        KnownFormat("pairs of chosen and rejected messages", ["chosen_messages", "rejected_messages"]),
        KnownFormat("a session of Google's Agent Development Kit", ["events"], within: ["invocation_id"]),
        KnownFormat("an evaluation set of Google's Agent Development Kit", ["eval_set_id", "eval_cases"]),
        KnownFormat("a transcript of Apple's FoundationModels", ["transcript", "type", "version"]),
        KnownFormat("a table of messages with their conversations' ids", ["thread_id", "role", "content"]),
        KnownFormat("an answer of Anthropic's API", ["role", "content", "usage"], kind: .sideFile),
        KnownFormat("an answer of Chat Completions", ["choices", "usage"], kind: .sideFile),
        KnownFormat("an answer of OpenAI's Responses", ["output", "object", "status"], kind: .sideFile),
        KnownFormat("an answer of Gemini's API", ["candidates"], kind: .sideFile),
        KnownFormat("an answer of Gemini's Interactions", ["object", "outputs", "status"], kind: .sideFile),
        KnownFormat("an answer of Bedrock's Converse", ["output", "stopReason"], kind: .sideFile),
        KnownFormat("an answer of Cohere's API", ["message", "finish_reason"], kind: .sideFile),
        KnownFormat("a list of messages, not of conversations", ["role", "content"]),
        KnownFormat("a list of messages, not of conversations", ["role", "parts"]),
        KnownFormat("a log of a session of Claude's agents", ["agent", "environment_id"]),
        KnownFormat("the account in a ChatGPT export", ["id", "email", "chatgpt_plus_user"], kind: .sideFile),
        KnownFormat("the feedback in a ChatGPT export", ["conversation_id", "rating"], kind: .sideFile),
        KnownFormat(
            "the list of shared chats in a ChatGPT export", ["conversation_id", "is_anonymous"], kind: .sideFile),
        KnownFormat("the list of files in a ChatGPT export", ["export_files", "logical_files"], kind: .sideFile),
        KnownFormat("the projects in a Claude export", ["uuid", "name", "docs"], kind: .sideFile),
        KnownFormat("the accounts in a Claude export", ["uuid", "full_name", "email_address"], kind: .sideFile),
        KnownFormat("the memories in a Claude export", ["conversations_memory"], kind: .sideFile),
    ]

    /// The form of its conversations; nil if they have the library's form or cannot be read.
    var form: ChatForm? {
        if case .readable(let form) = kind { form } else { nil }
    }

    /// What is read at once from a file of the format; nil if it is not read.
    var unit: ChatForm.Unit? {
        switch kind {
        case .readable(let form): form.unit
        case .wrapper: .element(of: ["conversations"])
        case .export, .sideFile: nil
        }
    }

    /// The names of the forms that are read.
    static var formNames: Set<String> { Set(all.compactMap(\.form?.name)) }

    /// The error for a file of the format that cannot be read; nil if it can.
    ///
    /// - Parameter inArray: Whether its objects are an array's elements.
    func error(inArray: Bool) -> ChatFileError? {
        switch kind {
        case .readable: nil
        case .export: .otherFormat("is \(name); not read yet")
        case .sideFile: .otherFormat("is \(name); it has no conversations")
        case .wrapper:
            ChatFileError(
                .otherFormat, "is \(name); put each conversation on its own line",
                command: "jq -c '\(inArray ? ".[]" : "").conversations[]'")
        }
    }

    /// Whether an object is of this format.
    func isFormat(of object: ArraySlice<UInt8>) -> Bool { Self.recognize(object)?.name == name }

    /// Whether an object certainly has no member with a conversation's messages.
    static func hasNoConversation(_ object: ArraySlice<UInt8>) -> Bool {
        let names = MemberNames(of: object)
        return names.areAll && names.members.isDisjoint(with: ["messages", "conversations"])
    }

    /// The format of a table, by the names in its first line.
    static func recognize(table names: [String]) -> KnownFormat? {
        all.first { $0.isTable && $0.members.isSubset(of: names) }
    }

    /// The format of an object, which may be cut off.
    static func recognize(_ object: ArraySlice<UInt8>) -> KnownFormat? {
        let names = MemberNames(of: object)
        if names.areAll, !names.members.isEmpty, names.members.allSatisfy({ $0.hasPrefix("file-") }) {
            return KnownFormat("a list of files in a ChatGPT export", [], kind: .sideFile)
        }
        return all.first {
            !$0.isTable && $0.members.isSubset(of: names.members) && $0.within.isSubset(of: names.within)
                && (!$0.kind.isSideFile || names.members.isDisjoint(with: ["messages", "conversations"]))
        }
    }
}

/// The names of an object's members and, up to three levels deeper, of those in their values.
private struct MemberNames {
    /// How many bytes, names and levels are looked at.
    private static let bounds = (bytes: 1 << 20, names: 1000, depth: 4)

    private(set) var members: Set<String> = []
    private(set) var within: Set<String> = []
    /// Whether no name was left out.
    private(set) var areAll = false

    init(of object: ArraySlice<UInt8>) {
        let text = object.prefix(Self.bounds.bytes)
        // A list of objects is read like one object: its outer brackets do not count.
        let lists = text.prefix { $0 == UInt8(ascii: "[") || $0.isJSONWhiteSpace }.count(ofByte: UInt8(ascii: "["))
        var (depth, position) = (-lists, text.startIndex)
        while position < text.endIndex, members.count + within.count < Self.bounds.names {
            switch text[position] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "\""):
                let end = Self.endOfString(in: text, from: position + 1)
                let isName = text[end...].dropFirst().first { !$0.isJSONWhiteSpace } == UInt8(ascii: ":")
                if isName, depth <= Self.bounds.depth {
                    let name = String(decoding: text[(position + 1)..<end], as: UTF8.self)
                    if depth == 1 { members.insert(name) } else { within.insert(name) }
                }
                position = end
            default: break
            }
            position += 1
        }
        areAll = depth == 0 && position >= object.endIndex
    }

    /// The position of the quote that ends a string; the end of the text if it is cut off.
    private static func endOfString(in text: ArraySlice<UInt8>, from start: Int) -> Int {
        var position = start
        while position < text.endIndex, text[position] != UInt8(ascii: "\"") {
            position += text[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(position, text.endIndex)
    }
}

/// Files of other programs that are known by their members' names, but not read.
struct KnownFormat {
    /// What the file is, to be put after "is".
    let name: String
    /// Names that an object of the format has.
    private let members: Set<String>
    /// Names that are somewhere in its members' values.
    private let within: Set<String>

    private init(_ name: String, _ members: Set<String>, within: Set<String> = []) {
        self.name = name
        self.members = members
        self.within = within
    }

    private static let all = [
        KnownFormat("a DeepSeek export", ["mapping", "inserted_at"]),
        KnownFormat("a DeepSeek export", ["code", "data"], within: ["biz_data"]),
        KnownFormat("a ChatGPT export", ["mapping", "title"]),
        KnownFormat("a Claude export", ["uuid", "chat_messages"]),
        KnownFormat("an Open WebUI export", ["chat"], within: ["history", "messages"]),
        KnownFormat("an Open WebUI chat", ["history", "models", "messages"]),
        KnownFormat("a LibreChat export", ["conversationId", "messages"], within: ["messageId"]),
        KnownFormat("a Grok export", ["conversations"], within: ["conversation", "responses"]),
        KnownFormat("a Google AI Studio prompt", ["chunkedPrompt"]),
        KnownFormat("a Gemini CLI session", ["sessionId", "projectHash", "messages"]),
        KnownFormat("Google's activity history", ["header", "title", "time", "products"]),
        KnownFormat("an LM Studio conversation", ["messages"], within: ["versions", "currentlySelected"]),
        KnownFormat("a TypingMind export", ["data"], within: ["chats"]),
        KnownFormat("a chatbot-ui export", ["history", "folders", "version"]),
        KnownFormat("a Kimi chat", ["messages"], within: ["role", "blocks"]),
        KnownFormat("an Open Assistant tree", ["message_tree_id", "prompt"]),
        KnownFormat("a list of messages, not of conversations", ["role", "content"]),
        KnownFormat("a list of messages, not of conversations", ["role", "parts"]),
    ]

    /// The format of an object, which may be cut off.
    static func recognize(_ object: ArraySlice<UInt8>) -> KnownFormat? {
        let names = MemberNames(of: object)
        return all.first { $0.members.isSubset(of: names.members) && $0.within.isSubset(of: names.within) }
    }
}

/// The names of an object's members and, up to three levels deeper, of those in their values.
private struct MemberNames {
    /// More bytes and names than these are not looked at.
    private static let bounds = (bytes: 1 << 20, names: 1000, depth: 4)

    private(set) var members: Set<String> = []
    private(set) var within: Set<String> = []

    init(of object: ArraySlice<UInt8>) {
        let text = object.prefix(Self.bounds.bytes)
        var (depth, position) = (0, text.startIndex)
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
    }

    /// Where the quote is that ends a string; the end of the text if it is cut off.
    private static func endOfString(in text: ArraySlice<UInt8>, from start: Int) -> Int {
        var position = start
        while position < text.endIndex, text[position] != UInt8(ascii: "\"") {
            position += text[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(position, text.endIndex)
    }
}

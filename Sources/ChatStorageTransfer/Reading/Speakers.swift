import ChatStorageCore

/// Who speaks in other programs' files, and the names for it.
enum Speaker: Equatable {
    case role(Role)
    /// The model, with calls of tools.
    case call
    /// A tool, with its result.
    case result

    /// The speaker of a ShareGPT turn; nil for an unknown name.
    init?(shareGPT name: String) {
        switch name {
        case "human", "user": self = .role(.user)
        case "gpt", "chatgpt", "bing", "bard", "assistant", "model", "bot", "ai": self = .role(.assistant)
        case "system": self = .role(.system)
        case "developer": self = .role(.developer)
        case "function_call", "tool_call": self = .call
        case "observation", "tool", "tool_response", "function_response", "function": self = .result
        default: return nil
        }
    }

    /// The role of its messages.
    var role: Role {
        switch self {
        case .role(let role): role
        case .call: .assistant
        case .result: .tool
        }
    }

    /// The role that another spelling most likely means, such as `User`, `ai` or ` human `; nil for none.
    static func likelyRole(_ name: String) -> Role? {
        let word = plain(name)
        if word == "function" { return Role(rawValue: word) }
        return Speaker(shareGPT: word).flatMap { $0 == .call ? nil : $0.role }
    }

    /// A name in small letters, without white space around it.
    static func plain(_ name: String) -> String {
        let word = name.drop(while: \.isWhitespace)
        return String(word.prefix(word.count - word.reversed().prefix(while: \.isWhitespace).count)).lowercased()
    }
}

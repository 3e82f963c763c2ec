import ChatStorageCore

/// The few looks that the tool gives to text on a terminal.
struct Style: Sendable {
    let isEnabled: Bool

    static let plain = Style(isEnabled: false)

    func bold(_ text: String) -> String { apply("1", to: text) }

    func dim(_ text: String) -> String { apply("2", to: text) }

    /// A role's colour.
    func role(_ role: Role, _ text: String) -> String {
        switch role {
        case .user: apply("1;36", to: text)
        case .assistant: apply("1;32", to: text)
        case .system: apply("1;33", to: text)
        default: apply("1;35", to: text)
        }
    }

    private func apply(_ code: String, to text: String) -> String {
        isEnabled ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

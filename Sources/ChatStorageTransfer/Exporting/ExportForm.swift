public import ChatStorageCore

/// The form of an export.
public struct ExportForm: Sendable, Hashable {
    private enum Kind {
        case archive, openAI, markdown
    }

    private let kind: Kind

    private init(_ kind: Kind) {
        self.kind = kind
    }

    /// The library's own archive, JSON Lines with everything: imported into an empty store, it gives an equal one.
    public static let archive = ExportForm(.archive)
    /// OpenAI's JSON Lines, one `{"messages": [...]}` a conversation: the current path as the chat completions API
    /// takes it.
    public static let openAI = ExportForm(.openAI)
    /// Markdown for people: the current path with title, times and roles.
    public static let markdown = ExportForm(.markdown)
}

/// What an export has.
public struct ExportSelection: Sendable, Hashable {
    enum Kind: Hashable {
        case store
        case tenant(String?)
        case conversation(ConversationID, tenant: String?)
    }

    let kind: Kind

    /// The whole store, with all tenants.
    public static let store = ExportSelection(kind: .store)

    /// A tenant's conversations.
    ///
    /// - Parameter name: The tenant's name; nil is the default tenant.
    public static func tenant(_ name: String?) -> ExportSelection { ExportSelection(kind: .tenant(name)) }

    /// One conversation.
    ///
    /// - Parameters:
    ///   - id: The conversation.
    ///   - tenant: The name of its tenant; nil is the default tenant.
    public static func conversation(_ id: ConversationID, ofTenant tenant: String? = nil) -> ExportSelection {
        ExportSelection(kind: .conversation(id, tenant: tenant))
    }
}

import ChatStorageCore
import ChatStorageJSON
import ChatStorageSupport

/// Counts of a tenant's chats.
struct Statistics {
    private var conversations = 0
    private var messages = 0
    private var bytes = 0
    private var roles: [Role: Int] = [:]
    private var longest: (id: ConversationID, messages: Int)?
    private var first: Timestamp?
    private var last: Timestamp?
    private var otherTenants = 0

    /// Reads all conversations and messages, a page at a time.
    ///
    /// - Parameter tenant: The tenant; nil is the default one.
    init(of tenant: String?, in backend: any ChatStorageBackend) async throws {
        var query: TenantQuery? = TenantQuery(limit: 500)
        while let next = query {
            let page = try await backend.tenants(next)
            otherTenants += page.items.count { !$0.name.hasSameUTF8(as: tenant) }
            query = page.next.map { TenantQuery(after: $0, limit: next.limit) }
        }
        let storage = backend.storage(of: tenant)
        for try await conversation in storage.allConversations() {
            conversations += 1
            first = min(first ?? conversation.createdAt, conversation.createdAt)
            last = max(last ?? conversation.updatedAt, conversation.updatedAt)
            var length = 0
            for try await message in storage.allMessages(of: conversation.id, on: .all) {
                length += 1
                bytes += message.content.utf8.count
                roles[message.role, default: 0] += 1
            }
            messages += length
            if length > longest?.messages ?? 0 { longest = (conversation.id, length) }
        }
    }

    var json: JSONOutput {
        .object([
            ("conversations", .integer(Int64(conversations))),
            ("messages", .integer(Int64(messages))),
            ("bytes", .integer(Int64(bytes))),
            ("roles", .object(sortedRoles.map { ($0.rawValue, .integer(Int64(roles[$0] ?? 0))) })),
            (
                "longest",
                longest.map { longest in
                    .object([
                        ("conversation_id", .string(longest.id.rawValue)),
                        ("messages", .integer(Int64(longest.messages))),
                    ])
                } ?? .null
            ),
            ("first_at", .string(orNull: first?.description)),
            ("last_at", .string(orNull: last?.description)),
            ("other_tenants", .integer(Int64(otherTenants))),
        ])
    }

    func text(width: Int?, style: Style) -> String {
        var lines = [("conversations", conversations.grouped), ("messages", messages.grouped)]
        lines += sortedRoles.map { ("  \(TerminalText.line($0.rawValue))", (roles[$0] ?? 0).grouped) }
        lines.append(("text", "\(bytes.grouped) bytes"))
        if let longest {
            let id = TerminalText.line(longest.id.rawValue)
            lines.append(("longest", "\(id), \(longest.messages.counted("message"))"))
        }
        if let first, let last { lines.append(("time", "\(first.localMinute) to \(last.localMinute)")) }
        lines.append(("other tenants", otherTenants.grouped))
        return lines.map { name, value in
            let line = name.padded(toWidth: 15) + value
            return (width.map(line.cut(toWidth:)) ?? line) + "\n"
        }.joined()
    }

    private var sortedRoles: [Role] { roles.keys.sorted { $0.rawValue.precedesInUTF8($1.rawValue) } }
}

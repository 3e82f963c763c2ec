import ChatStorageCore
import ChatStorageSupport

/// The row that a write locks: a tenant's conversation, compared as UTF-8 bytes.
struct ConversationKey: Sendable, Hashable {
    let tenant: String
    let id: ConversationID
    /// Computed once by the caller, not each time that the loop looks the key up.
    private let hash: Int

    init(tenant: String, id: ConversationID) {
        self.tenant = tenant
        self.id = id
        var hasher = Hasher()
        tenant.hashUTF8(into: &hasher)
        hasher.combine(id)
        hash = hasher.finalize()
    }

    /// The key of writes that make or change tables: they lock no conversation, and go one at a time.
    static let schema = ConversationKey(tenant: "", id: "")

    /// Which of this many lanes the conversation's writes take; always the same one.
    func lane(of count: Int) -> Int { Int(UInt(bitPattern: hash) % UInt(count)) }

    static func == (left: ConversationKey, right: ConversationKey) -> Bool {
        left.hash == right.hash && left.id == right.id && left.tenant.hasSameUTF8(as: right.tenant)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(hash)
    }
}

extension ConversationKey: Comparable {
    /// The order of the primary key, whose columns compare bytes.
    static func < (left: ConversationKey, right: ConversationKey) -> Bool {
        if left.tenant.hasSameUTF8(as: right.tenant) { return left.id < right.id }
        return left.tenant.precedesInUTF8(right.tenant)
    }
}

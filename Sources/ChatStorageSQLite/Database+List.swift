import ChatStorageCore

/// A tenant's list of conversations, in the caller's read.
///
/// Pages without labels have a function of their own, since they skip no conversation.
extension Database {
    func conversations(
        _ query: ConversationQuery, after start: (updatedAt: Timestamp, id: ConversationID)?, tenant: String
    ) throws -> ConversationPage {
        let read = {
            query.with.isEmpty && query.without.isEmpty
                ? try self.allConversations(query, after: start, tenant: tenant)
                : try self.labelledConversations(query, after: start, tenant: tenant)
        }
        // The first page is one statement, which stays open while others run; a later page may take two.
        let isOneStatement = start == nil || query.with.isEmpty && query.without.isEmpty && query.preview == nil
        return isOneStatement ? try read() : try snapshot(read)
    }

    private func allConversations(
        _ query: ConversationQuery, after start: (updatedAt: Timestamp, id: ConversationID)?, tenant: String
    ) throws -> ConversationPage {
        // One more row, which is not decoded, shows whether there is a next page.
        let list = ConversationList(
            database: self, tenant: tenant,
            columns: query.isForDeletion ? .withKey : query.preview == nil ? .conversation : .withNewest,
            limit: query.limit == .max ? query.limit : query.limit + 1)
        var budget = readBudget
        var roles = RoleTable(self)
        var items: [Conversation] = []
        items.reserveCapacity(min(query.limit, 64))
        var next: ConversationCursor?
        try list.walk(after: start) { entry in
            if items.count == query.limit {
                next = ConversationCursor(after: items[query.limit - 1], tenant: tenant)
                return false
            }
            items.append(
                try query.isForDeletion ? entry.conversationToDelete() : entry.conversation(&budget))
            if let scalars = query.preview {
                items[items.count - 1].preview =
                    try entry.newestPreview(scalars: scalars, &roles, &budget)
                    ?? messageTable.preview(of: items[items.count - 1], entry.key, scalars: scalars, &budget)
            }
            return true
        }
        return ConversationPage(items: items, next: next)
    }

    /// Steps through the list, or through the conversations of the first label, until the page is full.
    private func labelledConversations(
        _ query: ConversationQuery, after start: (updatedAt: Timestamp, id: ConversationID)?, tenant: String
    ) throws -> ConversationPage {
        var builder = ConversationPageBuilder(query)
        var budget = readBudget
        let list = ConversationList(
            database: self, tenant: tenant, label: query.with.min(), columns: .withKey, limit: .max)
        try list.walk(after: start) { entry in
            try budget.takeRow()
            let labels = try entry.labels()
            // Metadata is read only for conversations that the page takes.
            let isTaken = query.with.isSubset(of: labels) && query.without.isDisjoint(with: labels)
            let conversation =
                try query.isForDeletion
                ? entry.conversationToDelete(labels: labels)
                : entry.conversation(labels: labels, withMetadata: isTaken, &budget)
            if list.label != nil { try entry.expectPlace(of: conversation) }
            try builder.add(conversation) { scalars in
                try messageTable.preview(of: conversation, entry.key, scalars: scalars, &budget)
            }
            return !builder.isFull
        }
        return builder.page(tenant: tenant)
    }
}

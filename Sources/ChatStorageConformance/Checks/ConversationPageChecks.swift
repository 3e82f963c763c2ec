import ChatStorageCore
import Synchronization

extension Check {
    /// Pages of conversations, and their cursors.
    static let conversationPages: [Check] = [
        Check(
            "pages.conversations.sizes", .l3,
            why: "A person must find every chat, wherever pages end."
        ) { context in
            let chats = try await context.open()
            for index in 0..<12 {
                // Three of each time, so that pages end within ties and between them.
                let updatedAt = Timestamp.past.advanced(by: Int64(index / 3))
                try await chats.restoreConversation(.sample(ConversationID("\(index)"), updatedAt: updatedAt))
            }
            let all = try await chats.conversations(limit: 100)
            context.expect(all.count, equals: 12, "all are listed")
            for limit in 1...13 {
                let pages = try await walk(chats, limit: limit)
                context.expect(pages.flatMap(\.self), equals: all, "pages of \(limit) give each conversation once")
                context.expect(
                    pages.map(\.count),
                    equals: stride(from: 0, to: 12, by: limit).map { min(limit, 12 - $0) },
                    "pages of \(limit) are full but for the last, and none is empty")
            }
        },
        Check(
            "pages.conversations.ties-across-pages", .l3, .o3,
            why: "An import gives thousands of chats the same time; none may be lost between pages."
        ) { context in
            // Only one handle: an engine that lets in one writer at a time might make another wait too long.
            let chats = try await context.open()
            let ids = (0..<1_000).map { ConversationID("conversation \($0)") }
            _ = try await context.concurrently(25) { index in
                for id in ids[(index * 40)..<(index * 40 + 40)] { try await chats.restoreConversation(.sample(id)) }
            }
            let walked = try await walk(chats, limit: 64).flatMap(\.self).map(\.id)
            context.expect(walked, equals: ids.sortedByUTF8(), "1,000 conversations of one time come once each")
            var sequence: [ConversationID] = []
            for try await conversation in chats.allConversations() {
                sequence.append(conversation.id)
                if sequence.count > ids.count { break }
            }
            context.expect(sequence, equals: ids.sortedByUTF8(), "the sequence of all conversations gives each once")
        },
        Check(
            "pages.conversations.walk-while-writing", .l3,
            why: "Others write while a person scrolls through the list."
        ) { context in
            let handles = try await context.open(handles: 3)
            let quiet = (0..<60).map { ConversationID("quiet \($0)") }
            for (index, id) in quiet.enumerated() {
                try await handles[0].restoreConversation(
                    .sample(id, updatedAt: .past.advanced(by: Int64(index / 10))))
            }
            let done = Mutex(false)
            _ = try await context.concurrently(handles.count) { index in
                if index == 0 {
                    defer { done.withLock { $0 = true } }
                    for step in 0..<40 {
                        try await handles[0].append(.user("text"), to: ConversationID("busy \(step % 5)"))
                        if step % 8 == 7 { try await handles[0].deleteConversation("busy 3") }
                    }
                    return
                }
                repeat {
                    let walked = try await walk(handles[index], limit: 7).flatMap(\.self).map(\.id)
                    let quietOnes = walked.filter { $0.rawValue.hasPrefix("quiet") }
                    context.expect(quietOnes.count, equals: quiet.count, "untouched conversations come once each")
                    context.expect(Set(quietOnes).count, equals: quiet.count, "none comes twice")
                    // If reads never suspend, readers in a loop would keep every thread from the writer.
                    await Task.yield()
                } while !done.withLock { $0 }
            }
        },
        Check(
            "pages.conversations.cursor-of-the-gone", .l3, .l4,
            why: "The chat at the end of a page may be deleted or used before the next page is asked for."
        ) { context in
            let chats = try await context.open()
            for id in ["a", "b", "c", "d", "e"] as [ConversationID] { try await chats.restoreConversation(.sample(id)) }
            let page = try await chats.conversations(after: nil, limit: 2)
            context.expect(page.items.map(\.id), equals: ["a", "b"], "the first page has the first two conversations")
            try await chats.deleteConversation("b")
            try await chats.append(.user("text"), to: "a")
            try await chats.deleteConversation("d")
            let next = try await chats.conversations(after: page.next, limit: 2)
            context.expect(next.items.map(\.id), equals: ["c", "e"], "the next page goes on from the same place")
            context.expect(next.next, equals: nil, "the next page is the last")
            context.expect(
                try await chats.conversations(after: page.next, limit: 9).items, equals: next.items,
                "a cursor can be used again")
        },
        Check(
            "pages.conversations.cursor-is-text", .l4,
            why: "A web client sends the cursor back as text, to another process of the same app."
        ) { context in
            let handles = try await context.open(handles: 2)
            for id in SampleText.peculiar.prefix(20) {
                try await handles[0].restoreConversation(.sample(ConversationID(id)))
            }
            let all = try await handles[0].conversations(limit: 100)
            var walked: [Conversation] = []
            var cursor: ConversationCursor?
            repeat {
                let page = try await handles[walked.count % 2].conversations(after: cursor, limit: 3)
                walked += page.items
                cursor = page.next.map { ConversationCursor($0.text) }
                context.expect(
                    cursor?.text.utf8.allSatisfy { (0x21...0x7e).contains($0) } != false, "a cursor is printable ASCII",
                    actual: cursor?.text)
            } while cursor != nil && walked.count <= all.count
            context.expect(walked, equals: all, "a cursor's text goes on where its page ended, on any handle")
        },
        Check(
            "pages.conversations.damaged-cursor", .l4,
            why: "A cursor that was damaged on its way must not show another page."
        ) { context in
            let chats = try await context.open()
            for id in ["a", "b", "c"] as [ConversationID] { try await chats.restoreConversation(.sample(id)) }
            let text = try context.require(
                await chats.conversations(after: nil, limit: 1).next, "there is a next page"
            ).text
            var damaged = ["", " ", "0", "cursor", "=", "....", "\u{e9}", "\0", String(repeating: "A", count: 10_000)]
            damaged += [text + "A", "A" + text, text + "=", text + " ", text + text, text + "\n", text + "\0"]
            for index in text.indices {
                damaged.append(text.replacingCharacters(at: index, by: text[index] == "A" ? "B" : "A"))
                damaged.append(text.replacingCharacters(at: index, by: "+"))
                damaged.append(String(text[..<index]))
            }
            for cursor in damaged {
                await context.expectError(.invalidCursor, "\(summary(of: cursor)) is refused") {
                    try await chats.conversations(after: ConversationCursor(cursor), limit: 2)
                }
            }
        },
        Check(
            "pages.conversations.foreign-cursor", .l4, .n1,
            why: "A cursor that is given to the wrong tenant is a mistake, which must show."
        ) { context in
            let backend = try await context.open()
            for tenant in [nil, "a", "b"] as [String?] {
                for id in ["1", "2"] as [ConversationID] {
                    try await backend.storage(of: tenant).restoreConversation(.sample(id))
                }
            }
            let cursor = try await backend.tenant("a").conversations(after: nil, limit: 1).next
            for tenant in [nil, "b", "A", "a "] as [String?] {
                await context.expectError(.invalidCursor, "another tenant's cursor is refused") {
                    try await backend.storage(of: tenant).conversations(after: cursor, limit: 1)
                }
            }
            context.expect(
                try await backend.tenant("a").conversations(after: cursor, limit: 1).items.map(\.id), equals: ["2"],
                "the tenant's own cursor goes on")
        },
    ]

    /// All pages of the list; an endless walk is cut off after more pages than any check has.
    private static func walk(_ chats: some ChatStorage, limit: Int) async throws -> [[Conversation]] {
        var page = try await chats.conversations(after: nil, limit: limit)
        var pages = [page.items]
        while let next = page.next, pages.count < 1_001 {
            page = try await chats.conversations(after: next, limit: limit)
            pages.append(page.items)
        }
        return pages
    }
}

extension String {
    fileprivate func replacingCharacters(at index: Index, by other: Character) -> String {
        String(self[..<index]) + String(other) + String(self[self.index(after: index)...])
    }
}

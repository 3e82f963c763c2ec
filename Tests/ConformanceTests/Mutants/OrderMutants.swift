import ChatStorageConformance
import ChatStorageCore

extension Mutant {
    /// Mutants that get sequences, times, lists or pages wrong.
    static let order: [Mutant] = [
        Mutant(
            "reuses sequences after a clear", caughtBy: "order.sequence.not-reused-after-clear",
            related: [
                "branches.*", "removal.*", "conditions.unchanged.cleared", "keys.removed",
                "conditions.unchanged.other-changes", "order.time.clock-steps-back", "order.time.last-moment",
                "cascade.clear.keeps-conversation", "atomicity.append.must-exist", "pages.messages.after-clear",
            ]
        ) { call, base, _ in
            guard case .removeMessages(let removal) = call,
                let old = try await base.conversation(removal.conversationID)
            else { return try await call.perform(on: base) }
            let id = removal.conversationID
            let count = try await base.clearMessages(of: id)
            try await base.deleteConversation(id)
            try await base.restoreConversation(
                ConversationSnapshot(id: id, title: old.title, createdAt: old.createdAt, updatedAt: .now()))
            return .count(count)
        },
        Mutant(
            "forgets the last sequence of what it restores", caughtBy: "restore.counting-goes-on",
            related: ["parts.restored", "keys.restored", "restore.cleared", "restore.exact", "restore.invalid"]
        ) { call, base, _ in
            guard case .restoreConversation(var snapshot) = call else { return try await call.perform(on: base) }
            snapshot.lastSequence = snapshot.messages.last?.sequence ?? 0
            return try await StorageCall.restoreConversation(snapshot).perform(on: base)
        },
        Mutant(
            "forgets that what it restores had been cleared", caughtBy: "restore.cleared", related: ["restore.invalid"]
        ) { call, base, _ in
            guard case .restoreConversation(var snapshot) = call else { return try await call.perform(on: base) }
            snapshot.clearedThrough = 0
            return try await StorageCall.restoreConversation(snapshot).perform(on: base)
        },
        Mutant(
            "takes a sequence for an append that fails", caughtBy: "order.sequence.failed-append-takes-none",
            related: [
                "branches.head", "removal.key-is-free", "parts.*", "errors.precedence.arguments", "restore.cleared",
                "keys.*", "conditions.*", "text.content.nul-refused", "roles.other.refused",
                "order.updated.unmoved-by-others", "atomicity.append.whole-or-nothing",
            ]
        ) {
            call, base, _ in
            do {
                return try await call.perform(on: base)
            } catch {
                if let id = call.appended?.id, let old = try await base.conversation(id) {
                    let messages = try await base.messages(of: id, limit: .max).map {
                        ConversationSnapshot.Message($0)
                    }
                    try await base.deleteConversation(id)
                    try await base.restoreConversation(
                        ConversationSnapshot(
                            id: id, title: old.title, createdAt: old.createdAt, updatedAt: old.updatedAt,
                            lastSequence: old.lastSequence + 1, messages: messages))
                }
                throw error
            }
        },
        Mutant(
            "lists ties by the alphabet", caughtBy: "order.list.ties-by-bytes",
            related: ["order.list.*", "pages.conversations.*"]
        ) { call, base, _ in
            let reply = try await call.perform(on: base)
            guard case .conversations(let page) = reply else { return reply }
            let items = page.items.sorted {
                $0.updatedAt == $1.updatedAt
                    ? $0.id.rawValue.lowercased() < $1.id.rawValue.lowercased() : $0.updatedAt > $1.updatedAt
            }
            return .conversations(ConversationPage(items: items, next: page.next))
        },
        Mutant(
            "moves updatedAt on reads", caughtBy: "order.updated.unmoved-by-others",
            related: [
                "branches.*", "metadata.*", "labels.*", "lists.read-marks", "titles.*", "keys.*", "conditions.*",
                "text.id.length-accepted", "order.*", "atomicity.*", "restore.*", "cascade.*", "tenants.*",
                "pages.conversations.*", "values.codable.given", "snapshots.*",
            ]
        ) { call, base, _ in
            if case .conversation(let id) = call, let read = try await base.conversation(id) {
                try await base.updateTitle(of: id, to: read.title)
            }
            return try await call.perform(on: base)
        },
        Mutant("does not move updatedAt for the same title", caughtBy: "order.updated.moved-by-writes") {
            call, base, _ in
            if case .updateConversation(let id, let change) = call, let title = change.newTitle,
                let read = try await base.conversation(id),
                read.title == title
            {
                return .conversation(read)
            }
            return try await call.perform(on: base)
        },
        Mutant(
            "gives messages the clock's time", caughtBy: "order.time.clock-steps-back", "order.time.last-moment",
            related: ["answers.*", "branches.append.places"]
        ) {
            call, base, _ in
            guard case .append = call, case .appended(var result) = try await call.perform(on: base) else {
                return try await call.perform(on: base)
            }
            result.messages = result.messages.map {
                Message(
                    conversationID: $0.conversationID, sequence: $0.sequence, body: $0.body,
                    createdAt: min($0.createdAt, .now()))
            }
            return .appended(result)
        },
        Mutant(
            "keeps milliseconds", caughtBy: "order.time.microseconds",
            related: [
                "answers.restore", "branches.restore",
                "parts.restored", "lists.labels*", "administration.*", "metadata.*", "labels.*",
                "keys.restored", "conditions.unchanged.incarnation",
                "order.list.time-before-id", "order.time.clock-steps-back", "order.time.last-moment",
                "order.updated.unmoved-by-others", "cascade.clear.keeps-conversation", "restore.cleared",
                "restore.exact",
                "restore.equal-times", "restore.invalid", "values.codable.given",
            ]
        ) { call, base, _ in
            guard case .restoreConversation(var snapshot) = call else { return try await call.perform(on: base) }
            func milliseconds(_ time: Timestamp) -> Timestamp {
                Timestamp(microsecondsSinceEpoch: time.microsecondsSinceEpoch / 1_000 * 1_000)
            }
            snapshot.createdAt = milliseconds(snapshot.createdAt)
            snapshot.updatedAt = milliseconds(snapshot.updatedAt)
            for index in snapshot.messages.indices {
                snapshot.messages[index].createdAt = milliseconds(snapshot.messages[index].createdAt)
            }
            return try await StorageCall.restoreConversation(snapshot).perform(on: base)
        },
        Mutant(
            "reads everything for a negative limit", caughtBy: "limits.negative",
            related: ["limits.checked-for-nothing"]
        ) { call, base, _ in
            if let (id, position, limit) = call.read, limit < 0 {
                return try await StorageCall.messages(of: id, position, limit: .max).perform(on: base)
            }
            return try await call.perform(on: base)
        },
        Mutant(
            "repeats the message at a page's edge", caughtBy: "pages.messages.positions", "pages.messages.walk-all",
            related: [
                "branches.read.paths", "branches.read.walk", "restore.exact", "limits.largest",
                "pages.messages.walk-while-appending",
            ]
        ) {
            call, base, _ in
            if let (id, position, limit) = call.read, let sequence = position.lowerBound, sequence > 0 {
                return try await StorageCall.messages(of: id, .after(sequence - 1), limit: limit).perform(on: base)
            }
            return try await call.perform(on: base)
        },
        Mutant(
            "pages conversations by offset", caughtBy: "pages.conversations.cursor-of-the-gone",
            "pages.conversations.damaged-cursor",
            related: [
                "pages.conversations.walk-while-writing", "pages.conversations.foreign-cursor",
                // An erasure finds in its next walk what it passed over, and takes it for what others wrote.
                "administration.erase-tenant",
            ]
        ) { call, base, _ in
            guard let (cursor, limit) = call.listed, limit > 0 else {
                return try await call.perform(on: base)
            }
            let offset = cursor.flatMap { Int($0.text) } ?? 0
            let all = try await base.conversations(after: nil, limit: .max).items
            let items = Array(all.dropFirst(offset).prefix(limit))
            let end = offset + items.count
            return .conversations(
                ConversationPage(items: items, next: end < all.count ? ConversationCursor("\(end)") : nil))
        },
        Mutant(
            "makes cursors of characters that no cursor has", caughtBy: "values.codable.returned",
            "values.codable.given", related: ["pages.conversations.cursor-is-text"]
        ) { call, base, _ in
            guard let (cursor, limit) = call.listed else { return try await call.perform(on: base) }
            let mark = "page: "
            let own = cursor.map {
                $0.text.hasPrefix(mark) ? ConversationCursor(String($0.text.dropFirst(mark.count))) : $0
            }
            let page = try await base.conversations(after: own, limit: limit)
            return .conversations(
                ConversationPage(items: page.items, next: page.next.map { ConversationCursor(mark + $0.text) }))
        },
        Mutant(
            "breaks ties by the time of creation", caughtBy: "order.list.ties-by-bytes", "order.list.ties-random"
        ) { call, base, tenant in
            let reply = try await call.perform(on: base)
            guard let (cursor, limit) = call.listed, limit > 0 else { return reply }
            var rest = try await base.conversations(after: nil, limit: .max).items.sorted {
                ($1.updatedAt, $1.createdAt, $0.id) < ($0.updatedAt, $0.createdAt, $1.id)
            }[...]
            if let last = try cursor?.position(tenant: tenant ?? "") {
                rest = rest.drop {
                    $0.updatedAt > last.updatedAt || ($0.updatedAt == last.updatedAt && $0.id <= last.id)
                }
            }
            return .conversations(
                ConversationPage(
                    Array(rest.prefix(limit == .max ? limit : limit + 1)), limit: limit,
                    tenant: tenant ?? ""))
        },
        Mutant(
            "gives no more than 100 conversations a page", caughtBy: "limits.many-conversations",
            related: ["lists.labels", "administration.*", "scale.conversations"]
        ) { call, base, _ in
            guard let (cursor, limit) = call.listed, limit > 100 else {
                return try await call.perform(on: base)
            }
            return try await StorageCall.conversations(after: cursor, limit: 100).perform(on: base)
        },
        Mutant("gives nothing for the largest limit after a cursor", caughtBy: "limits.many-conversations") {
            call, base, _ in
            guard let (found, limit) = call.listed, let cursor = found, limit == .max else {
                return try await call.perform(on: base)
            }
            _ = try await base.conversations(after: cursor, limit: 1)
            return .conversations(ConversationPage(items: [], next: nil))
        },
        Mutant(
            "looks at the cursor before the limit", caughtBy: "errors.precedence.limit-before-cursor"
        ) { call, base, tenant in
            if let (found, limit) = call.listed, let cursor = found, limit < 0 {
                _ = try await base.conversations(limit: 0)
                _ = try cursor.position(tenant: tenant ?? "")
            }
            return try await call.perform(on: base)
        },
        Mutant("has a clock of whole seconds", caughtBy: "order.time.fine-clock") { call, base, _ in
            try await call.perform(on: base)
        }.telling { Timestamp(microsecondsSinceEpoch: Timestamp.now().microsecondsSinceEpoch / 1_000_000 * 1_000_000) },
        Mutant("has a clock of milliseconds", caughtBy: "order.time.fine-clock") { call, base, _ in
            try await call.perform(on: base)
        }.telling { Timestamp(microsecondsSinceEpoch: Timestamp.now().microsecondsSinceEpoch / 1_000 * 1_000) },
    ]
}

import ChatStorageConformance
import ChatStorageCore
import ChatStorageInMemory
import Foundation
import Synchronization

extension Mutant {
    /// Mutants that treat text or names wrongly.
    static let text: [Mutant] = [
        Mutant(
            "compares ids canonically", caughtBy: "text.id.canonical-equivalents",
            related: [
                "text.id.length-accepted", "text.id.length-refused", "text.id.any-text", "text.id.random",
                "order.list.ties-by-bytes",
            ]
        ) { call, base, _ in
            try await call.mappingID { ConversationID($0.rawValue.precomposedStringWithCanonicalMapping) }
                .perform(on: base)
        },
        Mutant(
            "ignores the case of ids", caughtBy: "text.id.lookalikes",
            related: [
                "text.id.canonical-equivalents", "text.id.any-text", "text.id.random", "order.list.ties-by-bytes",
                "order.list.ties-random", "order.list.time-before-id",
            ]
        ) { call, base, _ in
            try await call.mappingID { ConversationID($0.rawValue.lowercased()) }.perform(on: base)
        },
        Mutant("cuts ids at 100 scalars", caughtBy: "text.id.length-refused") { call, base, _ in
            try await call.mappingID { ConversationID(String($0.rawValue.unicodeScalars.prefix(100))) }
                .perform(on: base)
        },
        Mutant(
            "cuts contents at U+0000", caughtBy: "text.content.nul-refused",
            related: [
                "parts.*", "order.sequence.failed-append-takes-none", "order.updated.unmoved-by-others",
                "atomicity.append.whole-or-nothing", "errors.precedence.arguments",
            ]
        ) { call, base, _ in
            try await call.mappingContents { String($0.unicodeScalars.prefix { $0.value != 0 }) }.perform(on: base)
        },
        Mutant(
            "trims contents", caughtBy: "text.content.any-text",
            related: ["parts.*", "keys.mismatch", "keys.elsewhere", "text.content.random", "tenants.same-id"]
        ) { call, base, _ in
            try await call.mappingContents { $0.trimmingCharacters(in: .whitespacesAndNewlines) }.perform(on: base)
        },
        Mutant(
            "normalises contents", caughtBy: "text.content.any-text",
            related: ["parts.*", "lists.preview", "text.content.random"]
        ) {
            call, base, _ in
            try await call.mappingContents(\.precomposedStringWithCanonicalMapping).perform(on: base)
        },
        Mutant(
            "counts a title's UTF-16 units", caughtBy: "text.title.length-accepted",
            related: ["errors.precedence.parameters"]
        ) { call, base, _ in
            if let title = call.title, title.utf16.count > 200 {
                throw ChatStorageError(.invalidArgument, "title has \(title.utf16.count); it takes 200")
            }
            return try await call.perform(on: base)
        },
        Mutant(
            "cuts a title at 200 scalars", caughtBy: "text.title.length-refused", "text.title.counts-scalars"
        ) {
            call, base, _ in
            guard let title = call.title else { return try await call.perform(on: base) }
            return try await call.replacingTitle(with: String(title.unicodeScalars.prefix(200))).perform(on: base)
        },
        Mutant("takes roles in any case", caughtBy: "roles.other.refused", related: ["roles.with-tools"]) {
            call, base, _ in
            guard let (messages, id, condition) = call.appended else {
                return try await call.perform(on: base)
            }
            let lowercased = messages.map {
                $0.with(role: Role(rawValue: $0.role.rawValue.lowercased()))
            }
            return try await StorageCall.append(
                NewMessages(lowercased, to: id, if: condition, marksRead: call.marksRead)
            ).perform(on: base)
        },
        Mutant(
            "ignores the case of tenants", caughtBy: "tenants.colliding-names",
            related: ["administration.tenants", "pages.conversations.foreign-cursor", "snapshots.*"]
        ) { backend in
            { call, base, tenant in
                try await call.perform(on: tenant.map { backend.tenant($0.lowercased()) } ?? base)
            }
        },
        Mutant("takes a quote in an id for the end of it", caughtBy: "text.sql.every-operation") { call, base, _ in
            guard case .deleteConversation(let deletion) = call, deletion.id.rawValue.contains("' OR ") else {
                return try await call.perform(on: base)
            }
            let all = try await base.conversations(limit: .max)
            for conversation in all { try await base.deleteConversation(conversation.id) }
            return .existed(!all.isEmpty)
        },
        Mutant("takes a sign in a key for a pattern", caughtBy: "text.sql.every-operation") { call, base, _ in
            guard let (messages, id, _) = call.appended, messages.contains(where: { $0.key == "%" }) else {
                return try await call.perform(on: base)
            }
            let found = try await base.messages(of: id, limit: .max).filter { $0.key != nil }
            return try await found.isEmpty ? call.perform(on: base) : .appended(found, to: id, in: base)
        },
        Mutant(
            "joins a tenant's name and an id to delete", caughtBy: "tenants.colliding-keys",
            related: ["tenants.colliding-names"]
        ) { backend in
            let places = Mutex<[String: [(tenant: String, id: ConversationID)]]>([:])
            return { call, base, tenant in
                guard let id = call.conversationID, let tenant else { return try await call.perform(on: base) }
                let same = places.withLock { places in
                    places["\(tenant)/\(id)", default: []].append((tenant, id))
                    return places["\(tenant)/\(id)"] ?? []
                }
                if case .deleteConversation = call {
                    for other in same where !other.tenant.utf8.elementsEqual(tenant.utf8) {
                        try await backend.tenant(other.tenant).deleteConversation(other.id)
                    }
                }
                return try await call.perform(on: base)
            }
        },
        Mutant(
            "cuts tenants' names at 63 scalars", caughtBy: "text.tenant.long-lookalikes",
            related: ["text.tenant.length", "snapshots.*"]
        ) { backend in
            { call, base, tenant in
                guard let tenant, (try? Validation.check(tenant: tenant)) != nil else {
                    return try await call.perform(on: base)
                }
                return try await call.perform(on: backend.tenant(String(tenant.unicodeScalars.prefix(63))))
            }
        },
        Mutant(
            "takes an empty name for the default tenant's", caughtBy: "tenants.no-name",
            related: ["text.tenant.length"]
        ) { backend in
            { call, base, tenant in
                try await call.perform(on: tenant == "" ? backend.defaultTenant : base)
            }
        },
        Mutant(
            "refuses an empty name in writes only", caughtBy: "tenants.no-name",
            related: ["text.tenant.length"]
        ) { backend in
            { call, base, tenant in
                try await call.perform(on: tenant == "" && call.isRead ? backend.defaultTenant : base)
            }
        },
        Mutant("cuts ids at 63 scalars", caughtBy: "text.id.long-lookalikes", related: ["text.id.*"]) {
            call, base, _ in
            let isTooLong = call.conversationID.map { (try? Validation.check($0)) == nil } ?? false
            guard !isTooLong else { return try await call.perform(on: base) }
            return try await call.mappingID { ConversationID(String($0.rawValue.unicodeScalars.prefix(63))) }
                .perform(on: base)
        },
        Mutant(
            "says the same of every argument that is wrong", caughtBy: "text.breach.names-field-and-lengths",
            "errors.precedence.parameters", related: ["parts.limits", "keys.limits", "keys.all-or-none"]
        ) { call, base, _ in
            do {
                return try await call.perform(on: base)
            } catch let error as ChatStorageError where error.code == .invalidArgument {
                throw ChatStorageError(.invalidArgument, "invalid title, content or limit: 0, 100, 101, 200, 201 or -7")
            }
        },
        Mutant("quotes text in its errors", caughtBy: "errors.tell-no-text", related: ["errors.precedence.parameters"])
        { call, base, _ in
            do {
                return try await call.perform(on: base)
            } catch let error as ChatStorageError {
                throw ChatStorageError(error.code, "\(error.message), here: \(summary(of: call))")
            }
        },
    ]
}

extension StorageCall {
    fileprivate var isRead: Bool {
        switch self {
        case .conversation, .conversations, .messages: true
        default: false
        }
    }

    /// The title that a call gives, if it gives one.
    fileprivate var title: String? {
        switch self {
        case .createConversation(let new): new.title
        case .updateConversation(_, let change): change.newTitle ?? nil
        case .restoreConversation(let snapshot): snapshot.title
        default: nil
        }
    }

    fileprivate func replacingTitle(with title: String) -> StorageCall {
        switch self {
        case .createConversation(var new):
            new.title = title
            return .createConversation(new)
        case .updateConversation(let id, let change): return .updateConversation(id, change.title(title))
        default: return self
        }
    }

    /// The call on the conversation that the function makes of its id.
    fileprivate func mappingID(_ map: (ConversationID) -> ConversationID) -> StorageCall {
        switch self {
        case .createConversation(var new):
            new.id = map(new.id)
            return .createConversation(new)
        case .conversation(let id): return .conversation(map(id))
        case .forks(let id): return .forks(map(id))
        case .updateConversation(let id, let change): return .updateConversation(map(id), change)
        case .deleteConversation(var deletion):
            deletion.id = map(deletion.id)
            return .deleteConversation(deletion)
        case .conversations: return self
        case .append(var new):
            new.conversationID = map(new.conversationID)
            return .append(new)
        case .reviseMessage(var revision):
            revision.conversationID = map(revision.conversationID)
            return .reviseMessage(revision)
        case .messages(var query):
            query.conversationID = map(query.conversationID)
            return .messages(query)
        case .removeMessages(var removal):
            removal.conversationID = map(removal.conversationID)
            return .removeMessages(removal)
        case .restoreConversation(var snapshot):
            snapshot.id = map(snapshot.id)
            return .restoreConversation(snapshot)
        }
    }

    /// The call with what the function makes of each content, of messages that have nothing but their text.
    fileprivate func mappingContents(_ map: (String) -> String) -> StorageCall {
        mappingMessages { message in
            guard message.parts == [.text(message.content)] else { return message }
            var message = message
            message.content = map(message.content)
            return message
        }
    }
}

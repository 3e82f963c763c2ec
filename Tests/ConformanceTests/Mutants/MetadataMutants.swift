import ChatStorageConformance
import ChatStorageCore

extension Mutant {
    /// Mutants that get metadata, labels and the like right only as long as callers come one by one.
    static let metadata: [Mutant] = [
        Mutant(
            "reads a conversation's metadata first and writes it then", caughtBy: "linearisability.metadata",
            "metadata.merge.race", related: ["metadata.conversation.change"]
        ) { call, base, _ in
            guard case .updateConversation(let id, let change) = call, !change.metadata.isEmpty,
                let old = try? await base.conversation(id), let merged = try? change.metadata.applied(to: old.metadata)
            else { return try await call.perform(on: base) }
            for _ in 0..<3 { await Task.yield() }
            return try await StorageCall.updateConversation(id, change.metadata(.replacing(with: merged))).perform(
                on: base)
        },
        Mutant(
            "reads a message's metadata first and writes it then", caughtBy: "linearisability.metadata",
            "metadata.merge.race", related: ["metadata.message.change"]
        ) { call, base, _ in
            guard case .reviseMessage(let revision) = call,
                let old = try? await base.messages(
                    MessageQuery(of: revision.conversationID, .sequences([revision.sequence]))
                ).items.first, let merged = try? revision.metadata.applied(to: old.metadata)
            else { return try await call.perform(on: base) }
            for _ in 0..<3 { await Task.yield() }
            var replacing = revision
            replacing.metadata = .replacing(with: merged)
            return try await StorageCall.reviseMessage(replacing).perform(on: base)
        },
        Mutant(
            "takes a label back that came while another was added", caughtBy: "linearisability.metadata",
            related: ["labels.race"]
        ) { call, base, _ in
            guard case .updateConversation(let id, let change) = call, !change.addedLabels.isEmpty,
                let old = try? await base.conversation(id)
            else { return try await call.perform(on: base) }
            for _ in 0..<3 { await Task.yield() }
            let now = try? await base.conversation(id)?.labels
            var replacing = change
            for label in (now ?? []).subtracting(old.labels) where !change.addedLabels.contains(label) {
                replacing = replacing.removing(label: label)
            }
            return try await StorageCall.updateConversation(id, replacing).perform(on: base)
        },
        Mutant(
            "marks as read what it saw before others marked as unread", caughtBy: "linearisability.metadata",
            related: ["lists.read-marks"]
        ) { call, base, _ in
            guard case .updateConversation(let id, let change) = call, change.unreadFrom == nil, !change.isEmpty,
                let old = try? await base.conversation(id)
            else { return try await call.perform(on: base) }
            for _ in 0..<3 { await Task.yield() }
            let marking = change.read(through: max(old.readThrough, change.readThrough ?? 0))
            return try await StorageCall.updateConversation(id, marking).perform(on: base)
        },
        Mutant(
            "gives a title to what had none when it looked", caughtBy: "linearisability.metadata",
            related: ["titles.if-none"]
        ) { call, base, _ in
            guard case .updateConversation(let id, let change) = call, let title = change.titleIfNone,
                let old = try? await base.conversation(id), old.title == nil
            else { return try await call.perform(on: base) }
            for _ in 0..<3 { await Task.yield() }
            return try await StorageCall.updateConversation(id, change.title(title)).perform(on: base)
        },
        Mutant(
            "marks as read once more when an append is repeated", caughtBy: "linearisability.metadata",
            related: ["keys.*", "lists.read-marks", "conditions.*"]
        ) { call, base, _ in
            let reply = try await call.perform(on: base)
            if call.marksRead, case .append(let new) = call, new.messages.first?.key != nil {
                try await base.updateConversation(new.conversationID, .read(through: .max))
            }
            return reply
        },
    ]
}

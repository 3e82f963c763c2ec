import ChatStorageConformance
import ChatStorageCore
import Foundation
import Synchronization

extension Mutant {
    /// Mutants that get keys or the condition on a version wrong.
    static let keys: [Mutant] = [
        Mutant(
            "ignores keys", caughtBy: "keys.repeated", "keys.race",
            related: [
                "answers.repeated-append", "branches.keys", "removal.key-is-free", "parts.repeated-append",
                "lists.count", "messages.lookup", "lists.read-marks", "keys.*", "errors.precedence.arguments",
                "values.codable.given", "conditions.unchanged.returned-version",
            ]
        ) { call, base, _ in
            try await call.mappingMessages { $0.with(key: nil) }.perform(on: base)
        },
        Mutant(
            "forgets the keys of what it restores", caughtBy: "keys.restored", related: ["parts.restored", "restore.*"]
        ) {
            call, base, _ in
            guard case .restoreConversation(var snapshot) = call else { return try await call.perform(on: base) }
            for index in snapshot.messages.indices { snapshot.messages[index].key = nil }
            return try await StorageCall.restoreConversation(snapshot).perform(on: base)
        },
        Mutant(
            "compares keys canonically", caughtBy: "keys.bytes",
            related: ["messages.lookup", "keys.limits", "keys.restored"]
        ) {
            call, base, _ in
            try await call.mappingMessages {
                $0.with(key: $0.key?.precomposedStringWithCanonicalMapping)
            }.perform(on: base)
        },
        Mutant(
            "has keys that are unique in the whole store", caughtBy: "keys.elsewhere",
            related: ["messages.lookup", "keys.*"]
        ) { _ in
            let places = Mutex<[String: String]>([:])
            return { call, base, tenant in
                guard let (messages, id, _) = call.appended else { return try await call.perform(on: base) }
                let reply = try await call.perform(on: base)
                for key in messages.compactMap(\.key) {
                    let place = "\(tenant ?? "")/\(id)"
                    let first = places.withLock { places in
                        defer { places[key] = places[key] ?? place }
                        return places[key] ?? place
                    }
                    guard first == place else { throw ChatStorageError(.idempotencyMismatch, "it is used") }
                }
                return reply
            }
        },
        Mutant(
            "returns what has the keys without comparing it", caughtBy: "keys.mismatch",
            related: ["answers.repeated-append", "parts.repeated-append", "keys.*", "errors.precedence.arguments"]
        ) { call, base, _ in
            do {
                return try await call.perform(on: base)
            } catch let error as ChatStorageError where error.code == .idempotencyMismatch {
                guard let (messages, id, _) = call.appended else { throw error }
                let stored = try await base.messages(of: id, limit: .max)
                let found = messages.compactMap { message in stored.first { $0.key == message.key } }
                guard found.count == messages.count else { throw error }
                return try await .appended(found, to: id, in: base)
            }
        },
        Mutant(
            "appends what is missing of a batch", caughtBy: "keys.mismatch",
            related: ["removal.key-is-free", "keys.overlapping-batches"]
        ) { call, base, _ in
            do {
                return try await call.perform(on: base)
            } catch let error as ChatStorageError where error.code == .idempotencyMismatch {
                guard let (messages, id, condition) = call.appended else { throw error }
                let stored = try await base.messages(of: id, limit: .max)
                let missing = messages.filter { message in
                    message.key != nil && !stored.contains { $0.key == message.key }
                }
                guard !missing.isEmpty else { throw error }
                return try await .appended(base.append(missing, to: id, if: condition), to: id, in: base)
            }
        },
        Mutant(
            "looks at the condition before the keys", caughtBy: "keys.before-condition",
            related: ["keys.race-if-unchanged", "errors.precedence.arguments"]
        ) { call, base, _ in
            guard let (messages, id, condition) = call.appended, let version = condition.expectedVersion,
                !messages.isEmpty,
                (try? Validation.check(NewMessages(messages, to: id), roles: .standard)) != nil,
                let conversation = try await base.conversation(id), conversation.version != version
            else { return try await call.perform(on: base) }
            throw ChatStorageError(.conflict, "it has changed")
        },
        Mutant(
            "keeps the keys of what was cleared", caughtBy: "keys.removed",
            related: ["removal.key-is-free", "cascade.*"]
        ) { _ in
            let kept = Mutex<[String: [String: Message]]>([:])
            return { call, base, tenant in
                switch call {
                case .removeMessages(let removal):
                    let id = removal.conversationID
                    let messages = (try? await base.messages(of: id, limit: .max)) ?? []
                    let reply = try await call.perform(on: base)
                    for message in messages {
                        if let key = message.key {
                            kept.withLock { $0["\(tenant ?? "")/\(id)", default: [:]][key] = message }
                        }
                    }
                    return reply
                case .append(let new):
                    let (messages, id) = (new.messages, new.conversationID)
                    let old = messages.compactMap { message in
                        message.key.flatMap { key in kept.withLock { $0["\(tenant ?? "")/\(id)"]?[key] } }
                    }
                    if !old.isEmpty, old.count == messages.count { return try await .appended(old, to: id, in: base) }
                    return try await call.perform(on: base)
                default:
                    return try await call.perform(on: base)
                }
            }
        },
        Mutant(
            "looks for keys first and appends then", caughtBy: "keys.race",
            related: [
                "answers.repeated-append", "branches.keys", "removal.key-is-free", "parts.*", "lists.read-marks",
                "messages.lookup", "lists.count", "append.*", "keys.*", "errors.precedence.arguments",
                "conditions.unchanged.returned-version",
            ]
        ) { _ in
            let known = Mutex<[String: [String: Message]]>([:])
            return { call, base, tenant in
                guard let (messages, id, condition) = call.appended else {
                    return try await call.perform(on: base)
                }
                let place = "\(tenant ?? "")/\(id)"
                let found = messages.compactMap { message in
                    message.key.flatMap { key in known.withLock { $0[place]?[key] } }
                }
                if let first = found.first {
                    let run = try await base.messages(of: id, .after(first.sequence - 1), limit: messages.count)
                    return try await .appended(run, to: id, in: base)
                }
                await Task.yield()
                let stored = try await base.append(
                    messages.map { $0.with(key: nil) }, to: id, if: condition)
                for (message, stored) in zip(messages, stored) {
                    if let key = message.key { known.withLock { $0[place, default: [:]][key] = stored } }
                }
                return try await .appended(stored, to: id, in: base)
            }
        },
        Mutant(
            "takes a conversation created again for the one that was read",
            caughtBy: "conditions.unchanged.incarnation",
            related: ["errors.precedence.arguments"]
        ) { call, base, _ in
            guard let (messages, id, condition) = call.appended, var version = condition.expectedVersion,
                let conversation = try? await base.conversation(id)
            else { return try await call.perform(on: base) }
            version.createdAt = conversation.createdAt
            return try await StorageCall.append(messages, to: id, if: .unchanged(version)).perform(on: base)
        },
        Mutant(
            "takes any conversation that exists for unchanged", caughtBy: "conditions.unchanged.append",
            "conditions.unchanged.race",
            related: [
                "branches.head", "restore.cleared", "conditions.unchanged.*", "errors.precedence.arguments",
                "keys.before-condition", "keys.race-if-unchanged", "values.codable.given",
            ]
        ) { call, base, _ in
            guard let (messages, id, condition) = call.appended, condition.expectedVersion != nil else {
                return try await call.perform(on: base)
            }
            return try await StorageCall.append(messages, to: id, if: .exists).perform(on: base)
        },
        Mutant(
            "looks at the version first and appends then", caughtBy: "conditions.unchanged.race",
            related: ["keys.race-if-unchanged"]
        ) { call, base, _ in
            guard let (messages, id, condition) = call.appended, let version = condition.expectedVersion,
                let conversation = try? await base.conversation(id), conversation.version == version
            else { return try await call.perform(on: base) }
            await Task.yield()
            return try await StorageCall.append(messages, to: id, if: .exists).perform(on: base)
        },
        Mutant("takes a new title for a change", caughtBy: "conditions.unchanged.other-changes") { _ in
            let retitled = Mutex<Set<ConversationID>>([])
            return { call, base, _ in
                switch call {
                case .updateConversation(let id, _): retitled.withLock { _ = $0.insert(id) }
                case .append(let new) where new.condition.expectedVersion != nil && !new.messages.isEmpty:
                    let id = new.conversationID
                    guard retitled.withLock({ $0.contains(id) }) else { break }
                    // What is wrong with the store, the tenant and the id comes first.
                    _ = try await base.conversation(id)
                    throw ChatStorageError(.conflict, "its title has changed")
                default: break
                }
                return try await call.perform(on: base)
            }
        },
    ]
}

import ChatStorageConformance
import ChatStorageCore
import Synchronization

extension Mutant {
    /// Mutants that get places, heads, paths or forks wrong.
    static let branches: [Mutant] = [
        Mutant(
            "appends to the end of the path whatever the place", caughtBy: "branches.append.places",
            related: ["branches.*", "removal.from", "removal.in-a-tree"]
        ) {
            call, base, _ in
            try await call.mappingAppend { $0.place = .head }.perform(on: base)
        },
        Mutant(
            "appends after the newest message in place of the head", caughtBy: "branches.append.places",
            related: ["removal.concurrent"]
        ) { call, base, _ in
            guard case .append(let new) = call, new.place == .head, new.condition.expectedVersion == nil,
                let head = try? await base.conversation(new.conversationID)?.head,
                let newest = try await base.newest(of: new.conversationID), newest != head
            else { return try await call.perform(on: base) }
            return try await call.mappingAppend { $0.place = .after(newest) }.perform(on: base)
        },
        Mutant(
            "makes every append the head", caughtBy: "branches.append.places",
            related: ["branches.read.paths", "branches.read.walk", "removal.from"]
        ) { call, base, _ in
            try await call.mappingAppend { $0.movesHead = true }.perform(on: base)
        },
        Mutant(
            "follows the message that it is to stand beside", caughtBy: "branches.append.places",
            related: ["branches.*", "removal.in-a-tree"]
        ) { call, base, _ in
            try await call.mappingAppend { new in
                if let sequence = new.place.replaced { new.place = .after(sequence) }
            }.perform(on: base)
        },
        Mutant(
            "creates a conversation although what is to be followed is not there", caughtBy: "branches.append.places"
        ) { call, base, _ in
            do {
                return try await call.perform(on: base)
            } catch let error as ChatStorageError where error.code == .messageNotFound {
                if case .append(let new) = call { try await base.getOrCreateConversation(new.conversationID) }
                throw error
            }
        },
        Mutant(
            "has the messages of an append all follow one", caughtBy: "branches.append.places",
            related: ["branches.*", "removal.from", "removal.in-a-tree"]
        ) { call, base, _ in
            guard case .append(let new) = call, let place = new.place.predecessor, place > 0, new.messages.count > 1,
                new.messages[0].key == nil, try await base.message(place, of: new.conversationID) != nil
            else { return try await call.perform(on: base) }
            var stored: [Message] = []
            var result = AppendResult.nothing
            for message in new.messages {
                var single = new
                single.messages = [message]
                result = try await base.append(single)
                stored += result.messages
            }
            return .appended(AppendResult(messages: stored, version: result.version))
        },
        Mutant(
            "returns a predecessor that goes without saying if the append named it", caughtBy: "branches.linear",
            related: ["branches.append.places", "branches.keys"]
        ) {
            call, base, _ in
            let reply = try await call.perform(on: base)
            guard case .append(let new) = call, let place = new.place.predecessor, case .appended(let result) = reply
            else { return reply }
            let messages = result.messages.enumerated().map { index, message in
                index == 0 ? message.with(predecessor: place) : message
            }
            return .appended(AppendResult(messages: messages, version: result.version))
        },
        Mutant("has no head in its versions", caughtBy: "branches.head") { call, base, _ in
            guard case .append(let new) = call, var version = new.condition.expectedVersion,
                let conversation = try? await base.conversation(new.conversationID)
            else { return try await call.perform(on: base) }
            version.head = conversation.head
            return try await call.mappingAppend { $0.condition = .unchanged(version) }.perform(on: base)
        },
        Mutant(
            "moves the head when an append is repeated", caughtBy: "branches.keys",
            related: ["keys.repeated", "keys.restored", "conditions.unchanged.returned-version"]
        ) { call, base, _ in
            guard case .append(let new) = call, new.messages.first?.key != nil else {
                return try await call.perform(on: base)
            }
            let before = try? await base.conversation(new.conversationID)?.lastSequence
            let reply = try await call.perform(on: base)
            if case .appended(let result) = reply, let last = result.messages.last?.sequence, last <= before ?? 0 {
                try await base.updateConversation(new.conversationID, .head(last))
            }
            return reply
        },
        Mutant("looks for what is to be followed before it looks for keys", caughtBy: "branches.keys") {
            call, base, _ in
            guard case .append(let new) = call, let sequence = new.place.predecessor ?? new.place.replaced,
                sequence > 0, (try? Validation.check(new, roles: .standard)) != nil, !new.messages.isEmpty,
                try await base.conversation(new.conversationID) != nil,
                try await base.message(sequence, of: new.conversationID) == nil
            else { return try await call.perform(on: base) }
            throw ChatStorageError(.messageNotFound, "it is not there")
        },
        Mutant(
            "reads all branches for the current path", caughtBy: "branches.append.places",
            related: ["branches.*", "removal.from", "removal.in-a-tree"]
        ) { call, base, _ in
            try await call.mappingQuery { if $0.path == .current { $0.path = .all } }.perform(on: base)
        },
        Mutant(
            "reads the path of the newest message whatever the head", caughtBy: "branches.read.paths",
            related: ["branches.*", "removal.from", "removal.in-a-tree"]
        ) {
            call, base, _ in
            guard case .messages(let query) = call, query.lookup == nil, query.limit > 0, query.path == .current,
                let conversation = try? await base.conversation(query.conversationID), conversation.head != nil,
                let newest = try await base.newest(of: query.conversationID)
            else { return try await call.perform(on: base) }
            return try await call.mappingQuery { $0.path = .through(newest) }.perform(on: base)
        },
        Mutant(
            "reads all messages up to the end of a path", caughtBy: "branches.read.paths",
            related: ["branches.concurrent", "removal.*"]
        ) { call, base, _ in
            guard case .messages(let query) = call, query.lookup == nil, query.limit > 0,
                case .through(let end) = query.path, end > 0, query.position == .end,
                case .messages(let page) = try await call.perform(on: base)
            else { return try await call.perform(on: base) }
            var all = query
            (all.path, all.position) = (.all, .before(end + 1))
            let items = try await base.messages(all).items
            return .messages(MessagePage(items, for: query, through: page.through))
        },
        Mutant("goes on with what follows when a walk has lost its path", caughtBy: "branches.read.paths") {
            call, base, _ in
            do {
                return try await call.perform(on: base)
            } catch let error as ChatStorageError where error.code == .conflict {
                guard case .messages(let query) = call, let after = query.position.lowerBound else { throw error }
                var path = query
                (path.position, path.limit) = (.end, .max)
                let page = try await base.messages(path)
                let items = page.items.filter { $0.sequence > after }.prefix(query.limit)
                return .messages(MessagePage(Array(items), for: query, through: page.through))
            }
        },
        Mutant("reads what the path has below a message of another branch", caughtBy: "branches.read.paths") {
            call, base, _ in
            guard case .messages(let query) = call, query.lookup == nil, query.limit > 0, query.path != .all,
                let before = query.position.upperBound,
                case .messages(let page) = try await call.perform(on: base), page.through != nil
            else { return try await call.perform(on: base) }
            var path = query
            (path.position, path.limit) = (.end, .max)
            let items = try await base.messages(path).items.filter { $0.sequence < before }.suffix(query.limit)
            return .messages(MessagePage(Array(items), for: query, through: page.through))
        },
        Mutant(
            "does not say where the path of a page ends", caughtBy: "branches.read.paths", "branches.read.walk"
        ) { call, base, _ in
            guard case .messages(let query) = call, case .messages(let page) = try await call.perform(on: base) else {
                return try await call.perform(on: base)
            }
            return .messages(MessagePage(page.items, for: query))
        },
        Mutant("keeps walks to a path where there is only one", caughtBy: "branches.linear", "branches.read.walk") {
            call, base, _ in
            guard case .messages(let query) = call, query.lookup == nil, query.path == .current,
                case .messages(let page) = try await call.perform(on: base), page.through == nil,
                let newest = try await base.newest(of: query.conversationID)
            else { return try await call.perform(on: base) }
            return .messages(MessagePage(page.items, for: query, through: newest))
        },
        Mutant("reads nothing through a message that is not there", caughtBy: "branches.read.paths") { call, base, _ in
            do {
                return try await call.perform(on: base)
            } catch let error as ChatStorageError where error.code == .messageNotFound {
                guard case .messages(let query) = call else { throw error }
                return .messages(MessagePage(items: [], hasMore: false, through: query.limit > 0 ? 0 : nil))
            }
        },
        Mutant("looks messages up on the current path", caughtBy: "branches.read.paths") { call, base, _ in
            guard case .messages(let query) = call, query.lookup != nil,
                case .messages(let page) = try await call.perform(on: base)
            else { return try await call.perform(on: base) }
            let path = try await base.messages(of: query.conversationID, limit: .max).map(\.sequence)
            return .messages(MessagePage(items: page.items.filter { path.contains($0.sequence) }, hasMore: false))
        },
        Mutant("makes no head of a message that is not there, and says nothing", caughtBy: "branches.head") {
            call, base, _ in
            do {
                return try await call.perform(on: base)
            } catch let error as ChatStorageError where error.code == .messageNotFound {
                guard case .updateConversation(let id, _) = call else { throw error }
                return .conversation(try await base.conversation(id))
            }
        },
        Mutant("shows a branch's own message in place of its newest end", caughtBy: "branches.head") { call, base, _ in
            guard case .updateConversation(let id, let change) = call, case .newest(let sequence)? = change.newHead,
                sequence > 0
            else { return try await call.perform(on: base) }
            return try await StorageCall.updateConversation(id, change.head(sequence)).perform(on: base)
        },
        Mutant("moves a conversation whose head is set", caughtBy: "branches.head") { call, base, _ in
            guard case .updateConversation(let id, let change) = call, change.newHead != nil, change.newTitle == nil,
                change.titleIfNone == nil, let old = try? await base.conversation(id)
            else { return try await call.perform(on: base) }
            return try await StorageCall.updateConversation(id, change.title(old.title)).perform(on: base)
        },
        Mutant("shows in lists what the newest branch says", caughtBy: "branches.head") { call, base, _ in
            guard case .conversations(let query) = call, let scalars = query.preview,
                case .conversations(let page) = try await call.perform(on: base)
            else { return try await call.perform(on: base) }
            var items: [Conversation] = []
            for var conversation in page.items {
                let last = try await base.messages(MessageQuery(of: conversation.id, on: .all, limit: 16)).items
                let shown = last.last { !$0.content.isEmpty }
                conversation.preview = shown.map { MessagePreview($0, scalars: scalars) }
                items.append(conversation)
            }
            return .conversations(ConversationPage(items: items, next: page.next))
        },
        Mutant(
            "finds no fork at the beginning", caughtBy: "branches.forks",
            related: ["branches.concurrent", "removal.concurrent", "removal.from", "removal.in-a-tree"]
        ) { call, base, _ in
            try await call.perform(on: base).mappingForks { fork in fork.after == 0 ? nil : fork }
        },
        Mutant(
            "takes each successor of a fork for its own newest end", caughtBy: "branches.forks",
            related: ["branches.concurrent", "removal.*"]
        ) {
            call, base, _ in
            try await call.perform(on: base).mappingForks { fork in
                Fork(
                    after: fork.after,
                    successors: fork.successors.map { .init(sequence: $0.sequence, newestEnd: $0.sequence) })
            }
        },
        Mutant(
            "finds forks on the current path alone", caughtBy: "branches.forks",
            related: ["branches.concurrent", "removal.concurrent", "removal.from", "removal.in-a-tree"]
        ) { call, base, _ in
            guard case .forks(let id) = call else { return try await call.perform(on: base) }
            let path = (try? await base.messages(of: id, limit: .max).map(\.sequence)) ?? []
            return try await call.perform(on: base).mappingForks { fork in path.contains(fork.after) ? fork : nil }
        },
        Mutant(
            "takes a place for a fork that only one message follows", caughtBy: "branches.forks",
            related: ["branches.concurrent"]
        ) { call, base, _ in
            guard case .forks(let id) = call, case .forks(var forks) = try await call.perform(on: base) else {
                return try await call.perform(on: base)
            }
            for message in try await base.messages(MessageQuery(of: id, on: .all, limit: .max)).items {
                guard let place = message.predecessor, !forks.contains(where: { $0.after == place }) else { continue }
                let successor = Fork.Successor(sequence: message.sequence, newestEnd: message.sequence)
                forks.append(Fork(after: place, successors: [successor]))
            }
            return .forks(forks)
        },
        Mutant(
            "keeps that a conversation had branched when it clears it", caughtBy: "branches.clear",
            related: ["tenants.isolated"]
        ) { _ in
            let cleared = Mutex<Set<ConversationID>>([])
            return { call, base, _ in
                if case .removeMessages(let removal) = call, removal.selection == .all,
                    let conversation = try? await base.conversation(removal.conversationID), conversation.isBranched
                {
                    cleared.withLock { _ = $0.insert(conversation.id) }
                }
                return try await call.perform(on: base).mappingConversations { conversation in
                    cleared.withLock { $0.contains(conversation.id) }
                        ? conversation.with(isBranched: true) : conversation
                }
            }
        },
        Mutant("restores messages without their branches", caughtBy: "branches.restore") {
            call, base, _ in
            try await call.mappingSnapshot { snapshot in
                guard snapshot.isSound else { return }
                for index in snapshot.messages.indices { snapshot.messages[index].predecessor = nil }
            }.perform(on: base)
        },
        Mutant("restores no head", caughtBy: "branches.restore") { call, base, _ in
            try await call.mappingSnapshot { if $0.isSound { $0.head = nil } }.perform(on: base)
        },
        Mutant("restores what follows a message that is not in the snapshot", caughtBy: "branches.restore") {
            call, base, _ in
            try await call.mappingSnapshot { snapshot in
                let sequences = snapshot.messages.map(\.sequence)
                for index in snapshot.messages.indices {
                    guard let predecessor = snapshot.messages[index].predecessor, predecessor > 0 else { continue }
                    if !sequences[..<index].contains(predecessor) { snapshot.messages[index].predecessor = nil }
                }
            }.perform(on: base)
        },
        Mutant("restores a head that is not in the snapshot as none", caughtBy: "branches.restore") { call, base, _ in
            try await call.mappingSnapshot { snapshot in
                if let head = snapshot.head, head > 0, !snapshot.messages.contains(where: { $0.sequence == head }) {
                    snapshot.head = nil
                }
            }.perform(on: base)
        },
        Mutant("takes a predecessor for a branch when a snapshot says it", caughtBy: "branches.restore") {
            call, base, _ in
            guard case .restoreConversation(let snapshot) = call,
                snapshot.messages.contains(where: { $0.predecessor != nil }),
                case .conversation(let conversation?) = try await call.perform(on: base)
            else { return try await call.perform(on: base) }
            return .conversation(conversation.with(isBranched: true))
        },
        Mutant(
            "looks where the head is first and appends then", caughtBy: "linearisability.tree",
            related: [
                "atomicity.append.creation-race", "order.sequence.concurrent-batches",
                "order.sequence.concurrent-writers", "schema.prepare.concurrent", "schema.prepare.during-calls",
            ]
        ) { call, base, _ in
            guard case .append(let new) = call, new.place == .head, new.condition.expectedVersion == nil,
                new.messages.first?.key == nil, let conversation = try? await base.conversation(new.conversationID),
                let end = try await base.messages(of: conversation.id, limit: 1).last
            else { return try await call.perform(on: base) }
            for _ in 0..<5 { await Task.yield() }
            do {
                return try await call.mappingAppend { $0.place = .after(end.sequence) }.perform(on: base)
            } catch let error as ChatStorageError where error.code == .messageNotFound {
                return try await call.perform(on: base)
            }
        },
        Mutant("looks where a branch ends first and shows it then", caughtBy: "linearisability.tree") { call, base, _ in
            guard case .updateConversation(let id, let change) = call, case .newest(let sequence)? = change.newHead,
                sequence > 0
            else { return try await call.perform(on: base) }
            let fork = try? await base.forks(of: id).flatMap(\.successors).first { $0.sequence == sequence }
            guard let end = fork?.newestEnd else { return try await call.perform(on: base) }
            for _ in 0..<5 { await Task.yield() }
            do {
                return try await StorageCall.updateConversation(id, change.head(end)).perform(on: base)
            } catch let error as ChatStorageError where error.code == .messageNotFound {
                return try await call.perform(on: base)
            }
        },
    ]
}

extension StorageReply {
    fileprivate func mappingForks(_ change: (Fork) -> Fork?) -> StorageReply {
        guard case .forks(let forks) = self else { return self }
        return .forks(forks.compactMap(change))
    }
}

extension ConversationSnapshot {
    /// Whether a store takes it.
    fileprivate var isSound: Bool { (try? Validation.check(self, roles: .standard)) != nil }
}

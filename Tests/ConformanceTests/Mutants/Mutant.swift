import ChatStorageConformance
import ChatStorageCore
import ChatStorageInMemory

/// A broken variant of the in-memory backend, and the checks that must notice.
struct Mutant: Sendable, CustomStringConvertible {
    /// What a mutant makes of a call: `base` is the handle that would have answered, `tenant` its
    /// name, nil for the default tenant.
    typealias Fault =
        @Sendable (_ call: StorageCall, _ base: any ChatStorage, _ tenant: String?) async throws -> StorageReply

    /// What is wrong with it.
    let description: String
    /// The ids of the checks that name the fault.
    let caughtBy: [String]
    /// The checks that may notice too, since they meet the fault on their way: ids, or beginnings of ids before a `*`.
    let related: [String]
    /// The fault of a new store.
    let makeFault: @Sendable (InMemoryBackend) -> Fault
    private var ownHarness: (any ConformanceHarness)?
    /// Where its times come from.
    var clock: @Sendable () -> Timestamp = Timestamp.now
    /// What becomes of `prepare()`.
    var prepare: @Sendable (any ChatStorageBackend) async throws -> Void = { try await $0.prepare() }
    /// What becomes of `close()`.
    var close: @Sendable (any ChatStorageBackend) async throws -> Void = { try await $0.close() }

    init(
        _ description: String, caughtBy: String..., related: [String] = [],
        makeFault: @escaping @Sendable (InMemoryBackend) -> Fault
    ) {
        self.description = description
        self.caughtBy = caughtBy
        self.related = related
        self.makeFault = makeFault
    }

    /// A mutant without state of its own.
    init(_ description: String, caughtBy: String..., related: [String] = [], fault: @escaping Fault) {
        self.description = description
        self.caughtBy = caughtBy
        self.related = related
        makeFault = { _ in fault }
    }

    /// A mutant whose fault lies in its stores, such as in what they keep or say of themselves.
    init(_ description: String, caughtBy: String..., related: [String] = [], harness: any ConformanceHarness) {
        self.description = description
        self.caughtBy = caughtBy
        self.related = related
        makeFault = { _ in { call, base, _ in try await call.perform(on: base) } }
        ownHarness = harness
    }

    /// The harness by which the suite uses the mutant.
    var harness: any ConformanceHarness { ownHarness ?? MutantHarness(mutant: self) }

    /// Whether a check may notice the mutant.
    func mayFail(_ checkID: String) -> Bool {
        (caughtBy + related).contains { checkID.matches($0) }
    }

    /// The mutant with another clock.
    func telling(_ clock: @escaping @Sendable () -> Timestamp) -> Mutant {
        var mutant = self
        mutant.clock = clock
        return mutant
    }

    /// The mutant with another `prepare()` and `close()`.
    func preparing(
        _ prepare: @escaping @Sendable (any ChatStorageBackend) async throws -> Void = { try await $0.prepare() },
        closing close: @escaping @Sendable (any ChatStorageBackend) async throws -> Void = { try await $0.close() }
    ) -> Mutant {
        var mutant = self
        mutant.prepare = prepare
        mutant.close = close
        return mutant
    }
}

extension String {
    /// Whether this id of a check is the pattern, or begins as a pattern before its `*`.
    func matches(_ pattern: String) -> Bool {
        pattern.hasSuffix("*") ? hasPrefix(pattern.dropLast()) : self == pattern
    }
}

/// Stores that a mutant breaks.
struct MutantHarness: ConformanceHarness {
    let mutant: Mutant

    var name: String { "a backend that \(mutant)" }

    func makeStore() -> any ConformanceStore {
        Store(backend: backend(taking: .standard), mutant: mutant)
    }

    fileprivate func backend(taking roles: RoleSet) -> InterceptedBackend {
        let backend = InMemoryBackend(clock: mutant.clock, roles: roles)
        return InterceptedBackend(backend, interceptor: FaultInterceptor(mutant, in: backend))
    }

    private struct Store: ConformanceStore {
        let backend: InterceptedBackend
        let mutant: Mutant

        func handle(taking roles: RoleSet) -> any ChatStorageBackend {
            MutantHarness(mutant: mutant).backend(taking: roles)
        }

        func handles(_ count: Int) -> [any ChatStorageBackend] { Array(repeating: backend, count: count) }

        func reopen() -> any ChatStorageBackend { InMemoryBackend() }

        func remove() {}
    }
}

struct FaultInterceptor: StorageInterceptor {
    private let mutant: Mutant
    private let fault: Mutant.Fault

    init(_ mutant: Mutant, in backend: InMemoryBackend) {
        self.mutant = mutant
        fault = mutant.makeFault(backend)
    }

    func perform(_ call: StorageCall, tenant: String?, on base: any ChatStorage) async throws -> StorageReply {
        try await fault(call, base, tenant)
    }

    func prepare(_ base: any ChatStorageBackend, _ preparation: Preparation) async throws {
        try await mutant.prepare(base)
    }

    func close(_ base: any ChatStorageBackend) async throws { try await mutant.close(base) }
}

/// How mutants take calls apart and put replies together.
extension StorageCall {
    /// What a plain append is about; nil for another call, and for one that makes a branch or begins an answer.
    var appended: (messages: [ChatMessage], id: ConversationID, condition: AppendCondition)? {
        guard case .append(let new) = self, new.place == .head, new.movesHead, !new.isStreaming else { return nil }
        return (new.messages, new.conversationID, new.condition)
    }

    /// Whether an append marks everything as read.
    var marksRead: Bool {
        guard case .append(let new) = self else { return false }
        return new.marksRead
    }

    /// What a read of a plain page of messages is about; nil for another call.
    var read: (id: ConversationID, position: MessagePosition, limit: Int)? {
        guard case .messages(let query) = self, query.lookup == nil, query.path == .current, query.states == .all else {
            return nil
        }
        return (query.conversationID, query.position, query.limit)
    }

    /// What a plain list of conversations is about; nil for another call.
    var listed: (cursor: ConversationCursor?, limit: Int)? {
        guard case .conversations(let query) = self, query.with.isEmpty, query.without.isEmpty, query.preview == nil
        else { return nil }
        return (query.cursor, query.limit)
    }

    /// The call with what the function makes of each message that it appends.
    func mappingMessages(_ map: (ChatMessage) -> ChatMessage) -> StorageCall {
        guard case .append(var new) = self else { return self }
        new.messages = new.messages.map(map)
        return .append(new)
    }
}

extension ChatMessage {
    /// The same message with another key.
    func with(key: String?) -> ChatMessage {
        var message = self
        message.key = key
        return message
    }

    /// The same message of another role.
    func with(role: Role) -> ChatMessage {
        guard role != self.role else { return self }
        var message = self
        message.role = role
        return message
    }
}

extension StorageReply {
    /// The reply to an append, with the version that the last of the messages made.
    static func appended(
        _ messages: [Message], to id: ConversationID, in base: any ChatStorage
    ) async throws -> StorageReply {
        let version = try await base.conversation(id).map {
            ConversationVersion(
                createdAt: $0.createdAt, lastSequence: messages.last?.sequence ?? 0,
                clearedThrough: $0.version.clearedThrough, head: $0.head)
        }
        return .appended(AppendResult(messages: messages, version: messages.isEmpty ? nil : version))
    }
}

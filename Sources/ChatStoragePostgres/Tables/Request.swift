import ChatStorageCore

/// A call's request to the database: a script, and what decides when and on which connection it is sent.
struct Request: Sendable {
    typealias Step = Script.Step

    /// What decides which connection a request takes.
    enum Kind: Sendable {
        /// It reads; a long answer must not hold up short ones.
        case read(isLong: Bool)
        /// It writes, and locks a conversation's row.
        case write(ConversationKey)
        /// It writes, and can go in one statement with others.
        case mergeable(any MergeableWrite)
    }

    /// Which messages a read asks for, if its answer's size depends on theirs.
    ///
    /// It is an object, since requests are copied often.
    final class Page: Sendable {
        let tenant: String
        let id: ConversationID
        /// How many messages are read at most.
        let limit: Int

        init(tenant: String, id: ConversationID, limit: Int) {
            self.tenant = tenant
            self.id = id
            self.limit = limit
        }

        /// The conversation; made only when it is needed, since it costs a hash.
        var key: ConversationKey { ConversationKey(tenant: tenant, id: id) }
    }

    private(set) var script: Script
    /// What kind of call it is.
    let kind: Kind
    /// Whether it can be sent again although it may have been done: a repetition then changes nothing.
    let isRepeatable: Bool
    /// The page that is read, if it is one of messages.
    let page: Page?

    init(groups: [[Step]], _ kind: Kind, isRepeatable: Bool = false) {
        switch kind {
        case .read(let isLong):
            self.init(Script(groups, isWrite: false, sharesSync: !isLong), kind, isRepeatable: true)
        case .write, .mergeable:
            self.init(Script(groups, isWrite: true), kind, isRepeatable: isRepeatable)
        }
    }

    init(_ script: Script, _ kind: Kind, isRepeatable: Bool, page: Page? = nil) {
        self.script = script
        self.kind = kind
        self.isRepeatable = isRepeatable
        self.page = page
    }

    /// Whether its answer is short and waits for no disk.
    var isShortRead: Bool {
        if case .read(isLong: false) = kind { true } else { false }
    }

    /// About how many bytes of values are sent.
    var bytes: Int { script.bytes }

    var isWrite: Bool { script.isWrite }

    /// The same in a transaction of its own.
    var withOwnSync: Request {
        var request = self
        request.script = script.withOwnSync
        return request
    }

    /// One statement that reads.
    static func read(
        _ statement: PreparedSQL, _ parameters: Parameters = Parameters(), isLong: Bool = false, page: Page? = nil
    ) -> Request {
        let step = Step(statement: statement, bytes: 0) { parameters }
        return Request(
            Script([[step]], isWrite: false, sharesSync: !isLong), .read(isLong: isLong), isRepeatable: true,
            page: page)
    }

    /// One statement that writes to a conversation: a transaction by itself.
    static func write(
        _ statement: PreparedSQL, to key: ConversationKey, bytes: Int = 0, _ parameters: Parameters
    ) -> Request {
        Request(groups: [[Step(statement: statement, bytes: bytes) { parameters }]], .write(key))
    }

    /// Several statements in one transaction, in one round trip.
    static func transaction(_ steps: [Step], on key: ConversationKey) -> Request {
        Request(Script.transaction(steps), .write(key), isRepeatable: false)
    }
}

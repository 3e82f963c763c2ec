import ChatStorageCore

/// What a call sends: statements with their values, in groups.
///
/// A Sync follows each group: after an error the server skips the rest of the group, and goes on with the next.
struct Request: Sendable {
    /// A statement with its values.
    struct Step: Sendable {
        let statement: PreparedSQL
        /// About how many bytes the values have.
        let bytes: Int
        /// The page that it reads, if it is one of messages.
        var page: Page?
        /// The values, encoded when they are sent, so that a long request is never in memory as a whole.
        let parameters: @Sendable () -> Parameters
    }

    /// Which messages a read asks for, if its answer's size depends on theirs.
    struct Page: Sendable {
        let tenant: String
        let id: ConversationID
        /// How many messages are read at most.
        let limit: Int

        /// The conversation; made where it is needed, since it costs a hash.
        var key: ConversationKey { ConversationKey(tenant: tenant, id: id) }
    }

    let groups: [[Step]]
    /// What kind of call it is.
    let kind: Kind
    /// About how many bytes of values are sent.
    let bytes: Int
    /// Whether it can be sent again although it may have been done: once done, it changes nothing.
    let isRepeatable: Bool

    /// What decides which connection a request takes.
    enum Kind: Sendable {
        /// It reads; a long answer must not hold up short ones.
        case read(isLong: Bool)
        /// It writes, and locks a conversation's row.
        case write(ConversationKey)
        /// It writes, and can go in one statement with others.
        case mergeable(any MergeableWrite)
    }

    var isWrite: Bool {
        if case .read = kind { false } else { true }
    }

    /// The statement of a short read, which others of the same statement can follow in the same implicit transaction.
    private(set) var shareableStatement: PreparedSQL?
    /// The page that is read, if it is one of messages; it lies with the step, since requests are copied often.
    var page: Page? { groups.first?.first?.page }

    init(groups: [[Step]], _ kind: Kind, isRepeatable: Bool = false) {
        self.groups = groups
        self.kind = kind
        if case .read = kind { self.isRepeatable = true } else { self.isRepeatable = isRepeatable }
        bytes = groups.joined().reduce(0) { $0 + $1.bytes }
        if case .read(isLong: false) = kind, groups.count == 1, groups[0].count == 1 {
            shareableStatement = groups[0][0].statement
        }
    }

    /// The same in a transaction of its own.
    var withOwnSync: Request {
        var request = self
        request.shareableStatement = nil
        return request
    }

    /// The same request with timeouts of its own, for its transaction alone.
    ///
    /// The step that sets them has an answer too: see ``ownAnswers(_:)``.
    func with(lockWait: Duration, statementTimeout: Duration) -> Request {
        var groups = groups
        let step = Step(statement: .setTimeouts, bytes: 0) {
            Parameters { values in
                values.append(ServerTimeouts.milliseconds(lockWait))
                values.append(ServerTimeouts.milliseconds(statementTimeout))
            }
        }
        if !groups.isEmpty { groups[0].insert(step, at: placeOfTimeouts) }
        var request = Request(groups: groups, kind, isRepeatable: isRepeatable)
        request.shareableStatement = nil
        return request
    }

    /// The request's own answers, without that of the step that sets timeouts.
    func ownAnswers(_ answers: [QueryResult]) -> [QueryResult] {
        var answers = answers
        if answers.indices.contains(placeOfTimeouts) { answers.remove(at: placeOfTimeouts) }
        return answers
    }

    /// In an explicit transaction they follow its BEGIN.
    private var placeOfTimeouts: Int { groups.first?.first?.statement === PreparedSQL.begin ? 1 : 0 }

    /// One statement that reads.
    static func read(
        _ statement: PreparedSQL, _ parameters: Parameters = Parameters(), isLong: Bool = false, page: Page? = nil
    ) -> Request {
        Request(groups: [[Step(statement: statement, bytes: 0, page: page) { parameters }]], .read(isLong: isLong))
    }

    /// One statement that writes to a conversation: a transaction by itself.
    static func write(
        _ statement: PreparedSQL, to key: ConversationKey, bytes: Int = 0, _ parameters: Parameters
    ) -> Request {
        Request(groups: [[Step(statement: statement, bytes: bytes) { parameters }]], .write(key))
    }

    /// Several statements in one transaction, in one round trip.
    ///
    /// COMMIT is a group of its own: after an error in the first group the server still reads it, and takes it for
    /// ROLLBACK. The isolation level is named, so that it does not depend on the server's default.
    static func transaction(_ steps: [Step], on key: ConversationKey) -> Request {
        let begin = Step(statement: .begin, bytes: 0) { Parameters() }
        let commit = Step(statement: .commit, bytes: 0) { Parameters() }
        return Request(groups: [[begin] + steps, [commit]], .write(key))
    }

    /// How many answers are in when only the end of the transaction is left: from there on it may have happened.
    var answersBeforeCommit: Int {
        let statements = groups.reduce(0) { $0 + $1.count }
        return groups.count > 1 ? statements - 1 : statements
    }
}

/// The statements that a connection sends for a call, with their values, in groups.
///
/// A Sync follows each group: after an error the server skips the rest of the group, and goes on with the next group.
struct Script: Sendable {
    /// A statement with its values.
    struct Step: Sendable {
        let statement: PreparedSQL
        /// About how many bytes the values have.
        let bytes: Int
        /// The values, encoded when they are sent, so that a long request is never in memory as a whole.
        let parameters: @Sendable () -> Parameters
    }

    let groups: [[Step]]
    /// Whether it changes something.
    let isWrite: Bool
    /// About how many bytes of values are sent.
    let bytes: Int
    /// The statement of a short read; reads with the same statement can follow in the same implicit transaction.
    private(set) var shareableStatement: PreparedSQL?

    /// Makes a script.
    ///
    /// - Parameter sharesSync: Whether it is a read of one statement that can be done in one implicit transaction with
    ///   others.
    init(_ groups: [[Step]], isWrite: Bool, sharesSync: Bool = false) {
        self.groups = groups
        self.isWrite = isWrite
        bytes = groups.joined().reduce(0) { $0 + $1.bytes }
        if sharesSync, groups.count == 1, groups[0].count == 1 { shareableStatement = groups[0][0].statement }
    }

    /// Several statements that write in one transaction, in one round trip.
    ///
    /// COMMIT is a group of its own: after an error in the first group the server still reads it, and takes it for
    /// ROLLBACK. The isolation level is named, so that it does not depend on the server's default.
    static func transaction(_ steps: [Step]) -> Script {
        let begin = Step(statement: .begin, bytes: 0) { Parameters() }
        let commit = Step(statement: .commit, bytes: 0) { Parameters() }
        return Script([[begin] + steps, [commit]], isWrite: true)
    }

    /// The same in a transaction of its own.
    var withOwnSync: Script {
        var script = self
        script.shareableStatement = nil
        return script
    }

    /// The same with timeouts of its own, for its transaction alone.
    ///
    /// The step that sets them has an answer too: see ``ownAnswers(_:)``.
    func with(lockWait: Duration, statementTimeout: Duration) -> Script {
        var groups = groups
        let step = Step(statement: .setTimeouts, bytes: 0) {
            Parameters { values in
                values.append(milliseconds: lockWait)
                values.append(milliseconds: statementTimeout)
            }
        }
        if !groups.isEmpty { groups[0].insert(step, at: placeOfTimeouts) }
        return Script(groups, isWrite: isWrite)
    }

    /// The script's own answers, without that of the step that sets timeouts.
    func ownAnswers(_ answers: [QueryResult]) -> [QueryResult] {
        var answers = answers
        if answers.indices.contains(placeOfTimeouts) { answers.remove(at: placeOfTimeouts) }
        return answers
    }

    /// In an explicit transaction the timeouts follow its BEGIN.
    private var placeOfTimeouts: Int { groups.first?.first?.statement === PreparedSQL.begin ? 1 : 0 }

    /// How many answers have come when only the end of the transaction is left: from then on it may have committed.
    var answersBeforeCommit: Int {
        let statements = groups.reduce(0) { $0 + $1.count }
        return groups.count > 1 ? statements - 1 : statements
    }
}

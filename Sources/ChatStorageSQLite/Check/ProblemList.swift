import ChatStorageCore

/// The problems that a check has found so far.
///
/// It keeps the first thousand and counts the others.
final class ProblemList {
    private static let most = 1_000

    private(set) var problems: [SQLiteBackend.CheckProblem] = []
    private(set) var count = 0

    func add(_ problem: SQLiteBackend.CheckProblem) {
        count += 1
        if problems.count < Self.most { problems.append(problem) }
    }
}

/// The problems of one conversation.
struct ConversationProblems {
    let list: ProblemList
    let tenant: String
    let id: ConversationID

    func add(_ kind: SQLiteBackend.CheckProblem.Kind, _ message: String) {
        add(kind, nil, message)
    }

    private func add(_ kind: SQLiteBackend.CheckProblem.Kind, _ sequence: Int64?, _ message: String) {
        list.add(
            SQLiteBackend.CheckProblem(
                kind: kind, tenant: tenant.isEmpty ? nil : tenant, conversationID: id, sequence: sequence,
                message: message))
    }

    /// Runs a body and adds a problem if it throws `damaged`; other errors end the check.
    func report(
        _ kind: SQLiteBackend.CheckProblem.Kind, _ sequence: Int64? = nil, _ body: () throws -> Void
    ) throws {
        do {
            try body()
        } catch let error as ChatStorageError where error.code == .damaged {
            add(kind, sequence, error.message)
        }
    }
}

/// A write that can share a statement with others.
///
/// The queue decides which waiting writes go together. The writes know the statement, and which part of its answer each
/// of them gets.
protocol MergeableWrite: Sendable {
    /// The conversation whose row it locks.
    var key: ConversationKey { get }
    /// How many rows it adds.
    var rowCount: Int { get }
    /// Equal for writes that can share a statement; nil for a write that goes alone.
    var mergeGroup: ObjectIdentifier? { get }

    /// Puts it and others of its group into one statement, in this order.
    ///
    /// - Returns: Nil if one of them is of another type.
    func merged(with others: [any MergeableWrite]) -> (any MergedWrites)?
}

/// Several writes in one statement.
protocol MergedWrites: Sendable {
    /// The conversations that they write to, each once.
    var keys: [ConversationKey] { get }
    /// The one request for all of them.
    var request: Request { get }

    /// Each write's share of the answers to the request, in their order.
    func shares(of answers: [QueryResult]) -> [Result<any Sendable, any Error>]
}

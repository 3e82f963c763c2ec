/// What a read may take on its caller's thread; one that needs more moves to another thread.
struct ReadBudget {
    /// Bytes of text.
    var bytes = Int.max
    /// Rows that are looked at, whether they are returned or not.
    var rows = Int.max

    static let unlimited = ReadBudget()

    /// Uses bytes up.
    ///
    /// - Throws: ``ReadBudgetExceeded``.
    mutating func take(bytes count: Int) throws {
        bytes -= count
        guard bytes >= 0 else { throw ReadBudgetExceeded() }
    }

    /// Uses a row up.
    ///
    /// - Throws: ``ReadBudgetExceeded``.
    mutating func takeRow() throws {
        rows -= 1
        guard rows >= 0 else { throw ReadBudgetExceeded() }
    }
}

/// Thrown by a read that needs more than the connection's budget.
struct ReadBudgetExceeded: Error {}

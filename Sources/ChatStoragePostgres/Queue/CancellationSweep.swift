/// When to search the waiting calls for those whose callers were cancelled.
///
/// A search looks at every call that waits, so it must free enough of them to be worth that.
struct CancellationSweep: Sendable {
    /// Examines at most this many calls per cancellation, while the store is open.
    static let looksPerCancellation = 64

    /// Whether to search now.
    ///
    /// - Parameters:
    ///   - cancelled: How many callers were cancelled since the last search, whether their calls waited or not.
    ///   - waiting: How many calls wait.
    ///   - isClosing: Whether the store is closing; it then waits only for calls whose callers still wait.
    func isDue(cancelled: Int, waiting: Int, isClosing: Bool = false) -> Bool {
        guard cancelled > 0, !isClosing else { return cancelled > 0 }
        return cancelled >= waiting / Self.looksPerCancellation
    }
}

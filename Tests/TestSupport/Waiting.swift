/// Waits until a condition holds, or the task is cancelled, which is what a test's time limit does.
///
/// - Throws: What the condition throws, or `CancellationError`.
package func waitUntil(_ condition: () async throws -> Bool) async throws {
    while try await !condition() {
        try Task.checkCancellation()
        await Task.yield()
    }
}

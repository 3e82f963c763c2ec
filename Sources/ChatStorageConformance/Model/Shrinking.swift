/// Shortens a failing sequence: leaves out smaller and smaller pieces, as long as the rest still fails.
///
/// Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input" (2002), with complements only.
///
/// - Parameters:
///   - attempts: How often `fails` is called at most.
///   - fails: Whether the given rest still fails.
package func shrunk<Element>(
    _ elements: [Element], attempts: Int, fails: ([Element]) async throws -> Bool
) async rethrows -> [Element] {
    var elements = elements
    var attempts = attempts
    var piece = max(1, elements.count / 2)
    while true {
        var start = 0
        var hasShrunk = false
        while start < elements.count {
            guard attempts > 0 else { return elements }
            attempts -= 1
            var candidate = elements
            candidate.removeSubrange(start..<min(start + piece, elements.count))
            if try await fails(candidate) {
                elements = candidate
                hasShrunk = true
            } else {
                start += piece
            }
        }
        // Without one element, others may no longer be needed.
        if piece == 1, !hasShrunk { return elements }
        piece = max(1, piece / 2)
    }
}

import Synchronization

/// An expectation of a check that did not hold.
public struct CheckFailure: Sendable, CustomStringConvertible {
    /// What was expected, as a statement about the backend.
    public let expectation: String
    /// The expected value, if there is one.
    public let expected: String?
    /// The value or error that came instead.
    public let actual: String?
    /// The place in the suite's source, such as `ChatStorageConformance/SequenceChecks.swift:42`.
    public let location: String

    init(
        _ expectation: String, expected: String? = nil, actual: String? = nil, file: String = #fileID,
        line: Int = #line
    ) {
        self.expectation = expectation
        self.expected = expected
        self.actual = actual
        self.location = "\(file):\(line)"
    }

    /// The expectation, the values and the place, on a few lines.
    public var description: String {
        var lines = ["expected that \(expectation) (\(location))"]
        if let expected { lines.append("  expected: \(expected)") }
        if let actual { lines.append("  actual:   \(actual)") }
        return lines.joined(separator: "\n")
    }
}

/// Ends a check that turns out not to apply to the backend or the store.
struct CheckDoesNotApply: Error {
    let reason: String
}

/// Ends a check that lacks something for its next steps; the failure is already recorded.
struct CheckStopped: Error {}

/// The failed expectations of a check so far, even if its body does not end.
final class FailureRecorder: Sendable {
    /// How many failures are kept, since a check that fails in a loop repeats the same one.
    private static let kept = 20
    private let recorded = Mutex<[CheckFailure]>([])

    var failures: [CheckFailure] { recorded.withLock(\.self) }

    func record(_ failure: CheckFailure) {
        recorded.withLock { if $0.count < Self.kept { $0.append(failure) } }
    }

    /// Replaces the last failure by one that says more.
    func replaceLast(by failure: CheckFailure) {
        recorded.withLock { recorded in
            _ = recorded.popLast()
            recorded.append(failure)
        }
    }
}

/// An expectation of a check that did not hold.
public struct CheckFailure: Sendable, CustomStringConvertible {
    /// What was expected, as a statement about the backend.
    public let expectation: String
    /// The value that was expected, where there is one.
    public let expected: String?
    /// The value or error that came instead.
    public let actual: String?
    /// The place in the suite's source, such as `OrderChecks.swift:42`.
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

/// Ends a check whose further steps need what it did not get; the failure is recorded already.
struct CheckStopped: Error {}

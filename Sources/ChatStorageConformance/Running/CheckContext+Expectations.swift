package import ChatStorageCore

extension CheckContext {
    /// Records a failure unless the condition holds.
    package func expect(
        _ condition: Bool, _ expectation: String, actual: @autoclosure () -> String? = nil, file: String = #fileID,
        line: Int = #line
    ) {
        guard !condition else { return }
        record(CheckFailure(expectation, actual: actual(), file: file, line: line))
    }

    /// Records a failure unless both values are equal.
    package func expect<Value: Equatable>(
        _ actual: Value, equals expected: Value, _ expectation: String, file: String = #fileID, line: Int = #line
    ) {
        guard actual != expected else { return }
        record(
            CheckFailure(
                expectation, expected: summary(of: expected), actual: summary(of: actual), file: file, line: line))
    }

    /// Records a failure unless both lists are equal, and shows where they first differ.
    package func expect<Value: Equatable>(
        _ actual: [Value], equals expected: [Value], _ expectation: String, file: String = #fileID, line: Int = #line
    ) {
        guard actual != expected else { return }
        guard let index = zip(actual, expected).enumerated().first(where: { $1.0 != $1.1 })?.offset else {
            record(
                CheckFailure(
                    expectation, expected: "\(expected.count): \(summary(of: expected))",
                    actual: "\(actual.count): \(summary(of: actual))", file: file, line: line))
            return
        }
        record(
            CheckFailure(
                expectation, expected: "[\(index)] \(summary(of: expected[index])) of \(expected.count)",
                actual: "[\(index)] \(summary(of: actual[index])) of \(actual.count)", file: file, line: line))
    }

    /// Records a failure unless both texts have the same UTF-8 bytes, which Swift's `==` does not require.
    package func expect(
        _ actual: String?, equals expected: String?, _ expectation: String, file: String = #fileID, line: Int = #line
    ) {
        guard actual.map({ Array($0.utf8) }) != expected.map({ Array($0.utf8) }) else { return }
        record(
            CheckFailure(
                expectation, expected: summary(of: expected), actual: summary(of: actual), file: file, line: line))
    }

    /// Records a failure unless both texts have the same UTF-8 bytes.
    package func expect(
        _ actual: String, equals expected: String, _ expectation: String, file: String = #fileID, line: Int = #line
    ) {
        // Without this overload, two strings that are not optional would be compared with `==`.
        expect(Optional(actual), equals: expected, expectation, file: file, line: line)
    }

    /// Records a failure unless the texts of both lists have the same UTF-8 bytes.
    package func expect(
        _ actual: [String], equals expected: [String], _ expectation: String, file: String = #fileID, line: Int = #line
    ) {
        expect(
            actual.map { ConversationID($0) }, equals: expected.map { ConversationID($0) }, expectation, file: file,
            line: line)
    }

    /// Records a failure unless the operation throws an error of the code; returns that error.
    @discardableResult
    package func expectError<Success>(
        _ code: ChatStorageError.Code, _ expectation: String, file: String = #fileID, line: Int = #line,
        _ operation: () async throws -> Success
    ) async -> ChatStorageError? {
        let actual: String
        do {
            actual = "it returned \(summary(of: try await operation()))"
        } catch let error as ChatStorageError {
            if error.code == code { return error }
            actual = "it threw \(error)"
        } catch {
            actual = "it threw \(error)"
        }
        record(CheckFailure(expectation, expected: "\(code)", actual: actual, file: file, line: line))
        return nil
    }

    /// The wrapped value; if there is none, the failure is recorded and the check ends.
    package func require<Value>(
        _ value: Value?, _ expectation: String, file: String = #fileID, line: Int = #line
    ) throws -> Value {
        guard let value else {
            record(CheckFailure(expectation, actual: "nil", file: file, line: line))
            throw CheckStopped()
        }
        return value
    }
}

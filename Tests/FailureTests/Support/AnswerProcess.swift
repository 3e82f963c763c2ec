@testable import FailureWriter

/// A process that writes answers until it is killed.
final class AnswerProcess {
    private let process: LineProcess

    /// Starts a process of the writers' program, with arguments that have it note what happens to answers.
    init(_ arguments: [String]) throws {
        process = try LineProcess(arguments)
    }

    /// Waits for the next note; nil once the process has ended.
    ///
    /// - Throws: ``WriterProcess/Complaint`` when it says something else.
    func next() async throws -> AnswerNote? { try await process.next().map(note) }

    /// Kills the process by a signal that it cannot catch, and waits for its end.
    ///
    /// - Returns: The notes that nobody has read.
    func kill() async throws -> [AnswerNote] { try await process.kill().map(note) }

    /// Waits for the end of the process.
    ///
    /// - Returns: The notes that nobody has read.
    func rest() async throws -> [AnswerNote] { try await process.rest().map(note) }

    private func note(_ line: String) throws -> AnswerNote {
        guard let note = AnswerNote(line: line) else { throw WriterProcess.Complaint(description: line) }
        return note
    }
}

import Foundation

@testable import FailureWriter

/// A process that appends to a store until it is killed.
final class WriterProcess {
    /// What the writer said instead of an acknowledgement.
    struct Complaint: Error, CustomStringConvertible {
        let description: String
    }

    private let process: LineProcess
    /// The appends that it announced and had not acknowledged so far, by their names.
    private(set) var unacknowledged: [String: Announcement] = [:]

    /// Starts the writer.
    ///
    /// - Parameters:
    ///   - repeating: Appends of writers before that it makes again first.
    ///   - syncDelay: How many milliseconds its disk takes for each sync, beyond what it takes anyway.
    init(
        _ store: TestedStore, run: String, seed: UInt64, repeating announcements: [Announcement] = [],
        syncDelay: Int = 0
    ) throws {
        process = try LineProcess(
            [store.url, store.setting, run, "\(seed)"] + announcements.map(\.line), syncDelay: syncDelay)
    }

    /// Kills the writer by a signal that it cannot catch, and waits for its end.
    ///
    /// - Returns: What it had acknowledged and nobody has read.
    func kill() async throws -> [Acknowledgement] {
        var rest: [Acknowledgement] = []
        for line in try await process.kill() {
            if let acknowledgement = try read(line) { rest.append(acknowledgement) }
        }
        return rest
    }

    /// Stops the writer where it is, with the locks that it has.
    func stop() { process.signal(SIGSTOP) }

    /// Lets a writer that was stopped go on.
    func resume() { process.signal(SIGCONT) }

    /// Waits for the next append that was acknowledged; nil once the process has ended.
    ///
    /// - Throws: ``Complaint`` when an append failed.
    func next() async throws -> Acknowledgement? {
        while let line = try await process.next() {
            if let acknowledgement = try read(line) { return acknowledgement }
        }
        return nil
    }

    /// Reads a line; nil for an announcement, which is noted.
    private func read(_ line: String) throws -> Acknowledgement? {
        if let announcement = Announcement(line: line) {
            unacknowledged[announcement.batch.name] = announcement
            return nil
        }
        guard let acknowledgement = Acknowledgement(line: line) else { throw Complaint(description: line) }
        unacknowledged[acknowledgement.batch.name] = nil
        return acknowledgement
    }
}

import ChatStorageConformance
import ChatStorageSupport

/// The files that a run's reports go to, opened before the run so that a wrong path fails at once.
struct VerifyReports {
    private let json: FileDescriptor?
    private let junit: FileDescriptor?

    init(json: String?, junit: String?) async throws {
        self.json = try await Self.file(json)
        self.junit = try await Self.file(junit)
    }

    /// Writes what was asked for.
    func write(_ report: ConformanceReport) async throws {
        try await json?.write(Array(report.json().utf8))
        try await junit?.write(Array(report.junitXML().utf8))
    }

    private static func file(_ path: String?) async throws -> FileDescriptor? {
        guard let path else { return nil }
        do {
            return try await FileDescriptor.writing(path: path)
        } catch let error as SystemError {
            throw Failure("\(TerminalText.line(path)): cannot be written: \(error)")
        }
    }
}

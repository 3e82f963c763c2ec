import Foundation
import Synchronization
import Testing

/// What a test did to a store and what came of it.
struct Figures {
    /// What was done, on which store.
    let name: String
    /// How often it was done.
    var faults = 0
    /// Calls that returned, or inputs that were accepted.
    var acknowledged = 0
    /// How many of these are missing something in the store.
    var lost = 0
    /// How many of these are stored more than once.
    var doubled = 0

    init(_ name: String) {
        self.name = name
    }

    mutating func add(_ acknowledged: Int, lost: Int = 0, doubled: Int = 0) {
        self.acknowledged += acknowledged
        self.lost += lost
        self.doubled += doubled
    }

    /// Prints the line, hands it to `make soak`, and fails the test unless nothing was lost or doubled.
    func report(sourceLocation: SourceLocation = #_sourceLocation) {
        print(
            "\(name): \(faults) faults injected, \(acknowledged) calls acknowledged, \(lost) lost, \(doubled) doubled")
        if let path = ProcessInfo.processInfo.environment["CHATSTORAGE_SOAK_FIGURES"] {
            Self.file.withLock { _ in
                Self.append("\(name)\t\(faults)\t\(acknowledged)\t\(lost)\t\(doubled)\n", to: path)
            }
        }
        #expect(lost == 0, "\(name)", sourceLocation: sourceLocation)
        #expect(doubled == 0, "\(name)", sourceLocation: sourceLocation)
    }

    private static let file = Mutex(())

    private static func append(_ line: String, to path: String) {
        guard let file = FileHandle(forWritingAtPath: path) else {
            Issue.record("CHATSTORAGE_SOAK_FIGURES names no file that can be written")
            return
        }
        defer { try? file.close() }
        do {
            try file.seekToEnd()
            try file.write(contentsOf: Data(line.utf8))
        } catch {
            Issue.record(error)
        }
    }
}

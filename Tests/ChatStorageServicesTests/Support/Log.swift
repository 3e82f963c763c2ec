import InMemoryLogging
import Logging

/// A logger that keeps what it is given.
struct Log {
    private let handler: InMemoryLogHandler
    let logger: Logger

    init(level: Logger.Level = .trace) {
        var handler = InMemoryLogHandler()
        handler.logLevel = level
        self.handler = handler
        logger = Logger(label: "test") { [handler] _ in handler }
    }

    var entries: [InMemoryLogHandler.Entry] { handler.entries }

    /// Everything that a line could show.
    var text: String { entries.map { "\($0.message) \($0.metadata) \(String(describing: $0.error))" }.joined() }
}

extension InMemoryLogHandler.Entry {
    /// Level, message and metadata on one line, without the error.
    var line: String {
        let pairs = metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return (["\(level): \(message)"] + pairs).joined(separator: " ")
    }
}

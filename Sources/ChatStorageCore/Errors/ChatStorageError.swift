#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// What a storage call throws, besides `CancellationError`.
///
/// <doc:WhenACallFails> says which failure gives which error, and what an app does about it.
///
/// Compare ``code-swift.property``, never the message. No property holds message content, a title or a password, so an
/// error can be logged as it is.
public struct ChatStorageError: Error, Sendable {
    /// What happened to a write that may succeed later.
    public enum WriteOutcome: Sendable, Hashable {
        /// Nothing was written; the call can be repeated.
        case notApplied
        /// The connection was lost during the write, or its commit failed: the write happened wholly or not at all.
        case unknown
    }

    /// The engine's side of an error, reduced to codes and names.
    public struct Cause: Sendable, Hashable {
        /// The engine: `SQLite`, `PostgreSQL` or `system`.
        public var engine: String
        /// The engine's own code: a SQLSTATE, SQLite's extended result code, an errno.
        public var code: String
        /// The name of the constraint that was broken, if the engine gives one.
        public var constraint: String?
        /// The name of the table, if the engine gives one.
        public var table: String?

        /// Makes a cause.
        public init(engine: String, code: String, constraint: String? = nil, table: String? = nil) {
            self.engine = engine
            self.code = code
            self.constraint = constraint
            self.table = table
        }
    }

    /// What went wrong, the same on every backend for the same misuse.
    public let code: Code
    /// A sentence for a log or a developer, in English; it never quotes stored text.
    public let message: String
    /// For a write that may succeed later (``isRetryable``), whether it happened; nil for any other error.
    public let writeOutcome: WriteOutcome?
    /// What the engine said.
    public let cause: Cause?

    /// Makes an error; for backends.
    public init(_ code: Code, _ message: String, writeOutcome: WriteOutcome? = nil, cause: Cause? = nil) {
        self.code = code
        self.message = message
        self.writeOutcome = writeOutcome
        self.cause = cause
    }

    /// Whether the same call may succeed later.
    ///
    /// A write whose ``writeOutcome-swift.property`` is unknown may have happened: repeating an append whose messages
    /// have no ``ChatMessage/key`` can store them twice.
    public var isRetryable: Bool { code == .unavailable || code == .readOnly }
}

extension ChatStorageError {
    /// The error of a write that did not begin, or was undone; if it may succeed later, it says that nothing was
    /// written.
    package var beforeWriting: ChatStorageError {
        guard isRetryable, writeOutcome == nil else { return self }
        return ChatStorageError(code, message, writeOutcome: .notApplied, cause: cause)
    }

    /// The error of an attempt, if an earlier attempt of the same call may have written.
    package var afterUnknownOutcome: ChatStorageError {
        guard writeOutcome == .notApplied else { return self }
        return ChatStorageError(code, message, writeOutcome: .unknown, cause: cause)
    }

    /// The error of an append of one message, whose caller gave no array: fields are named without a place in one.
    @usableFromInline package var aboutOneMessage: ChatStorageError {
        let place = "messages[0]."
        guard message.hasPrefix(place) else { return self }
        return ChatStorageError(code, String(message.dropFirst(place.count)), writeOutcome: writeOutcome, cause: cause)
    }
}

extension ChatStorageError: LocalizedError {
    /// The message, for `localizedDescription`.
    public var errorDescription: String? { message }
}

extension ChatStorageError: CustomStringConvertible {
    /// The code, the message, the outcome of a write and the engine's code.
    public var description: String {
        var text = "\(code): \(message)"
        switch writeOutcome {
        case .notApplied: text += " (not applied)"
        case .unknown: text += " (outcome unknown)"
        case nil: break
        }
        if let cause {
            text += " [\(cause.engine) \(cause.code)"
            if let constraint = cause.constraint { text += ", constraint \(constraint)" }
            if let table = cause.table { text += ", table \(table)" }
            text += "]"
        }
        return text
    }
}

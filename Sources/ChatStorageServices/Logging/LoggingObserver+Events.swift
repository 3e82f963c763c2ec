public import ChatStorageCore
import Logging

extension LoggingObserver {
    /// Logs the call if it was slow or failed.
    public func callEnded(_ call: ObservedCall) {
        let isSlow = call.duration >= slowThreshold
        if isSlow || !call.outcome.isSuccess {
            let level = call.outcome.level
            let kind = EventKind(
                isSlow ? .slowCall : .failedCall, call.operation, errorType: call.outcome.errorType,
                engineCode: call.error?.cause?.code)
            report(
                kind, level: isSlow ? max(.warning, level) : level, duration: call.duration, error: call.error,
                metadata: { metadata(of: call, kind) })
        }
        reportCounted()
    }

    /// Logs it at the level debug.
    public func connectionOpened(_ connection: ObservedConnection) {
        report(EventKind(.connectionOpened), level: .debug, metadata: { Self.metadata(of: connection) })
    }

    /// Logs a lost connection as a warning, and one that the store closed at the level debug.
    public func connectionClosed(_ connection: ObservedConnection) {
        let kind = EventKind(
            connection.error == nil ? .connectionClosed : .connectionLost,
            errorType: connection.error?.code.snakeCaseName, engineCode: connection.error?.cause?.code)
        report(
            kind, level: connection.error == nil ? .debug : .warning, error: connection.error,
            metadata: { Self.metadata(of: connection).merging(kind.metadata) { $1 } })
    }

    /// Logs it.
    public func connectionFailed(_ error: ChatStorageError) {
        let kind = EventKind(
            .connectingFailed, errorType: error.code.snakeCaseName, engineCode: error.cause?.code)
        report(kind, level: error.isRetryable ? .warning : .error, error: error, metadata: { kind.metadata })
    }

    /// Logs it if it was slow.
    public func transactionCommitted(_ commit: ObservedCommit) {
        guard commit.duration >= slowThreshold else { return }
        report(
            EventKind(.slowCommit), level: .warning, duration: commit.duration,
            metadata: {
                [
                    "chatstorage.duration": .stringConvertible(commit.duration.inSeconds),
                    "chatstorage.calls": .stringConvertible(commit.calls),
                ]
            })
    }

    /// Logs it if it was slow, or could not move the whole log.
    public func checkpointEnded(_ checkpoint: ObservedCheckpoint) {
        let isSlow = checkpoint.duration >= slowThreshold
        guard isSlow || !checkpoint.isComplete else { return }
        report(
            EventKind(isSlow ? .slowCheckpoint : .incompleteCheckpoint), level: isSlow ? .warning : .notice,
            duration: checkpoint.duration,
            metadata: {
                [
                    "chatstorage.duration": .stringConvertible(checkpoint.duration.inSeconds),
                    "chatstorage.pages": .stringConvertible(checkpoint.pages),
                ]
            })
    }

    private func metadata(of call: ObservedCall, _ kind: EventKind) -> Logger.Metadata {
        var metadata = kind.metadata
        metadata["chatstorage.duration"] = .stringConvertible(call.duration.inSeconds)
        metadata["chatstorage.queued"] = .stringConvertible(call.queued.inSeconds)
        metadata["chatstorage.lock_wait"] = .stringConvertible(call.lockWait.inSeconds)
        metadata["chatstorage.engine"] = .stringConvertible(call.engine.inSeconds)
        if call.batchSize > 1 { metadata["db.operation.batch.size"] = .stringConvertible(call.batchSize) }
        if call.repeats > 0 { metadata["chatstorage.repeats"] = .stringConvertible(call.repeats) }
        switch call.error?.writeOutcome {
        case .notApplied: metadata["chatstorage.write_outcome"] = "not_applied"
        case .unknown: metadata["chatstorage.write_outcome"] = "unknown"
        case nil: break
        }
        if showsNames {
            if let tenant = call.tenant { metadata["chatstorage.tenant"] = .string(tenant) }
            if let id = call.conversationID { metadata["chatstorage.conversation.id"] = .string(id.rawValue) }
        }
        return metadata
    }

    private static func metadata(of connection: ObservedConnection) -> Logger.Metadata {
        [
            "chatstorage.connection.purpose": .string(connection.purpose.rawValue),
            "chatstorage.connection.open": .stringConvertible(connection.open),
        ]
    }
}

extension ObservedCall.Outcome {
    /// The level at which a call with this outcome is logged.
    fileprivate var level: Logger.Level {
        switch self {
        case .succeeded: .trace
        case .cancelled: .debug
        case .failed(let error): error.code.level
        }
    }
}

extension ChatStorageError.Code {
    /// The log level: debug for refusals, which depend on the caller's arguments; higher for the database's own errors.
    fileprivate var level: Logger.Level {
        switch self {
        case .unavailable, .readOnly, .accessDenied, .damaged, .notPrepared, .schemaTooNew, .schemaMismatch: .error
        case .closed: .notice
        default: .debug
        }
    }
}

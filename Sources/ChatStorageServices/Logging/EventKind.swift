import ChatStorageCore
import Logging

/// What events have in common if one line stands for several of them.
struct EventKind: Hashable {
    enum What: UInt8 {
        case slowCall, failedCall
        case connectionOpened, connectionClosed, connectionLost, connectingFailed
        case slowCommit, slowCheckpoint, incompleteCheckpoint
    }

    let what: What
    var operation: String?
    let errorType: String?
    var engineCode: String?

    init(
        _ what: What, _ operation: StorageOperation? = nil, errorType: String? = nil, engineCode: String? = nil
    ) {
        self.what = what
        self.operation = operation?.rawValue
        self.errorType = errorType
        self.engineCode = engineCode
    }

    /// The kind without its operation and its engine's code.
    var rough: EventKind {
        var kind = self
        kind.operation = nil
        kind.engineCode = nil
        return kind
    }

    /// The text of a line.
    var message: Logger.Message {
        switch what {
        case .slowCall: errorType == nil ? "A call was slow" : "A call was slow and failed"
        case .failedCall: errorType == "cancelled" ? "A call was cancelled" : "A call failed"
        case .connectionOpened: "A connection was opened"
        case .connectionClosed: "A connection was closed"
        case .connectionLost: "A connection was lost"
        case .connectingFailed: "Connecting failed"
        case .slowCommit: "A commit was slow"
        case .slowCheckpoint: "A checkpoint was slow"
        case .incompleteCheckpoint: "A checkpoint could not move the whole log"
        }
    }

    /// What events of the kind have in common.
    var metadata: Logger.Metadata {
        var metadata: Logger.Metadata = [:]
        if let operation { metadata["db.operation.name"] = .string(operation) }
        if let errorType { metadata["error.type"] = .string(errorType) }
        if let engineCode { metadata["db.response.status_code"] = .string(engineCode) }
        return metadata
    }
}

/// Events of a kind that share one line.
struct CountedEvents {
    let kind: EventKind
    let level: Logger.Level
    /// How many there are.
    var count = 1
    /// The longest of their durations, if they have any.
    var longest: Duration?

    /// What the line adds if there are several.
    var sum: Logger.Metadata {
        guard count > 1 else { return [:] }
        var sum: Logger.Metadata = ["chatstorage.events": .stringConvertible(count)]
        if let longest { sum["chatstorage.longest"] = .stringConvertible(longest.inSeconds) }
        return sum
    }
}
